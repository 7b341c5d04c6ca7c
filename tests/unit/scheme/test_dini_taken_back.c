/* SPDX-License-Identifier: MIT */
/* Global keys that are taken back: what goes with them, at the node and at its sources. */
#include "pair.h"

#include "scheme/dini.h"

static struct pair p;
static uint64_t home; /* the domain of the source's local keys */

static int fresh(void **state)
{
	uint64_t ring[NOS_POOL_RING_MAX];

	(void)state;
	pair_init_as(&p, &nos_dini_scheme, SOURCE);
	assert_int_equal(nos_pool_ring(&p.pool, p.world.source, ring, &p.err), NOS_OK);
	home = ring[0];
	return 0;
}

static uint64_t other(void)
{
	return home % p.pool.size + 1;
}

/* Events of the key d.1.number, from the one given on, are these; from and to of the first are the
 * same where it was made. */
static void assert_moves(uint64_t number, size_t at, const enum nos_state *states, size_t count)
{
	const struct nos_name name = nos_dini_name(1, number);
	size_t seen = 0;

	for (; at < p.node.event_count; at++) {
		const struct nos_assoc_event *e = &p.node.events[at];

		if (!nos_name_eq(&e->name, &name))
			continue;
		assert_true(seen + 1 < count);
		assert_int_equal(e->from, states[seen]);
		assert_int_equal(e->to, states[++seen]);
		assert_string_equal(e->reason, "its global key was taken back");
	}
	assert_int_equal(seen + 1, count);
}

/* ---- at the node ---- */

static void a_key_that_was_made_of_it_is_compromised_and_destroyed_with_no_grace(void **state)
{
	static const enum nos_state ways[] = { NOS_STATE_ACTIVE, NOS_STATE_COMPROMISED,
		NOS_STATE_DESTROYED };
	const struct nos_name name = nos_dini_name(1, 1);

	(void)state;
	pair_settle(&p);
	p.node.event_count = 0;
	pair_take_back(&p, home);
	assert_true(pair_fill(&p));
	assert_moves(1, 0, ways, 3);
	assert_null(nos_assoc_key(&p.node, &name));
	/* And the next is on its way behind the next global key. */
	assert_int_equal(p.node.out_count, 2);
	assert_false(pair_pack(&p));
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	pair_is_whole(&p);
	assert_int_equal(nos_keyring_active(&p.source)->version, 2);
	assert_int_equal(p.source.global_count, 1);
	assert_int_equal(p.source.globals[0].version, 2);
}

static void one_that_waits_or_has_its_overlap_goes_as_well(void **state)
{
	static const enum nos_state waiting[] = { NOS_STATE_PRE_ACTIVE, NOS_STATE_COMPROMISED,
		NOS_STATE_DESTROYED };
	static const enum nos_state overlapping[] = { NOS_STATE_DEACTIVATED, NOS_STATE_COMPROMISED,
		NOS_STATE_DESTROYED };

	(void)state;
	pair_settle(&p);
	pair_replace(&p, NOS_ISSUER_ISSUED);
	pair_settle(&p);
	pair_replace(&p, NOS_ISSUER_ISSUED);
	p.node.event_count = 0;
	pair_take_back(&p, home);
	assert_true(pair_fill(&p));
	assert_moves(1, 0, overlapping, 3);
	assert_moves(3, 0, waiting, 3);
	assert_int_equal(nos_assoc_next(&p.node, 'd')->name.parts[1], 4);
	pair_settle(&p);
}

static void messages_that_it_makes_moot_leave_the_list_and_their_numbers_are_skipped(void **state)
{
	(void)state;
	assert_true(pair_fill(&p));
	assert_true(p.node.out_count == 2 && p.node.base.down.ctr == 2);
	pair_take_back(&p, home);
	assert_true(pair_fill(&p));
	assert_int_equal(p.node.out_count, 2);
	assert_int_equal(p.node.out[0].ctr, 2);
	assert_int_equal(p.node.out[0].brings.parts[1], 2);
	assert_true(nos_name_eq(&p.node.out[1].brings, &nos_assoc_next(&p.node, 'd')->name));
	pair_settle(&p);
	assert_int_equal(p.source.down.ctr, 4);
}

static void those_of_another_domain_are_untouched(void **state)
{
	struct nos_assoc before;

	(void)state;
	p.pool.ring = 1;
	pair_settle(&p);
	before = p.node;
	pair_take_back(&p, other());
	assert_false(pair_fill(&p));
	assert_memory_equal(&before, &p.node, sizeof(before));
	/* Of a ring in which both are the other alone is sent anew. */
	p.pool.ring = p.pool.size < NOS_POOL_RING_MAX ? p.pool.size : NOS_POOL_RING_MAX;
	pair_settle(&p);
	pair_replace(&p, NOS_ISSUER_ISSUED);
	before = p.node;
	for (uint64_t d = 1; d <= p.pool.size; d++)
		if (d != home)
			pair_take_back(&p, d);
	assert_true(pair_fill(&p));
	assert_memory_equal(&before.out[0], &p.node.out[0], sizeof(before.out[0]));
	assert_int_equal(before.key_count, p.node.key_count);
	assert_int_equal(p.node.out_count, p.pool.ring);
	for (size_t i = 1; i < p.node.out_count; i++) {
		const struct nos_assoc_global g = nos_pool_global(&p.node.out[i].brings);

		assert_int_equal(p.node.out[i].brings.kind, NOS_POOL_KIND);
		assert_true(
		    g.domain != home && g.version == nos_pool_key(&p.pool, g.domain)->version);
	}
}

static void a_source_that_is_to_ask_loses_them_as_well_and_is_sent_nothing(void **state)
{
	(void)state;
	pair_settle(&p);
	p.node.resync = true;
	pair_take_back(&p, home);
	assert_true(pair_fill(&p));
	assert_null(nos_assoc_active(&p.node, 'd'));
	assert_int_equal(p.node.out_count, 0);
	assert_false(pair_fill(&p));
}

/* ---- at a source ---- */

static void a_broadcast_takes_the_global_key_and_what_was_made_of_it_and_leaves_p(void **state)
{
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	pair_settle(&p);
	assert_int_equal(nos_keyring_active(&p.source)->name.kind, 'd');
	nos_buf_init(&b, NOS_INVALIDATION_MAX);
	pair_broadcast(&p, home, 1, &b);
	assert_int_equal(pair_take(&p, nos_buf_span(&b)), NOS_HOLDER_TOOK);
	assert_int_equal(p.source.global_count, 0);
	assert_int_equal(p.source.key_count, 1);
	assert_int_equal(p.source.globals[0].value.len, 0);
	assert_int_equal(p.source.keys[1].value.len, 0);
	assert_int_equal(nos_keyring_active(&p.source)->name.kind, 'p');
	assert_true(pair_pack(&p));
	/* Once more, or late, behind the next one: nothing. */
	assert_int_equal(pair_take(&p, nos_buf_span(&b)), NOS_HOLDER_NOTHING);
	pair_take_back(&p, home);
	pair_settle(&p);
	assert_int_equal(pair_take(&p, nos_buf_span(&b)), NOS_HOLDER_NOTHING);
	assert_int_equal(nos_keyring_active(&p.source)->name.kind, 'd');
}

/* Such a one is passed over: what stands behind it in its list is taken. */
static void assert_says_nothing(struct nos_span message)
{
	const struct nos_keyring before = p.source;

	assert_int_equal(pair_take(&p, message), NOS_HOLDER_NOTHING);
	assert_memory_equal(&before, &p.source, sizeof(before));
}

static void a_broadcast_with_a_bit_flipped_changes_nothing(void **state)
{
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	pair_settle(&p);
	nos_buf_init(&b, NOS_INVALIDATION_MAX);
	pair_broadcast(&p, home, 1, &b);
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		const struct nos_keyring before = p.source;

		b.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_not_equal(pair_take(&p, nos_buf_span(&b)), NOS_HOLDER_TOOK);
		assert_memory_equal(&before, &p.source, sizeof(before));
		b.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(pair_take(&p, nos_buf_span(&b)), NOS_HOLDER_TOOK);
}

static void a_broadcast_of_another_key_or_another_node_or_another_domain_changes_nothing(
    void **state)
{
	const struct nos_secret own = p.sign;
	NOS_AUTO(buf) forged = { 0 };
	NOS_AUTO(buf) foreign = { 0 };
	NOS_AUTO(buf) beside = { 0 };

	(void)state;
	pair_settle(&p);
	nos_buf_init(&forged, NOS_INVALIDATION_MAX);
	nos_buf_init(&foreign, NOS_INVALIDATION_MAX);
	nos_buf_init(&beside, NOS_INVALIDATION_MAX);
	p.sign.bytes[0] ^= 1;
	pair_broadcast(&p, home, 1, &forged);
	assert_says_nothing(nos_buf_span(&forged));
	p.sign = own;
	p.world.node = 2; /* whose signature it would take for its own */
	pair_broadcast(&p, home, 1, &foreign);
	p.world.node = 1;
	assert_says_nothing(nos_buf_span(&foreign));
	pair_broadcast(&p, other(), 1, &beside);
	assert_says_nothing(nos_buf_span(&beside));
}

static void one_that_was_lost_is_made_good_by_the_messages_that_follow(void **state)
{
	(void)state;
	pair_settle(&p);
	pair_take_back(&p, home);
	assert_true(pair_fill(&p));
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	assert_int_equal(p.source.global_count, 1);
	assert_int_equal(nos_keyring_active(&p.source)->version, 2);
	pair_is_whole(&p);
}

static void a_whole_list_takes_back_first_and_is_taken_at_once(void **state)
{
	struct nos_span list[3];
	enum nos_holder_did did;
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	pair_settle(&p);
	pair_take_back(&p, home);
	assert_true(pair_fill(&p));
	nos_buf_init(&b, NOS_INVALIDATION_MAX);
	pair_broadcast(&p, home, 1, &b);
	list[0] = nos_buf_span(&b);
	for (size_t i = 0; i < 2; i++)
		list[1 + i] = (struct nos_span){ p.node.out[i].bytes, p.node.out[i].len };
	assert_int_equal(nos_holder_take(&p.source, list, 3, p.world.now, &did, &p.err), NOS_OK);
	assert_int_equal(did, NOS_HOLDER_TOOK);
	assert_int_equal(p.source.key_count, 2); /* p.1, and the new one */
	pair_is_whole(&p);
	/* Once more it is what was acknowledged already, not a node that went back. */
	assert_int_equal(nos_holder_take(&p.source, list, 3, p.world.now, &did, &p.err), NOS_OK);
	assert_int_equal(did, NOS_HOLDER_AGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, fresh)
		T(a_key_that_was_made_of_it_is_compromised_and_destroyed_with_no_grace),
		T(one_that_waits_or_has_its_overlap_goes_as_well),
		T(messages_that_it_makes_moot_leave_the_list_and_their_numbers_are_skipped),
		T(those_of_another_domain_are_untouched),
		T(a_source_that_is_to_ask_loses_them_as_well_and_is_sent_nothing),
		T(a_broadcast_takes_the_global_key_and_what_was_made_of_it_and_leaves_p),
		T(a_broadcast_with_a_bit_flipped_changes_nothing),
		T(a_broadcast_of_another_key_or_another_node_or_another_domain_changes_nothing),
		T(one_that_was_lost_is_made_good_by_the_messages_that_follow),
		T(a_whole_list_takes_back_first_and_is_taken_at_once),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
