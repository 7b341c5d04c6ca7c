/* SPDX-License-Identifier: MIT */
#include "node.h"

#include "registry/globals.h"

#define NOW    ((struct nos_time){ 1795600000000 })
#define DAY_MS INT64_C(86400000)
#define NS     "global"
#define KEY    "pool"
#define ONE(d) (g.pool.keys[(d)-1])

static struct nos_globals g;

static void read_all(struct nos_globals *ret)
{
	nos_err_clear(&err);
	assert_int_equal(nos_globals_get(store, &vault, ret, &err), NOS_OK);
}

/* Also as g. */
static bool resize(unsigned size, unsigned ring)
{
	bool changed;

	assert_int_equal(
	    nos_globals_resize(store, &vault, size, ring, NOW, &changed, &err), NOS_OK);
	read_all(&g);
	return changed;
}

static void take_back(uint64_t domain, struct nos_time now)
{
	assert_int_equal(nos_globals_take_back(&g, &self, domain, now, &err), NOS_OK);
}

static void keep(void)
{
	assert_int_equal(nos_globals_put(store, &vault, &g, &err), NOS_OK);
}

/* The broadcast, as a source of the node reads it. */
static struct nos_invalidation broadcast(void)
{
	struct nos_invalidation ret;

	assert_int_equal(nos_invalidation_open((struct nos_span){ g.broadcast, g.broadcast_len },
			     self.sign_public, &ret, &err),
	    NOS_OK);
	assert_int_equal(ret.node, 5);
	return ret;
}

static void where_none_was_made_there_is_no_pool(void **state)
{
	uint64_t rev = 7;

	(void)state;
	assert_int_equal(nos_globals_rev(store, &rev, &err), NOS_OK);
	assert_int_equal(rev, 0);
	read_all(&g);
	assert_true(!g.rev && !g.pool.size && !g.broadcast_len);
}

static void a_pool_comes_back_as_it_was_put_every_byte_of_it(void **state)
{
	static struct nos_globals again;

	(void)state;
	assert_true(resize(100, 2));
	assert_true(g.pool.size == 100 && g.pool.ring == 2 && g.rev);
	for (unsigned d = 1; d <= 100; d++) {
		assert_int_equal(ONE(d).version, 1);
		assert_int_equal(ONE(d).since.ms, NOW.ms);
		for (unsigned other = 1; other < d; other++)
			assert_memory_not_equal(ONE(d).value, ONE(other).value, NOS_POOL_KEY_LEN);
	}
	take_back(3, NOW);
	take_back(70, (struct nos_time){ NOW.ms + 500 });
	keep();
	read_all(&again);
	again.list.node = g.list.node; /* which stands in what is signed alone */
	assert_memory_equal(&g, &again, sizeof(g));
}

static void without_a_vault_no_value_comes_with_it_and_another_key_opens_none(void **state)
{
	static const uint8_t none[NOS_POOL_KEY_LEN];
	struct nos_vault other = { { 32, { 9 } } };
	static struct nos_globals bare;

	(void)state;
	resize(5, 1);
	assert_int_equal(nos_globals_get(store, NULL, &bare, &err), NOS_OK);
	assert_int_equal(bare.pool.keys[4].version, 1);
	for (unsigned i = 0; i < 5; i++)
		assert_memory_equal(bare.pool.keys[i].value, none, sizeof(none));
	assert_int_equal(nos_globals_get(store, &other, &bare, &err), NOS_DENIED);
	assert_int_equal(bare.pool.size, 0);
}

static void a_pool_that_is_so_already_is_not_put_and_one_that_grows_keeps_what_it_has(void **state)
{
	struct nos_pool before;

	(void)state;
	resize(3, 1);
	before = g.pool;
	assert_false(resize(3, 1));
	assert_true(resize(3, 2));
	assert_true(resize(8, 2));
	assert_memory_equal(before.keys, g.pool.keys, 3 * sizeof(before.keys[0]));
	assert_true(resize(2, 2));
	assert_int_equal(g.pool.size, 2);
	assert_memory_equal(before.keys, g.pool.keys, 2 * sizeof(before.keys[0]));
}

static void a_domain_over_the_pool_keeps_its_key_whose_name_must_not_come_again(void **state)
{
	struct nos_pool_key before;

	(void)state;
	resize(3, 1);
	take_back(3, NOW);
	keep();
	before = ONE(3);
	resize(2, 1);
	assert_true(g.pool.size == 2 && g.pool.drawn == 3);
	take_back(3, NOW); /* some source may have it */
	assert_true(ONE(3).version == 3);
	resize(4, 1);
	assert_memory_equal(&before, &ONE(3), sizeof(before));
	assert_int_equal(ONE(4).version, 1);
}

/* One of the same number may have come behind the backup, and is forgotten. */
static void a_domain_that_is_drawn_in_a_later_life_has_a_name_of_that_life(void **state)
{
	uint64_t life;

	(void)state;
	resize(4, 1);
	assert_int_equal(nos_self_next_life(store, &life, &err), NOS_OK);
	assert_int_equal(nos_globals_renew(&g, life, NOW, &err), NOS_OK);
	keep();
	resize(5, 1);
	assert_true(ONE(5).version == (UINT64_C(1) << 32) + 1);
	assert_true(ONE(4).version == (UINT64_C(1) << 32) + 1);
}

static void what_is_taken_back_has_a_successor_and_a_signed_list_says_so(void **state)
{
	struct nos_pool_key before;
	struct nos_invalidation v;

	(void)state;
	resize(5, 1);
	before = ONE(2);
	take_back(2, NOW);
	assert_int_equal(ONE(2).version, 2);
	assert_memory_not_equal(ONE(2).value, before.value, NOS_POOL_KEY_LEN);
	v = broadcast();
	assert_true(v.version == 1 && v.count == 1);
	assert_true(nos_invalidation_names(&v, 2, 1));
	/* Cumulative: a domain stands in it once, by the newest that was taken back. */
	take_back(4, NOW);
	take_back(2, NOW);
	v = broadcast();
	assert_true(v.version == 3 && v.count == 2);
	assert_true(nos_invalidation_names(&v, 2, 2) && nos_invalidation_names(&v, 4, 1));
	assert_false(nos_invalidation_names(&v, 2, 3) || nos_invalidation_names(&v, 1, 1));
}

static void it_is_told_for_thirty_days(void **state)
{
	const struct nos_time last = { NOW.ms + NOS_GLOBALS_KEEP_DAYS * DAY_MS };
	struct nos_invalidation v;

	(void)state;
	resize(5, 1);
	take_back(1, NOW);
	take_back(2, last);
	v = broadcast();
	assert_int_equal(v.count, 2);
	take_back(3, (struct nos_time){ last.ms + 1 });
	v = broadcast();
	assert_true(v.count == 2 && !nos_invalidation_names(&v, 1, 1));
	assert_true(nos_invalidation_names(&v, 2, 1) && nos_invalidation_names(&v, 3, 1));
}

static void more_than_a_list_holds_within_those_days_is_refused(void **state)
{
	uint64_t version;

	(void)state;
	resize(NOS_INVALIDATION_NAMES_MAX + 1, 1);
	for (uint64_t d = 1; d <= NOS_INVALIDATION_NAMES_MAX; d++)
		take_back(d, NOW);
	version = ONE(NOS_INVALIDATION_NAMES_MAX + 1).version;
	assert_int_equal(
	    nos_globals_take_back(&g, &self, NOS_INVALIDATION_NAMES_MAX + 1, NOW, &err), NOS_BUSY);
	assert_int_equal(ONE(NOS_INVALIDATION_NAMES_MAX + 1).version, version);
	nos_err_clear(&err);
	take_back(7, NOW); /* which is in it already */
	keep();
	read_all(&g);
	assert_int_equal(broadcast().count, NOS_INVALIDATION_NAMES_MAX);
}

static void a_domain_that_is_none_is_absent(void **state)
{
	static const uint64_t none[] = { 0, 6, 256, 257, UINT64_MAX };

	(void)state;
	resize(5, 1);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		nos_err_clear(&err);
		assert_int_equal(nos_globals_take_back(&g, &self, none[i], NOW, &err), NOS_ABSENT);
	}
	nos_err_clear(&err);
	assert_int_equal(g.list.version, 0);
}

static void a_put_of_what_another_has_changed_changes_nothing(void **state)
{
	static struct nos_globals mine;

	(void)state;
	resize(5, 1);
	mine = g;
	take_back(1, NOW);
	keep();
	assert_int_equal(nos_globals_take_back(&mine, &self, 2, NOW, &err), NOS_OK);
	assert_int_equal(nos_globals_put(store, &vault, &mine, &err), NOS_EXISTS);
	read_all(&mine);
	assert_true(mine.pool.keys[0].version == 2 && mine.pool.keys[1].version == 1);
}

static void in_a_new_life_all_are_drawn_above_every_version_that_was(void **state)
{
	const uint64_t floor = UINT64_C(1) << 32;
	struct nos_pool before;

	(void)state;
	resize(5, 1);
	take_back(1, NOW);
	before = g.pool;
	assert_int_equal(nos_globals_renew(&g, 2, NOW, &err), NOS_OK);
	for (unsigned d = 1; d <= 5; d++) {
		assert_true(ONE(d).version == floor + 1);
		assert_memory_not_equal(ONE(d).value, before.keys[d - 1].value, NOS_POOL_KEY_LEN);
	}
	ONE(1).version = 9 * floor;
	assert_int_equal(nos_globals_renew(&g, 3, NOW, &err), NOS_OK);
	assert_true(ONE(1).version == 9 * floor + 1 && ONE(2).version == 2 * floor + 1);
}

static void the_list_is_signed_by_the_node_s_present_key(void **state)
{
	(void)state;
	resize(5, 1);
	assert_int_equal(nos_globals_sign(&g, &self, &err), NOS_OK);
	assert_int_equal(g.broadcast_len, 0); /* nothing was taken back */
	take_back(1, NOW);
	assert_int_equal(nos_self_renew(store, &vault, &self, NOW, &err), NOS_OK);
	assert_int_equal(nos_globals_sign(&g, &self, &err), NOS_OK);
	assert_int_equal(broadcast().count, 1);
	assert_int_equal(broadcast().version, 1);
}

static void who_has_nothing_to_do_with_global_keys_does_not_ask_for_them(void **state)
{
	static struct nos_globals ret;

	(void)state;
	resize(5, 1);
	assert_int_equal(nos_globals_for(store, NOS_STR("pairwise"), &ret, &err), NOS_OK);
	assert_int_equal(ret.pool.size, 0);
	assert_int_equal(nos_globals_for(store, NOS_STR("dini"), &ret, &err), NOS_OK);
	assert_int_equal(ret.pool.size, 5);
}

/* The value with the first from replaced by to. */
static void damage(const char *from, const char *to, enum nos_code expect)
{
	struct nos_buf value, bad;
	const char *at;

	node_get(NS, KEY, &value);
	at = strstr(value.p, from);
	assert_non_null(at);
	nos_buf_init(&bad, NOS_STORE_VALUE_MAX);
	nos_buf_add(&bad, value.p, (size_t)(at - value.p));
	nos_buf_add_text(&bad, to);
	nos_buf_add_text(&bad, at + strlen(from));
	node_put(NS, KEY, bad.p);
	nos_err_clear(&err);
	if (nos_globals_get(store, &vault, &g, &err) != expect)
		fail_msg("'%s' for '%s' gives '%s'", to, from, err.text);
	assert_int_equal(g.pool.size, 0);
	nos_err_clear(&err);
	node_put(NS, KEY, value.p);
	nos_buf_release(&value);
	nos_buf_release(&bad);
}

static void what_is_damaged_is_the_store_s_fault(void **state)
{
	(void)state;
	resize(2, 1);
	take_back(1, NOW);
	keep();
	damage("\"v\":1", "\"v\":2", NOS_CONFIG);
	damage("\"size\":2", "\"size\":3", NOS_IO);
	damage("\"size\":2", "\"size\":257", NOS_IO);
	damage("\"ring\":1", "\"ring\":5", NOS_IO);
	damage("\"version\":2", "\"version\":0", NOS_IO);
	damage("\"keys\":[", "\"keys\":[1,", NOS_IO);
	damage("\"invalid\":[{", "\"invalid\":[1,{", NOS_IO);
	damage("\"domain\":1", "\"domain\":0", NOS_IO);
	damage("\"list\":1", "\"list\":0", NOS_IO);
	damage("\"sealed\":\"", "\"sealed\":\"AAAA", NOS_DENIED);
	damage("{", "[", NOS_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(where_none_was_made_there_is_no_pool),
		NODE_TEST(a_pool_comes_back_as_it_was_put_every_byte_of_it),
		NODE_TEST(without_a_vault_no_value_comes_with_it_and_another_key_opens_none),
		NODE_TEST(
		    a_pool_that_is_so_already_is_not_put_and_one_that_grows_keeps_what_it_has),
		NODE_TEST(a_domain_over_the_pool_keeps_its_key_whose_name_must_not_come_again),
		NODE_TEST(a_domain_that_is_drawn_in_a_later_life_has_a_name_of_that_life),
		NODE_TEST(what_is_taken_back_has_a_successor_and_a_signed_list_says_so),
		NODE_TEST(it_is_told_for_thirty_days),
		NODE_TEST(more_than_a_list_holds_within_those_days_is_refused),
		NODE_TEST(a_domain_that_is_none_is_absent),
		NODE_TEST(a_put_of_what_another_has_changed_changes_nothing),
		NODE_TEST(in_a_new_life_all_are_drawn_above_every_version_that_was),
		NODE_TEST(the_list_is_signed_by_the_node_s_present_key),
		NODE_TEST(who_has_nothing_to_do_with_global_keys_does_not_ask_for_them),
		NODE_TEST(what_is_damaged_is_the_store_s_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
