/* SPDX-License-Identifier: MIT */
/*
 * What a member of a group cannot do with all that it holds, against another member and against the
 * node; and beside each what it can where the defence is not there, else it would show nothing. Who
 * was put out and who came later, together, are test_attack_pool.c's.
 */
#include "group.h"
#include "pair_group.h"

#include "envelope/pack.h"

#define INSIDER 5
#define VICTIM	4 /* beside it: they share all keys but their leaves' */
#define OTHER	9

static struct group node;
static struct nos_keyring insider, victim;
static struct nos_buf message;

static int fresh(void **state)
{
	(void)state;
	group_init(&node, 1);
	nos_buf_init(&message, NOS_EVICTION_MAX);
	group_step(&node, NULL);
	group_enter(&node, &insider, "dipietro", INSIDER);
	group_enter(&node, &victim, "dipietro", VICTIM);
	return 0;
}

static int gone(void **state)
{
	(void)state;
	nos_buf_release(&message);
	nos_keyring_release(&insider);
	nos_keyring_release(&victim);
	return 0;
}

/* ---- orders ---- */

#define LOOT_MAX 128

struct loot {
	uint8_t tokens[LOOT_MAX][NOS_SESSION_TOKEN_LEN];
	size_t count;
};

static void take_bytes(struct loot *l, const void *p)
{
	assert_true(l->count < LOOT_MAX);
	memcpy(l->tokens[l->count++], p, NOS_SESSION_TOKEN_LEN);
}

static void take_secret(struct loot *l, const struct nos_secret *s)
{
	for (size_t at = 0; at + NOS_SESSION_TOKEN_LEN <= s->len; at += NOS_SESSION_TOKEN_LEN)
		take_bytes(l, s->bytes + at);
}

/* All that stands in a keyring, as it would have to stand in an order; and what one more step of
 * the clock, and hashing the token on instead of back, would make. */
static void loot_of(const struct nos_keyring *k, struct loot *ret)
{
	struct nos_session clock = k->group.clock;
	struct nos_session_token token = k->group.token;
	struct nos_err err = { 0 };
	struct nos_secret key;

	*ret = (struct loot){ .count = 1 };
	take_bytes(ret, token.h);
	for (uint64_t t = token.t; t < token.t + 4; t++) {
		assert_int_equal(
		    nos_session_token_before(k->node, GROUP, t + 1, token.h, token.h, &err),
		    NOS_OK);
		take_bytes(ret, token.h);
	}
	take_secret(ret, &clock.a);
	assert_int_equal(nos_session_tick(&clock, &err), NOS_OK);
	take_secret(ret, &clock.a);
	assert_int_equal(nos_session_key(&clock, k->group.token.h, &key, &err), NOS_OK);
	take_secret(ret, &key);
	for (unsigned h = 0; h <= k->group.path.depth; h++)
		take_secret(ret, &k->group.path.keys[h]);
	for (size_t i = 0; i < k->key_count; i++)
		take_secret(ret, &k->keys[i].value);
	nos_session_release(&clock);
	nos_secret_release(&key);
}

static void nothing_that_a_member_holds_makes_an_order_that_another_takes(void **state)
{
	static struct loot loot;

	(void)state;
	loot_of(&insider, &loot);
	for (size_t i = 0; i < loot.count; i++)
		for (uint64_t t = node.clock.t; t < node.clock.t + 4; t++)
			for (uint64_t epoch = 0; epoch < 2; epoch++) {
				struct nos_session_order o = { GROUP, epoch, { .t = t } };

				/* The last one again, which says what was said before. */
				if (t == node.clock.t && memcmp(loot.tokens[i], node.tokens[t],
							     NOS_SESSION_TOKEN_LEN) == 0)
					continue;
				memcpy(o.token.h, loot.tokens[i], sizeof(o.token.h));
				nos_buf_truncate(&message, 0);
				nos_session_order_encode(&message, &o);
				group_hear_nothing(&victim, &message);
			}
	/* The control: what the node alone can say. */
	group_step(&node, &message);
	assert_true(group_hear(&victim, &message));
	assert_in_step(&node, &victim);
}

static void a_member_has_the_next_clock_and_not_the_next_key(void **state)
{
	static struct loot loot;
	struct nos_session ahead = insider.group.clock;
	struct nos_secret key, next;

	(void)state;
	loot_of(&insider, &loot);
	group_step(&node, NULL);
	assert_int_equal(nos_session_tick(&ahead, &node.err), NOS_OK);
	assert_true(nos_secret_eq(&ahead.a, &node.clock.a));
	assert_int_equal(
	    nos_session_key(&node.clock, node.tokens[node.clock.t], &next, &node.err), NOS_OK);
	for (size_t i = 0; i < loot.count; i++) {
		assert_int_equal(nos_session_key(&ahead, loot.tokens[i], &key, &node.err), NOS_OK);
		assert_false(nos_secret_eq(&key, &next));
	}
	/* The control: with the token it has. */
	assert_int_equal(nos_session_key(&ahead, node.tokens[ahead.t], &key, &node.err), NOS_OK);
	assert_true(nos_secret_eq(&key, &next));
}

/* ---- evictions ---- */

static enum nos_code insiders_key(
    void *state, uint32_t number, struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_lkh_path *p = state;

	(void)err;
	*ret = (struct nos_secret){ .len = NOS_LKH_KEY_LEN };
	for (unsigned h = 0; h <= p->depth; h++)
		if (nos_lkh_number(p->depth, p->leaf, h) == number)
			*ret = p->keys[h];
	return NOS_OK;
}

/* One whose wraps are as they should be for all that the insider shares a key with. */
static void forge_eviction(uint64_t number, const struct nos_secret *sign)
{
	struct nos_eviction v = { .turn = { GROUP_DEPTH, number, node.clock.epoch + 1 },
		.t = node.clock.t,
		.leaf = OTHER };
	const struct nos_secret s = group_draw(&node, NOS_LKH_KEY_LEN);
	struct nos_lkh_climb up;

	assert_int_equal(nos_lkh_climb(&v.turn, 0, &s, &up, &node.err), NOS_OK);
	assert_int_equal(nos_lkh_wrap(&v.turn, &up, OTHER, insiders_key, &insider.group.path,
			     v.wraps, &node.err),
	    NOS_OK);
	memcpy(v.confirm, up.confirm, sizeof(v.confirm));
	nos_buf_truncate(&message, 0);
	assert_int_equal(nos_eviction_seal(&v, sign, &message, &node.err), NOS_OK);
	nos_lkh_climb_release(&up);
}

static void an_eviction_that_a_member_made_right_but_for_its_signature_puts_nobody_out(void **state)
{
	const struct nos_secret own = { .len = NOS_SIGN_PRIVATE_LEN, .bytes = { 7 } };

	(void)state;
	forge_eviction(GROUP, &own);
	group_hear_nothing(&victim, &message);
	/* The control: it is the signature alone that is wrong in it. */
	forge_eviction(GROUP, &node.sign);
	assert_true(group_hear(&victim, &message));
	assert_int_equal(victim.group.path.epoch, 1);
}

static void an_eviction_of_another_node_or_of_another_group_of_this_one_puts_nobody_out(
    void **state)
{
	static struct group elsewhere;

	(void)state;
	group_init(&elsewhere, 2);
	memcpy(elsewhere.keys, node.keys, sizeof(node.keys)); /* were they even the same tree */
	elsewhere.clock.t = node.clock.t;
	group_evict(&elsewhere, OTHER, &message);
	group_hear_nothing(&victim, &message);
	forge_eviction(GROUP + 1, &node.sign);
	group_hear_nothing(&victim, &message);
	/* The control. */
	group_evict(&node, OTHER, &message);
	assert_true(group_hear(&victim, &message));
	assert_placed(&node, &victim, VICTIM);
}

static void an_eviction_that_was_heard_before_puts_nobody_out(void **state)
{
	NOS_AUTO(buf) first = { 0 };

	(void)state;
	nos_buf_init(&first, NOS_EVICTION_MAX);
	group_evict(&node, OTHER, &first);
	assert_true(group_hear(&victim, &first));
	group_hear_nothing(&victim, &first);
	group_evict(&node, OTHER + 1, &message);
	assert_true(group_hear(&victim, &message));
	group_hear_nothing(&victim, &first);
	assert_placed(&node, &victim, VICTIM);
}

/* ---- packs ---- */

#define INSIDER_ID NOS_STR("s-0000000005")
#define VICTIM_ID  NOS_STR("s-0000000004")

static const struct nos_secret insider_auth = { .len = 32, .bytes = { 5 } };
static const struct nos_secret victim_auth = { .len = 32, .bytes = { 4 } };
static const struct nos_str text = { "{\"C\":21.5}\n", 11 };

static void keys_of(const struct nos_keyring_key *k, const struct nos_secret *auth,
    struct nos_str source, struct nos_pack_keys *ret)
{
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_err err = { 0 };

	nos_name_format(&k->name, kid);
	assert_int_equal(
	    nos_pack_keys_make(&k->value, auth, nos_str_of(kid), source, ret, &err), NOS_OK);
}

static void pack_of(const struct nos_keyring_key *k, const struct nos_pack_keys *keys,
    struct nos_str source, struct nos_buf *ret)
{
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_pack p = { .source = source, .cty = NOS_STR("x-ndjson"), .seq = 7 };
	struct nos_err err = { 0 };

	nos_name_format(&k->name, kid);
	p.kid = nos_str_of(kid);
	nos_buf_init(ret, NOS_PACK_MAX);
	assert_int_equal(nos_pack_seal(keys, &p, nos_str_bytes(text), ret, &err), NOS_OK);
}

static bool opens(const struct nos_pack_keys *keys, const struct nos_buf *pack)
{
	struct nos_err err = { 0 };
	NOS_AUTO(buf) plain = { 0 };

	nos_buf_init_secret(&plain, NOS_PACK_MAX);
	return !nos_pack_open(keys, nos_buf_str(pack), &plain, &err) &&
	       nos_str_eq(nos_buf_str(&plain), text);
}

/* Whatever the insider puts in the place of the victim's K_S, its own and each key of the group
 * among it; and the key that a shared group would have. */
static bool insider_opens(const struct nos_keyring_key *k, const struct nos_buf *pack)
{
	struct nos_keyring_key as_shared = *k;
	struct nos_pack_keys keys;
	bool ret;

	keys_of(k, &insider_auth, VICTIM_ID, &keys);
	ret = opens(&keys, pack);
	for (unsigned h = 0; h <= GROUP_DEPTH; h++) {
		keys_of(k, &insider.group.path.keys[h], VICTIM_ID, &keys);
		ret |= opens(&keys, pack);
	}
	keys_of(k, &insider.group.clock.a, VICTIM_ID, &keys);
	ret |= opens(&keys, pack);
	as_shared.name.kind = 'g';
	keys_of(&as_shared, &insider_auth, VICTIM_ID, &keys);
	return ret | opens(&keys, pack);
}

/* The insider's pack in the victim's name, where the node would open it. */
static bool node_takes(const struct nos_keyring_key *k)
{
	struct nos_pack_keys its, nodes;
	NOS_AUTO(buf) pack = { 0 };

	keys_of(k, &insider_auth, VICTIM_ID, &its);
	keys_of(k, &victim_auth, VICTIM_ID, &nodes);
	pack_of(k, &its, VICTIM_ID, &pack);
	return opens(&nodes, &pack);
}

/* And its receipt for a pack that the victim made. */
static bool victim_believes(const struct nos_keyring_key *k, const struct nos_buf *pack)
{
	struct nos_pack_keys its, victims;
	char receipt[NOS_PACK_RECEIPT_LEN];
	struct nos_err err = { 0 };

	keys_of(k, &insider_auth, VICTIM_ID, &its);
	keys_of(k, &victim_auth, VICTIM_ID, &victims);
	assert_int_equal(
	    nos_pack_receipt(&its, nos_buf_span(pack), nos_str_bytes(text), receipt, &err), NOS_OK);
	return nos_pack_receipt_is_good(
	    &victims, nos_buf_span(pack), nos_str_bytes(text), nos_str_of(receipt));
}

static void a_member_neither_reads_a_pack_of_another_nor_makes_one_in_its_name(void **state)
{
	const struct nos_keyring_key *k = nos_keyring_active(&insider);
	struct nos_pack_keys victims;
	NOS_AUTO(buf) pack = { 0 };

	(void)state;
	assert_true(nos_secret_eq(&k->value, &nos_keyring_active(&victim)->value));
	keys_of(nos_keyring_active(&victim), &victim_auth, VICTIM_ID, &victims);
	pack_of(k, &victims, VICTIM_ID, &pack);
	assert_true(opens(&victims, &pack));
	assert_false(insider_opens(k, &pack));
	assert_false(node_takes(k));
	assert_false(victim_believes(k, &pack));
}

static void in_a_shared_group_it_does_both_and_still_makes_no_receipt(void **state)
{
	struct nos_keyring_key k;
	struct nos_pack_keys victims;
	NOS_AUTO(buf) pack = { 0 };

	(void)state;
	insider.shared = victim.shared = true;
	group_step(&node, &message);
	assert_true(group_hear(&insider, &message) && group_hear(&victim, &message));
	k = *nos_keyring_active(&insider);
	assert_int_equal(k.name.kind, 'g');
	keys_of(nos_keyring_active(&victim), &victim_auth, VICTIM_ID, &victims);
	pack_of(&k, &victims, VICTIM_ID, &pack);
	assert_true(insider_opens(&k, &pack));
	assert_true(node_takes(&k));
	assert_false(victim_believes(&k, &pack));
}

/* ---- who was put out ---- */

/* The name of the key of the group's last session, and whether that still opens once a member was
 * put out. */
static bool serves_after_eviction(bool shared)
{
	static struct pair_group of;
	struct nos_name last;

	pair_group_init_as(&of, "dipietro", 1, PAIR_GROUP, shared);
	pair_group_tick(&of);
	pair_group_tick(&of);
	last = nos_group_name(&of.g, nos_group_present(&of.g));
	assert_non_null(nos_group_key(&of.g, &last));
	pair_group_evict(&of, INSIDER);
	assert_int_not_equal(nos_group_present(&of.g)->epoch, last.parts[1]);
	return nos_group_key(&of.g, &last);
}

static void of_a_shared_group_a_pack_under_the_key_of_before_an_eviction_is_refused_at_once(
    void **state)
{
	(void)state;
	assert_false(serves_after_eviction(true));
	/* The control: where K_S stands beside it the others may be late. */
	assert_true(serves_after_eviction(false));
}

static void who_was_put_out_has_no_key_by_what_all_hear(void **state)
{
	NOS_AUTO(buf) order = { 0 };
	struct nos_name before;

	(void)state;
	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	group_evict(&node, INSIDER, &message);
	group_step(&node, &order);
	before = nos_keyring_active(&insider)->name;
	group_hear_nothing(&insider, &message);
	(void)group_hear(&insider, &order);
	assert_true(nos_name_eq(&before, &nos_keyring_active(&insider)->name));
	/* The control: one who stays has it. */
	assert_true(group_hear(&victim, &message) && group_hear(&victim, &order));
	assert_in_step(&node, &victim);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, gone)
	const struct CMUnitTest tests[] = {
		TEST(nothing_that_a_member_holds_makes_an_order_that_another_takes),
		TEST(a_member_has_the_next_clock_and_not_the_next_key),
		TEST(an_eviction_that_a_member_made_right_but_for_its_signature_puts_nobody_out),
		TEST(an_eviction_of_another_node_or_of_another_group_of_this_one_puts_nobody_out),
		TEST(an_eviction_that_was_heard_before_puts_nobody_out),
		TEST(a_member_neither_reads_a_pack_of_another_nor_makes_one_in_its_name),
		TEST(in_a_shared_group_it_does_both_and_still_makes_no_receipt),
		TEST(
		    of_a_shared_group_a_pack_under_the_key_of_before_an_eviction_is_refused_at_once),
		TEST(who_was_put_out_has_no_key_by_what_all_hear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
