/* SPDX-License-Identifier: MIT */
/* A group at its node: its tokens, its keys and how long they serve, its order. */
#include "../test.h"

#include "scheme/group.h"

#define NODE  5
#define GROUP 3
#define NOW   INT64_C(1795600000000)

static struct nos_err err;

static struct nos_group_step at(int64_t ms, uint64_t overlap_ms)
{
	return (struct nos_group_step){ { NOW + ms }, overlap_ms };
}

static struct nos_group make(const char *scheme, bool shared)
{
	struct nos_group g = { .number = GROUP, .depth = 4, .shared = shared, .life = 1 };

	nos_err_clear(&err);
	snprintf(g.scheme, sizeof(g.scheme), "%s", scheme);
	g.clock.group = GROUP;
	if (nos_group_has_clock(&g))
		g.clock.a = (struct nos_secret){ .len = NOS_GROUP_A_LEN, .bytes = { 7 } };
	return g;
}

static void tick(struct nos_group *g, int64_t ms, uint64_t overlap_ms)
{
	const struct nos_group_step step = at(ms, overlap_ms);
	const uint8_t token[NOS_SESSION_TOKEN_LEN] = { (uint8_t)(g->clock.t + 1), 1 };

	assert_int_equal(nos_group_tick(g, token, &step, &err), NOS_OK);
}

static struct nos_secret draw(uint8_t seed)
{
	return (struct nos_secret){ .len = NOS_LKH_KEY_LEN, .bytes = { seed, 9 } };
}

static void turn(struct nos_group *g, enum nos_group_how how, uint32_t leaf, int64_t ms)
{
	const struct nos_group_step step = at(ms, 1000);
	const struct nos_secret s = draw((uint8_t)g->clock.epoch);

	assert_int_equal(nos_group_turn(g, g->clock.epoch + 1, how, leaf, &s, &step, &err), NOS_OK);
}

static bool serves(const struct nos_group *g, const char *kid)
{
	struct nos_name name;

	assert_true(nos_name_parse(nos_str_of(kid), &name));
	return nos_group_key(g, &name);
}

/* ---- tokens ---- */

static void each_token_of_a_chain_follows_from_the_one_behind_it(void **state)
{
	static const uint64_t lengths[] = { 1, 2, 255, 256, 257, 512, 1000 };
	static const uint8_t last[NOS_SESSION_TOKEN_LEN] = { 1, 2, 3 };
	struct nos_group_chain *c = malloc(sizeof(*c));
	uint8_t before[NOS_SESSION_TOKEN_LEN], h[NOS_SESSION_TOKEN_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const uint64_t base = i * 1000, end = base + lengths[i];

		assert_int_equal(
		    nos_group_chain_make(c, NODE, GROUP, base, lengths[i], last, &err), NOS_OK);
		assert_true(c->base == base && c->last == end);
		assert_int_equal(nos_group_chain_token(c, NODE, GROUP, end, h, &err), NOS_OK);
		assert_memory_equal(h, last, sizeof(h));
		for (uint64_t t = end; t > base; t--) {
			assert_int_equal(
			    nos_session_token_before(NODE, GROUP, t, h, before, &err), NOS_OK);
			assert_int_equal(
			    nos_group_chain_token(c, NODE, GROUP, t - 1, h, &err), NOS_OK);
			assert_memory_equal(h, before, sizeof(h));
		}
	}
	free(c);
}

static void the_longest_chain_is_kept_in_few_tokens_and_gives_its_first_and_last(void **state)
{
	static const uint8_t last[NOS_SESSION_TOKEN_LEN] = { 1, 2, 3 };
	struct nos_group_chain *c = malloc(sizeof(*c));
	struct nos_session_token first = { .t = 0 }, behind = { .t = NOS_SESSION_CHAIN_MAX };

	(void)state;
	assert_int_equal(
	    nos_group_chain_make(c, NODE, GROUP, 0, NOS_SESSION_CHAIN_MAX, last, &err), NOS_OK);
	assert_int_equal(nos_group_chain_token(c, NODE, GROUP, 0, first.h, &err), NOS_OK);
	assert_int_equal(nos_group_chain_token(c, NODE, GROUP, behind.t, behind.h, &err), NOS_OK);
	assert_int_equal(nos_session_verify(NODE, GROUP, &first, &behind, behind.t, &err), NOS_OK);
	assert_int_equal(
	    nos_session_verify(NODE, GROUP + 1, &first, &behind, behind.t, &err), NOS_TAG);
	free(c);
}

/* ---- keys ---- */

static void a_key_is_that_of_the_clock_which_every_member_has(void **state)
{
	struct nos_group g = make("dipietro", false);
	struct nos_session member = g.clock;
	struct nos_secret key, b;

	(void)state;
	assert_null(nos_group_present(&g));
	for (int i = 0; i < 3; i++) {
		if (i == 2) {
			turn(&g, NOS_GROUP_EVICTED, 5, 0);
			assert_int_equal(nos_group_b(&g, &b, &err), NOS_OK);
			assert_int_equal(nos_session_begin_epoch(&member, 1, &b, &err), NOS_OK);
		}
		tick(&g, i, 1000);
		assert_int_equal(nos_session_tick(&member, &err), NOS_OK);
		assert_int_equal(nos_session_key(&member, g.token, &key, &err), NOS_OK);
		assert_true(nos_secret_eq(&key, &nos_group_present(&g)->value));
		assert_true(nos_secret_eq(&member.a, &g.clock.a));
		assert_true(member.t == g.clock.t && member.epoch == g.clock.epoch);
	}
}

static void a_key_serves_for_its_overlap_and_not_longer(void **state)
{
	struct nos_group g = make("dipietro", false);
	struct nos_time due;

	(void)state;
	assert_false(nos_group_due(&g, &due));
	tick(&g, 0, 1000);
	assert_false(nos_group_due(&g, &due));
	tick(&g, 100, 1000);
	tick(&g, 300, 500);
	assert_true(serves(&g, "s.3.0.1") && serves(&g, "s.3.0.2") && serves(&g, "s.3.0.3"));
	assert_true(nos_group_due(&g, &due));
	assert_int_equal(due.ms, NOW + 800);
	assert_false(nos_group_expire(&g, (struct nos_time){ NOW + 799 }));
	assert_true(nos_group_expire(&g, due));
	assert_true(serves(&g, "s.3.0.1") && !serves(&g, "s.3.0.2"));
	assert_true(nos_group_due(&g, &due));
	assert_int_equal(due.ms, NOW + 1100);
	assert_true(nos_group_expire(&g, (struct nos_time){ NOW + 99999 }));
	assert_true(serves(&g, "s.3.0.3") && g.key_count == 1);
	assert_false(nos_group_due(&g, &due));
	for (size_t i = 1; i < NOS_GROUP_KEYS_MAX; i++)
		assert_int_equal(g.keys[i].value.len, 0);
}

static void without_an_overlap_the_key_before_goes_at_once(void **state)
{
	struct nos_group g = make("dipietro", false);

	(void)state;
	tick(&g, 0, 1000);
	tick(&g, 1, 1000);
	tick(&g, 2, 0);
	assert_true(g.key_count == 1 && serves(&g, "s.3.0.3") && !serves(&g, "s.3.0.2"));
	assert_int_equal(g.keys[1].value.len, 0);
}

static void of_more_keys_than_there_is_room_for_the_oldest_leave(void **state)
{
	struct nos_group g = make("dipietro", false);

	(void)state;
	for (int i = 0; i < NOS_GROUP_KEYS_MAX + 6; i++)
		tick(&g, i, 1000000);
	assert_int_equal(g.key_count, NOS_GROUP_KEYS_MAX);
	assert_true(serves(&g, "s.3.0.70") && serves(&g, "s.3.0.7") && !serves(&g, "s.3.0.6"));
	for (size_t i = 1; i < g.key_count; i++)
		assert_true(g.keys[i].t + 1 == g.keys[i - 1].t && g.keys[i].until.ms);
}

static void the_key_of_a_tree_is_b_of_its_epoch(void **state)
{
	const struct nos_lkh_turn first = { 4, GROUP, 1 };
	struct nos_group g = make("tree", false);
	const struct nos_secret s = draw(0), healed = draw(1);
	struct nos_lkh_climb climb;

	(void)state;
	assert_null(nos_group_present(&g));
	turn(&g, NOS_GROUP_EVICTED, 5, 0);
	assert_int_equal(nos_lkh_climb(&first, 0, &s, &climb, &err), NOS_OK);
	assert_true(nos_secret_eq(&nos_group_present(&g)->value, &climb.b));
	assert_true(serves(&g, "t.3.1") && g.turning && g.leaf == 5);
	turn(&g, NOS_GROUP_HEALED, 0, 10);
	assert_true(nos_secret_eq(&nos_group_present(&g)->value, &healed));
	assert_true(serves(&g, "t.3.2") && serves(&g, "t.3.1") && !serves(&g, "t.3.3"));
	assert_true(g.clock.t == 0 && g.began == 0 && g.since.ms == NOW + 10);
	assert_true(nos_group_expire(&g, (struct nos_time){ NOW + 1010 }));
	assert_false(serves(&g, "t.3.1"));
	nos_lkh_climb_release(&climb);
}

static void an_epoch_begins_where_the_group_stands_and_the_clock_goes_on(void **state)
{
	struct nos_group g = make("dipietro", false);
	const struct nos_group_key *before;

	(void)state;
	tick(&g, 0, 1000);
	tick(&g, 1, 1000);
	before = nos_group_present(&g);
	turn(&g, NOS_GROUP_HEALED, 0, 2);
	assert_true(g.began == 2 && g.clock.t == 2 && g.clock.epoch == 1 && g.since.ms == NOW + 2);
	assert_ptr_equal(nos_group_present(&g), before); /* until the tick that follows at once */
	tick(&g, 2, 1000);
	assert_true(serves(&g, "s.3.1.3") && serves(&g, "s.3.0.2") && !serves(&g, "s.3.1.2"));
}

static void in_a_shared_group_no_key_of_an_epoch_before_opens_anything(void **state)
{
	struct nos_group g = make("dipietro", true);

	(void)state;
	tick(&g, 0, 1000);
	tick(&g, 1, 1000);
	assert_true(serves(&g, "g.3.0.1") && serves(&g, "g.3.0.2"));
	turn(&g, NOS_GROUP_EVICTED, 1, 2);
	tick(&g, 2, 1000);
	assert_true(serves(&g, "g.3.1.3"));
	assert_false(serves(&g, "g.3.0.2") || serves(&g, "g.3.0.1"));
	tick(&g, 3, 1000);
	assert_true(serves(&g, "g.3.1.3") && serves(&g, "g.3.1.4"));
	assert_false(serves(&g, "s.3.1.4"));
}

static void a_name_of_its_keys_is_told_from_all_others_whatever_its_epoch(void **state)
{
	static const struct {
		const char *kid;
		bool plain, shared, tree;
	} names[] = {
		{ "s.3.0.1", true },
		{ "s.3.99.1", true },
		{ "s.4.0.1" },
		{ "g.3.99.1", false, true },
		{ "t.3.99", false, false, true },
		{ "t.2.99" },
		{ "s.3.99" },
		{ "g.3" },
		{ "t.3.99.1" },
		{ "p.3" },
		{ "d.3.99" },
	};
	const struct nos_group plain = make("dipietro", false), shared = make("dipietro", true);
	const struct nos_group tree = make("tree", false);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct nos_name name;
		uint64_t epoch = 0;

		assert_true(nos_name_parse(nos_str_of(names[i].kid), &name));
		assert_int_equal(nos_group_is_own(&plain, &name, &epoch), names[i].plain);
		assert_int_equal(nos_group_is_own(&shared, &name, &epoch), names[i].shared);
		assert_int_equal(nos_group_is_own(&tree, &name, &epoch), names[i].tree);
		if (i && (names[i].plain || names[i].shared || names[i].tree))
			assert_int_equal(epoch, 99);
	}
}

/* ---- the order ---- */

static void the_order_has_its_bytes_and_those_of_the_present_session(void **state)
{
	struct nos_group g = make("dipietro", false), tree = make("tree", false);
	struct nos_session_order o;
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 100);
	assert_false(nos_group_order(&g, &b));
	turn(&tree, NOS_GROUP_HEALED, 0, 0);
	assert_false(nos_group_order(&tree, &b));
	turn(&g, NOS_GROUP_HEALED, 0, 0);
	tick(&g, 0, 1000);
	assert_true(nos_group_order(&g, &b));
	assert_hex(b.p, b.len, "3103010101010000000000000000000000000000");
	assert_int_equal(nos_session_order_decode(nos_buf_span(&b), &o, &err), NOS_OK);
	assert_true(o.group == GROUP && o.epoch == 1 && o.token.t == 1);
	assert_memory_equal(o.token.h, g.token, sizeof(o.token.h));
	/* Where the tokens begin there is none that could be released. */
	g.chain = 1;
	nos_buf_truncate(&b, 0);
	assert_true(!nos_group_order(&g, &b) && !b.len);
	nos_buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_token_of_a_chain_follows_from_the_one_behind_it),
		cmocka_unit_test(
		    the_longest_chain_is_kept_in_few_tokens_and_gives_its_first_and_last),
		cmocka_unit_test(a_key_is_that_of_the_clock_which_every_member_has),
		cmocka_unit_test(a_key_serves_for_its_overlap_and_not_longer),
		cmocka_unit_test(without_an_overlap_the_key_before_goes_at_once),
		cmocka_unit_test(of_more_keys_than_there_is_room_for_the_oldest_leave),
		cmocka_unit_test(the_key_of_a_tree_is_b_of_its_epoch),
		cmocka_unit_test(an_epoch_begins_where_the_group_stands_and_the_clock_goes_on),
		cmocka_unit_test(in_a_shared_group_no_key_of_an_epoch_before_opens_anything),
		cmocka_unit_test(a_name_of_its_keys_is_told_from_all_others_whatever_its_epoch),
		cmocka_unit_test(the_order_has_its_bytes_and_those_of_the_present_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
