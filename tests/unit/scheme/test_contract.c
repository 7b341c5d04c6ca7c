/* SPDX-License-Identifier: MIT */
/*
 * What every scheme of the table promises (nos-schemes(7), "The interface") and the model does not
 * look at: what is changed or another's is refused, and what one source holds, or some of them
 * together, is of no use against another. How much of a store each costs is test_contract_cost.c's.
 */
#include "pair.h"

#include "../vectors.h"
#include "known.h"

#define OTHER "s-0000000002"

static struct pair a, b;
static struct pair_group group; /* that both are members of, where there are groups */
static struct known known;

/* A test of one scheme. */
typedef void each_scheme(const struct nos_scheme *scheme);

static void begin(const struct nos_scheme *scheme)
{
	pair_init_as(&a, scheme, SOURCE);
	pair_init_as(&b, scheme, OTHER);
	pair_pool(&a, 1, 1);
	pair_pool(&b, 1, 1);
	b.numbers = (struct nos_pool_numbers){ 2000, 3000 };
	memset(&known, 0, sizeof(known));
}

/* Two sources of the node, each with all that it lacks, and one key more on its way. */
static void for_one(const struct nos_scheme *scheme, each_scheme *test)
{
	begin(scheme);
	(void)pair_fill(&a);
	(void)pair_fill(&b);
	/* What it lacks is on its way already, where there is something. */
	pair_replace(&a, a.node.out_count ? NOS_ISSUER_NOTHING : NOS_ISSUER_ISSUED);
	pair_replace(&b, b.node.out_count ? NOS_ISSUER_NOTHING : NOS_ISSUER_ISSUED);
	assert_true(a.node.out_count && b.node.out_count);
	test(scheme);
}

static void assert_on_its_way(const struct pair *p, enum nos_message_kind last, size_t count)
{
	assert_int_equal(p->node.out_count, count);
	assert_int_equal(p->node.out[count - 1].bytes[0] >> 4, last);
}

/* Both have come into a group, whose next key came with them; each has p.2 on its way besides. */
static void begin_group(const struct nos_scheme *scheme)
{
	begin(scheme);
	pair_group_init(&group, scheme->name);
	pair_enter(&a, &group);
	pair_enter(&b, &group);
	pair_replace(&a, NOS_ISSUER_ISSUED);
	pair_replace(&b, NOS_ISSUER_ISSUED);
	(void)pair_fill(&a);
	(void)pair_fill(&b);
	pair_group_order(&group);
	(void)pair_fill(&a);
	(void)pair_fill(&b);
	assert_on_its_way(&a, scheme->letter == 't' ? NOS_MESSAGE_HEAL : NOS_MESSAGE_JOIN, 3);
}

/* As they came; with the epoch on its way that puts another out; and with one that heals. */
static void for_one_group(const struct nos_scheme *scheme, each_scheme *test)
{
	begin_group(scheme);
	test(scheme);
	for (int i = 0; i < 2; i++) {
		begin_group(scheme);
		pair_settle(&a);
		pair_settle(&b);
		if (i)
			pair_group_heal(&group);
		else
			pair_group_evict(&group, 5);
		assert_true(pair_fill(&a) && pair_fill(&b));
		assert_on_its_way(&a, i ? NOS_MESSAGE_HEAL : NOS_MESSAGE_EVICT, 1);
		assert_on_its_way(&b, i ? NOS_MESSAGE_HEAL : NOS_MESSAGE_EVICT, 1);
		test(scheme);
	}
}

static void for_each(each_scheme *test)
{
	const struct nos_scheme *scheme;

	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++)
		if (scheme->grouped)
			for_one_group(scheme, test);
		else
			for_one(scheme, test);
}

static struct nos_span out(const struct pair *p, size_t i)
{
	return (struct nos_span){ p->node.out[i].bytes, p->node.out[i].len };
}

/* What is not the node's message for this source changes nothing of it. */
static void assert_refused(struct pair *p, struct nos_span message)
{
	const struct nos_keyring before = p->source;

	assert_int_not_equal(pair_take(p, message), NOS_HOLDER_TOOK);
	assert_memory_equal(&before, &p->source, sizeof(before));
}

static void assert_ack_refused(struct pair *p)
{
	const struct nos_assoc before = p->node;

	assert_int_not_equal(pair_ack(p), NOS_OK);
	assert_memory_equal(&before, &p->node, sizeof(before));
}

/* ---- 3: changed, or another's ---- */

static void flip_messages(const struct nos_scheme *scheme)
{
	(void)scheme;
	for (size_t i = 0; i < a.node.out_count; i++) {
		uint8_t *at = a.node.out[i].bytes;

		for (size_t bit = 0; bit < a.node.out[i].len * 8; bit++) {
			at[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_refused(&a, out(&a, i));
			at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_refused(&a, (struct nos_span){ at, a.node.out[i].len - 1 });
		assert_int_equal(pair_take(&a, out(&a, i)), NOS_HOLDER_TOOK);
	}
	(void)pair_hear(&a);
	pair_make_ack(&a);
	for (size_t bit = 0; bit < a.source.ack_len * 8; bit++) {
		a.source.ack[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_ack_refused(&a);
		a.source.ack[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(pair_ack(&a), NOS_OK);
	pair_is_whole(&a);
}

static void every_bit_that_is_flipped_of_a_message_or_its_acknowledgement_is_refused(void **state)
{
	(void)state;
	for_each(flip_messages);
}

static void swap_sources(const struct nos_scheme *scheme)
{
	const struct nos_chain own = b.source.down;

	(void)scheme;
	for (size_t i = 0; i < a.node.out_count; i++)
		assert_refused(&b, out(&a, i));
	/* Not even under the same chain: the id is in what is sealed. */
	b.source.down = a.source.down;
	for (size_t i = 0; i < a.node.out_count; i++)
		assert_refused(&b, out(&a, i));
	snprintf(b.source.source, sizeof(b.source.source), SOURCE);
	for (size_t i = 0; i < a.node.out_count; i++)
		assert_int_equal(pair_take(&b, out(&a, i)), NOS_HOLDER_TOOK); /* the control */
	b.source.down = own;
}

static void a_message_for_another_source_is_refused(void **state)
{
	(void)state;
	for_each(swap_sources);
}

static void swap_nodes(const struct nos_scheme *scheme)
{
	(void)scheme;
	a.source.node = 2;
	for (size_t i = 0; i < a.node.out_count; i++)
		assert_refused(&a, out(&a, i));
	a.source.node = 1;
	assert_int_equal(pair_deliver(&a), NOS_HOLDER_TOOK);
	pair_make_ack(&a);
	a.world.node = 2;
	assert_ack_refused(&a);
	a.world.node = 1;
	assert_int_equal(pair_ack(&a), NOS_OK);
}

static void a_message_of_another_node_is_refused(void **state)
{
	(void)state;
	for_each(swap_nodes);
}

static void swap_kinds_and_places(const struct nos_scheme *scheme)
{
	(void)scheme;
	for (size_t i = 0; i < a.node.out_count; i++) {
		uint8_t *at = a.node.out[i].bytes;
		const uint8_t kind = at[0], ctr = at[1];

		for (unsigned other = 0; other < 16; other++) {
			at[0] = (uint8_t)(other << 4 | 1);
			if (at[0] != kind)
				assert_refused(&a, out(&a, i));
		}
		at[0] = kind;
		for (uint8_t place = 0; place < 8; place++) {
			at[1] = place;
			if (place != ctr)
				assert_refused(&a, out(&a, i));
		}
		at[1] = ctr;
		assert_int_equal(pair_take(&a, out(&a, i)), NOS_HOLDER_TOOK);
	}
}

static void a_message_of_another_kind_or_in_another_s_place_is_refused(void **state)
{
	(void)state;
	for_each(swap_kinds_and_places);
}

static void swap_acks(const struct nos_scheme *scheme)
{
	const struct nos_span down = out(&a, 0);

	(void)scheme;
	assert_int_equal(pair_deliver(&a), NOS_HOLDER_TOOK);
	assert_int_equal(pair_deliver(&b), NOS_HOLDER_TOOK);
	pair_make_ack(&a);
	pair_make_ack(&b);
	memcpy(a.source.ack, b.source.ack, a.source.ack_len = b.source.ack_len);
	assert_ack_refused(&a);
	/* What the node sent comes back to it. */
	memcpy(a.source.ack, down.p, a.source.ack_len = down.len);
	assert_ack_refused(&a);
	a.source.ack[0] = NOS_MESSAGE_ACK << 4 | 1;
	assert_ack_refused(&a);
}

static void an_acknowledgement_of_another_source_or_the_node_s_own_message_is_none(void **state)
{
	(void)state;
	for_each(swap_acks);
}

/* ---- 5: what one holds of another ---- */

/* With what is known, against a: the messages of its chain, and the data. */
static void assert_opens(bool messages, bool data)
{
	known_grow(&known, &a.node);
	assert_int_equal(known_opens_message(&known, &a.node, &a.world), messages);
	assert_int_equal(known_opens_data(&known, &a.node, a.group ? &a.group->g : NULL), data);
}

static void thief(const struct nos_scheme *scheme)
{
	(void)scheme;
	known_keyring(&known, &b.source);
	pair_settle(&b);
	known_keyring(&known, &b.source);
	assert_opens(false, false);
}

static void what_one_source_holds_opens_neither_data_nor_messages_of_another(void **state)
{
	(void)state;
	for_each(thief);
}

static void thief_with_the_chain(const struct nos_scheme *scheme)
{
	(void)scheme;
	pair_settle(&b);
	known_keyring(&known, &b.source);
	known_add(&known, &a.source.down.key);
	assert_opens(true, false);
}

/* Of a group all have the scheme key, and K_S is what keeps one's data from another. */
static void thief_with_k_s(const struct nos_scheme *scheme)
{
	pair_settle(&b);
	known_keyring(&known, &b.source);
	known_add(&known, &a.source.z_key);
	assert_opens(false, scheme->grouped);
}

static void thief_with_both(const struct nos_scheme *scheme)
{
	(void)scheme;
	pair_settle(&b);
	known_keyring(&known, &b.source);
	known_add(&known, &a.source.down.key);
	known_add(&known, &a.source.z_key);
	assert_opens(true, true);
}

static void with_the_other_s_chain_alone_or_its_k_s_alone_there_is_no_data_but_in_a_group(
    void **state)
{
	(void)state;
	for_each(thief_with_the_chain);
	for_each(thief_with_k_s);
}

static void with_the_other_s_chain_and_its_k_s_all_is_open(void **state)
{
	(void)state;
	for_each(thief_with_both);
}

/* ---- 4: before a global key was taken back, and after ---- */

/* c is of before, and did not hear; d came after; the keys of t are of both times. */
static void what_is_held_of_before_and_after_opens_nothing_of_a_third(void **state)
{
	static struct pair c, d, t;
	static struct known later;
	struct nos_assoc then;

	(void)state;
	memset(&known, 0, sizeof(known));
	pair_init_as(&c, &nos_dini_scheme, "s-0000000003");
	pair_init_as(&t, &nos_dini_scheme, "s-0000000005");
	pair_pool(&c, 1, 1);
	pair_pool(&t, 1, 1);
	known_keyring(&known, &c.source);
	pair_settle(&c);
	known_keyring(&known, &c.source);
	(void)pair_fill(&t);
	then = t.node;
	pair_settle(&t);
	pair_take_back(&t, 1);
	(void)pair_fill(&t);
	pair_init_as(&d, &nos_dini_scheme, "s-0000000004");
	d.pool = t.pool;
	known_keyring(&known, &d.source);
	pair_settle(&d);
	known_keyring(&known, &d.source);
	assert_int_equal(d.source.globals[0].version, 2);
	assert_int_equal(t.node.keys[t.node.key_count - 1].from.version, 2);
	later = known;
	known_grow(&known, &then);
	assert_false(known_opens_message(&known, &then, &t.world));
	assert_false(known_opens_data(&known, &then, NULL) || known_has_key(&known, &then, 'd'));
	known_grow(&later, &t.node);
	assert_false(known_opens_message(&later, &t.node, &t.world));
	assert_false(
	    known_opens_data(&later, &t.node, NULL) || known_has_key(&later, &t.node, 'd'));
}

static void a_global_key_alone_opens_nothing_and_without_it_a_chain_gives_no_local_key(void **state)
{
	struct nos_secret global = { 0 };

	(void)state;
	pair_init_as(&a, &nos_dini_scheme, SOURCE);
	pair_pool(&a, 1, 1);
	nos_secret_put(&global, a.pool.keys[0].value, NOS_POOL_KEY_LEN);
	(void)pair_fill(&a);
	memset(&known, 0, sizeof(known));
	known_add(&known, &global);
	assert_opens(false, false);
	assert_false(known_has_key(&known, &a.node, 'd'));
	/* Who has stood at the chain behind the message that brought the global key. */
	pair_take(&a, out(&a, 0));
	memset(&known, 0, sizeof(known));
	known_add(&known, &a.source.down.key);
	assert_opens(true, false);
	assert_false(known_has_key(&known, &a.node, 'd'));
	/* Both: the local key, and still no data. */
	memset(&known, 0, sizeof(known));
	known_add(&known, &a.source.down.key);
	known_add(&known, &global);
	assert_opens(true, false);
	assert_true(known_has_key(&known, &a.node, 'd'));
}

/* ---- 7: vectors ---- */

static bool has_vector(unsigned kind)
{
	const char *name;
	json_t *one;

	json_object_foreach(vector("U"), name, one)
	{
		const char *bytes = json_string_value(json_object_get(one, "bytes"));
		unsigned first;

		if (bytes && sscanf(bytes, "%2x", &first) == 1 && first >> 4 == kind)
			return true;
	}
	return false;
}

static void each_kind_of_message_of_a_scheme_has_a_vector(void **state)
{
	const struct nos_scheme *scheme;
	char path[64];

	(void)state;
	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++) {
		assert_true(scheme->kinds);
		for (unsigned kind = 0; kind < 16; kind++)
			if (scheme->kinds >> kind & 1 && !has_vector(kind))
				fail_msg("%s: no vector of kind %u", scheme->name, kind);
		snprintf(path, sizeof(path), "%s/invalidation", scheme->name);
		if (scheme->drop)
			assert_int_equal(strncmp(vector_text(path), "41", 2), 0);
	}
	assert_true(has_vector(NOS_MESSAGE_ACK) && has_vector(NOS_MESSAGE_STATE));
}

static void no_two_schemes_share_a_name_a_letter_or_a_kind(void **state)
{
	const struct nos_scheme *one;
	struct nos_name name;

	(void)state;
	for (size_t i = 0; (one = nos_scheme_at(i)); i++) {
		assert_ptr_equal(nos_scheme_find(nos_str_of(one->name)), one);
		assert_ptr_equal(nos_scheme_of(one->letter), one);
		assert_true(one->letter != NOS_POOL_KIND && one->holders >= 2);
		name = one->name_of(1, 7);
		assert_int_equal(name.kind, one->letter);
		assert_int_equal(nos_name_rank(&name), 7);
		/* Who takes back tells its sources, and the other way round. */
		assert_int_equal(!one->invalidate, !one->drop);
		for (size_t j = 0; j < i; j++)
			assert_false(one->kinds & nos_scheme_at(j)->kinds);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_bit_that_is_flipped_of_a_message_or_its_acknowledgement_is_refused),
		cmocka_unit_test(a_message_for_another_source_is_refused),
		cmocka_unit_test(a_message_of_another_node_is_refused),
		cmocka_unit_test(a_message_of_another_kind_or_in_another_s_place_is_refused),
		cmocka_unit_test(
		    an_acknowledgement_of_another_source_or_the_node_s_own_message_is_none),
		cmocka_unit_test(what_one_source_holds_opens_neither_data_nor_messages_of_another),
		cmocka_unit_test(
		    with_the_other_s_chain_alone_or_its_k_s_alone_there_is_no_data_but_in_a_group),
		cmocka_unit_test(with_the_other_s_chain_and_its_k_s_all_is_open),
		cmocka_unit_test(what_is_held_of_before_and_after_opens_nothing_of_a_third),
		cmocka_unit_test(
		    a_global_key_alone_opens_nothing_and_without_it_a_chain_gives_no_local_key),
		cmocka_unit_test(each_kind_of_message_of_a_scheme_has_a_vector),
		cmocka_unit_test(no_two_schemes_share_a_name_a_letter_or_a_kind),
	};

	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
