/* SPDX-License-Identifier: MIT */
/* The tree of a group as a store keeps it, against members who hear each eviction. */
#include "../registry/node.h"

#include "group/grove.h"
#include "group/grove_page.h"
#include "group/groups.h"

#define NOW    ((struct nos_time){ 1795600000000 })
#define GROUP  3
#define DEPTH  6
#define LEAVES (1u << DEPTH)

static const struct nos_group_step step = { NOW, 1000 };
static struct nos_group group;
static struct nos_grove tree;

/* A member, as it stands at its leaf. */
static struct nos_lkh_path members[LEAVES];
static bool is_member[LEAVES];

static int start(void **state)
{
	group = (struct nos_group){
		.number = GROUP, .name = "roof", .scheme = "tree", .depth = DEPTH, .life = 1
	};
	group.clock.group = GROUP;
	if (node_start(state))
		return -1;
	tree = (struct nos_grove){ store, &vault, &group };
	memset(is_member, 0, sizeof(is_member));
	return 0;
}

#define GROVE_TEST(f) cmocka_unit_test_setup_teardown(f, start, node_stop)

static struct nos_secret draw(uint64_t seed)
{
	struct nos_secret s = { .len = NOS_LKH_KEY_LEN };

	memcpy(s.bytes, &seed, sizeof(seed));
	return s;
}

/* A sequence that is the same each time. */
static uint32_t chance(uint32_t below)
{
	static uint64_t x = 1;

	x = x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(x >> 33) % below;
}

/* ---- pages ---- */

static void each_node_has_a_place_of_its_own_in_the_page_above_it(void **state)
{
	enum { DEEP = 12 };
	static uint32_t seen[1u << (DEEP + 1)]; /* places, by the node above */

	(void)state;
	memset(seen, 0, sizeof(seen));
	for (uint32_t n = 1; n < 1u << (DEEP + 1); n++) {
		const uint32_t above = nos_grove_page_above(n);
		const unsigned slot = nos_grove_page_slot(n);

		assert_true(slot < NOS_GROVE_PAGE_KEYS && above >= 1 && above <= n);
		assert_false(seen[above] >> slot & 1);
		seen[above] |= 1u << slot;
	}
}

static void at_every_depth_a_leaf_and_all_beside_its_way_stand_in_few_pages(void **state)
{
	(void)state;
	for (unsigned depth = 1; depth <= NOS_LKH_DEPTH_MAX; depth++)
		for (int i = 0; i < 50; i++) {
			const uint32_t leaf = chance(1u << depth);
			uint32_t pages[NOS_GROVE_PAGES_MAX], above;
			size_t count = 0;

			for (unsigned h = 0; h <= depth; h++) {
				const uint32_t n = nos_lkh_number(depth, leaf, h);

				above = nos_grove_page_above(n);
				assert_true(h == depth || above == nos_grove_page_above(n ^ 1));
				if (!count || pages[count - 1] != above) {
					assert_true(count < NOS_GROVE_PAGES_MAX);
					pages[count++] = above;
				}
			}
			assert_int_equal(
			    count, (depth + NOS_GROVE_PAGE_HEIGHT - 1) / NOS_GROVE_PAGE_HEIGHT);
			assert_int_equal(pages[count - 1], 1);
		}
}

/* ---- paths ---- */

static struct nos_lkh_path path_of(uint32_t leaf)
{
	struct nos_lkh_path p;

	assert_int_equal(nos_grove_path(&tree, leaf, &p, &err), NOS_OK);
	assert_true(p.depth == group.depth && p.group == GROUP && p.leaf == leaf);
	assert_true(p.epoch == group.clock.epoch && !p.keys[0].len);
	return p;
}

static void where_two_ways_meet_their_keys_are_the_same_and_nowhere_else(void **state)
{
	static const unsigned depths[] = { 1, 2, 4, 5, 8, 9, 13, 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		const unsigned depth = depths[i];

		group.depth = depth;
		group.life = i + 1;
		for (int n = 0; n < 4; n++) {
			const uint32_t x = chance(1u << depth), y = chance(1u << depth);
			const struct nos_lkh_path a = path_of(x), b = path_of(y);
			const unsigned meet = x == y ? 0 : nos_lkh_level(x, y) + 1;

			for (unsigned h = 1; h <= depth; h++)
				assert_true(nos_secret_eq(&a.keys[h], &b.keys[h]) == (h >= meet));
		}
	}
}

static void a_path_is_the_same_when_it_is_read_again_and_every_key_of_it_is_another(void **state)
{
	struct nos_lkh_path a, b;

	(void)state;
	a = path_of(9);
	b = path_of(9);
	assert_memory_equal(&a, &b, sizeof(a));
	for (unsigned h = 1; h <= DEPTH; h++)
		for (unsigned other = 1; other < h; other++)
			assert_false(nos_secret_eq(&a.keys[h], &a.keys[other]));
}

/* ---- leaves ---- */

static uint32_t take(void)
{
	uint32_t leaf;

	nos_err_clear(&err);
	assert_int_equal(nos_grove_take(&tree, &leaf, &err), NOS_OK);
	return leaf;
}

static void assert_members(uint64_t count)
{
	uint64_t members_now;

	assert_int_equal(nos_grove_members(&tree, &members_now, &err), NOS_OK);
	assert_int_equal(members_now, count);
}

static void leaves_are_given_once_until_there_is_none(void **state)
{
	bool given[8] = { false };
	uint32_t leaf;

	(void)state;
	group.depth = 3;
	assert_members(0);
	for (int i = 0; i < 8; i++) {
		leaf = take();
		assert_true(leaf < 8 && !given[leaf]);
		given[leaf] = true;
	}
	assert_members(8);
	assert_int_equal(nos_grove_take(&tree, &leaf, &err), NOS_LARGE);
	assert_string_equal(err.text, "the group 'roof' is full: 8 members");
}

static void a_leaf_is_not_given_again_in_the_epoch_in_which_it_was_put_out(void **state)
{
	uint32_t leaf;
	bool barred;

	(void)state;
	group.depth = 1;
	take();
	take();
	group.clock.epoch = 4;
	assert_int_equal(nos_grove_free(&tree, 1, &err), NOS_OK);
	assert_int_equal(nos_grove_free(&tree, 1, &err), NOS_OK);
	assert_members(1);
	assert_int_equal(nos_grove_take(&tree, &leaf, &err), NOS_BUSY);
	nos_err_clear(&err);
	assert_int_equal(nos_grove_is_barred(&tree, &barred, &err), NOS_OK);
	assert_true(barred);
	group.clock.epoch = 5;
	assert_int_equal(nos_grove_is_barred(&tree, &barred, &err), NOS_OK);
	assert_false(barred);
	assert_int_equal(take(), 1);
	assert_members(2);
	assert_int_equal(nos_grove_take(&tree, &leaf, &err), NOS_LARGE);
}

static void what_was_put_out_goes_before_what_was_never_given(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++)
		assert_int_equal(take(), i);
	assert_int_equal(nos_grove_free(&tree, 10, &err), NOS_OK);
	assert_int_equal(take(), 12);
	group.clock.epoch++;
	assert_int_equal(take(), 10);
	assert_int_equal(take(), 13);
}

/* ---- evictions ---- */

/* The group's part of an eviction, and what all hear of it. */
static struct nos_eviction evict(uint32_t leaf, uint64_t seed)
{
	const struct nos_group before = group;
	const struct nos_grove as_it_was = { store, &vault, &before };
	const struct nos_secret s = draw(seed);
	struct nos_eviction v = { .turn = { group.depth, GROUP, group.clock.epoch + 1 },
		.leaf = leaf };
	struct nos_lkh_climb climb;

	nos_err_clear(&err);
	assert_int_equal(nos_lkh_climb(&v.turn, 0, &s, &climb, &err), NOS_OK);
	memcpy(v.confirm, climb.confirm, sizeof(v.confirm));
	assert_int_equal(nos_grove_wrap(&as_it_was, &v.turn, &climb, leaf, v.wraps, &err), NOS_OK);
	assert_int_equal(
	    nos_group_turn(&group, group.clock.epoch + 1, NOS_GROUP_EVICTED, leaf, &s, &step, &err),
	    NOS_OK);
	nos_lkh_climb_release(&climb);
	return v;
}

static void finish(void)
{
	assert_int_equal(nos_grove_turn(&tree, &err), NOS_OK);
	assert_int_equal(nos_grove_free(&tree, group.leaf, &err), NOS_OK);
	group.turning = false;
}

static void join(uint64_t seed)
{
	const struct nos_secret own = draw(seed);
	const uint32_t leaf = take();

	assert_false(is_member[leaf]);
	is_member[leaf] = true;
	members[leaf] = path_of(leaf);
	members[leaf].keys[0] = own;
	assert_int_equal(nos_grove_plant(&tree, leaf, &own, &err), NOS_OK);
}

/* What a member has made of all that it heard is what the store says. */
static void assert_keeps_up(uint32_t leaf)
{
	const struct nos_lkh_path now = path_of(leaf);

	assert_int_equal(members[leaf].epoch, now.epoch);
	for (unsigned h = 1; h <= group.depth; h++)
		assert_true(nos_secret_eq(&members[leaf].keys[h], &now.keys[h]));
}

static void all_hear(const struct nos_eviction *v)
{
	struct nos_secret b, own;

	assert_int_equal(nos_group_b(&group, &own, &err), NOS_OK);
	for (uint32_t i = 0; i < LEAVES; i++) {
		if (!is_member[i])
			continue;
		nos_err_clear(&err);
		if (i == v->leaf) {
			assert_int_equal(nos_lkh_path_hear(&members[i], v, &b, &err), NOS_DENIED);
			continue;
		}
		if (nos_lkh_path_hear(&members[i], v, &b, &err))
			fail_msg("leaf %u of epoch %u: %s", i, (unsigned)v->turn.epoch, err.text);
		assert_true(nos_secret_eq(&b, &own));
	}
	nos_err_clear(&err);
	is_member[v->leaf] = false;
}

static uint32_t any_member(void)
{
	for (;;) {
		const uint32_t leaf = chance(LEAVES);

		if (is_member[leaf])
			return leaf;
	}
}

static void whoever_joins_and_is_put_out_the_others_hear_what_the_store_makes(void **state)
{
	struct nos_eviction v;
	size_t count = 0;

	(void)state;
	for (uint64_t round = 1; round <= 150; round++) {
		if (count < 4 || (count < 40 && chance(2))) {
			join(round);
			count++;
			continue;
		}
		v = evict(any_member(), round << 8);
		finish();
		all_hear(&v);
		assert_members(--count);
		if (chance(3))
			assert_keeps_up(any_member());
	}
	for (uint32_t i = 0; i < LEAVES; i++)
		if (is_member[i])
			assert_keeps_up(i);
}

static void who_was_put_out_has_no_key_of_what_follows(void **state)
{
	struct nos_lkh_path now;
	uint32_t gone;

	(void)state;
	for (uint64_t i = 1; i < 12; i++)
		join(i);
	gone = 5;
	evict(gone, 77);
	finish();
	now = path_of(gone);
	assert_int_equal(nos_lkh_path_step(&members[gone], group.clock.epoch, &err), NOS_OK);
	for (unsigned h = 1; h <= DEPTH; h++)
		assert_false(nos_secret_eq(&members[gone].keys[h], &now.keys[h]));
}

static void at_every_depth_the_member_beside_the_leaf_hears(void **state)
{
	(void)state;
	for (unsigned depth = 1; depth <= NOS_LKH_DEPTH_MAX; depth++) {
		const uint32_t leaf = chance(1u << depth);
		struct nos_lkh_path beside;
		struct nos_eviction v;
		struct nos_secret b;

		group.depth = depth;
		group.life = depth;
		beside = path_of(leaf ^ 1);
		beside.keys[0] = draw(depth);
		assert_int_equal(nos_grove_plant(&tree, leaf ^ 1, &beside.keys[0], &err), NOS_OK);
		v = evict(leaf, depth);
		assert_int_equal(nos_grove_turn(&tree, &err), NOS_OK);
		assert_int_equal(nos_lkh_path_hear(&beside, &v, &b, &err), NOS_OK);
		for (unsigned h = 1; h <= depth; h++) {
			const struct nos_lkh_path now = path_of(leaf ^ 1);

			assert_true(nos_secret_eq(&beside.keys[h], &now.keys[h]));
		}
	}
}

static void an_eviction_that_is_finished_twice_is_finished_once(void **state)
{
	struct nos_lkh_path once, twice;

	(void)state;
	for (uint64_t i = 1; i < 12; i++)
		join(i);
	evict(3, 9);
	finish();
	once = path_of(2);
	finish();
	twice = path_of(2);
	assert_memory_equal(&once, &twice, sizeof(once));
	assert_members(10);
}

/* As if the eviction in hand had not come to this page. */
static void finish_but(const char *page_key)
{
	struct nos_buf page;

	node_get(NOS_GROVE_TREES_NS, page_key, &page);
	finish();
	nos_buf_add_char(&page, '\0');
	node_put(NOS_GROVE_TREES_NS, page_key, page.p);
	group.turning = true;
	nos_buf_release(&page);
}

static void one_that_broke_off_at_any_page_is_finished_with_the_same_keys(void **state)
{
	static const char *const pages[] = { "3/1/21", "3/1/1" }; /* over leaf 20 */
	struct nos_eviction v;

	(void)state;
	for (uint64_t i = 1; i < 40; i++)
		join(i);
	for (size_t i = 0; i < 2; i++) {
		v = evict(i ? 22 : 20, 9 + i);
		finish_but(pages[i]);
		finish();
		all_hear(&v);
		for (uint32_t leaf = 16; leaf < 24; leaf++)
			if (is_member[leaf])
				assert_keeps_up(leaf);
	}
}

/* ---- time ---- */

static void a_page_that_slept_many_epochs_is_caught_up_as_its_members_are(void **state)
{
	(void)state;
	group.depth = 2;
	join(1);
	join(2);
	for (uint64_t epochs = NOS_LKH_STEPS_MAX; epochs <= NOS_LKH_STEPS_MAX + 2; epochs += 2) {
		group.clock.epoch += epochs;
		for (uint64_t e = members[0].epoch; e < group.clock.epoch;) {
			e = group.clock.epoch - e > 1000 ? e + 1000 : group.clock.epoch;
			assert_int_equal(nos_lkh_path_step(&members[0], e, &err), NOS_OK);
		}
		assert_keeps_up(0);
	}
}

/* How many pages of its present life stand behind the group's epoch. */
static unsigned sleeping(void)
{
	const unsigned all = (1u << 4) + 1;
	unsigned count = 0;

	for (uint32_t above = 1; above <= 31; above = above == 1 ? 16 : above + 1) {
		struct nos_grove_page p;

		assert_int_equal(nos_grove_page_get(&tree, above, &p, &err), NOS_OK);
		count += p.epoch != group.clock.epoch;
	}
	assert_true(count <= all);
	return count;
}

static void the_sweep_catches_up_what_sleeps_a_few_at_a_time(void **state)
{
	struct nos_lkh_path before[LEAVES], now;
	struct nos_grove_stale stale = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 32; i++)
		join(i);
	assert_int_equal(sleeping(), 0);
	group.clock.epoch += 3;
	assert_int_equal(sleeping(), 9);
	for (uint32_t i = 0; i < 32; i++)
		before[i] = path_of(i);
	assert_int_equal(nos_grove_stale_find(&tree, &stale, &err), NOS_OK);
	assert_int_equal(stale.count, 9);
	for (size_t at = 0; at < stale.count; at += 4) {
		assert_int_equal(nos_grove_stale_catch_up(&tree, &stale, at, at + 4, &err), NOS_OK);
		assert_int_equal(sleeping(), at + 4 < 9 ? 9 - at - 4 : 0);
	}
	for (uint32_t i = 0; i < 32; i++) {
		now = path_of(i);
		assert_memory_equal(&now, &before[i], sizeof(now));
	}
	assert_int_equal(nos_grove_stale_find(&tree, &stale, &err), NOS_OK);
	assert_int_equal(stale.count, 0);
	nos_grove_stale_release(&stale);
}

static void the_sweep_steps_nothing_over_an_eviction_that_is_half_done(void **state)
{
	struct nos_grove_stale stale = { 0 };
	struct nos_eviction v;

	(void)state;
	for (uint64_t i = 1; i <= 20; i++)
		join(i);
	v = evict(7, 9);
	assert_int_equal(nos_grove_stale_find(&tree, &stale, &err), NOS_OK);
	assert_true(stale.count);
	assert_int_equal(nos_grove_stale_catch_up(&tree, &stale, 0, stale.count, &err), NOS_OK);
	nos_grove_stale_release(&stale);
	finish();
	all_hear(&v);
	for (uint32_t i = 0; i < 20; i++)
		if (is_member[i])
			assert_keeps_up(i);
}

static unsigned count_keys(const char *ns, const char *prefix)
{
	unsigned count = 0;

	for (size_t i = 0; i < cluster.values_count; i++) {
		const struct cluster_value *v = &cluster.values[i];

		count += v->value && strcmp(v->ns, ns) == 0 &&
			 strncmp(v->key, prefix, strlen(prefix)) == 0;
	}
	return count;
}

static void what_is_of_other_lives_goes_and_what_is_of_other_groups_stays(void **state)
{
	struct nos_lkh_path before, now;
	bool done = true;

	(void)state;
	group.number = 31;
	assert_int_equal(nos_grove_path(&tree, 1, &before, &err), NOS_OK);
	group.number = GROUP;
	for (uint64_t i = 1; i <= 20; i++)
		join(i);
	assert_int_equal(nos_grove_free(&tree, 1, &err), NOS_OK);
	memset(is_member, 0, sizeof(is_member));
	group.life = 12;
	assert_members(0);
	join(99);
	before = path_of(0);
	assert_int_equal(nos_grove_clear(&tree, 2, &done, &err), NOS_OK);
	assert_false(done);
	while (!done)
		assert_int_equal(nos_grove_clear(&tree, 2, &done, &err), NOS_OK);
	assert_int_equal(count_keys(NOS_GROVE_TREES_NS, "3/1/"), 0);
	assert_int_equal(count_keys("free", "3/1/"), 0);
	assert_int_equal(count_keys(NOS_GROVE_TREES_NS, "3/12/"), 2);
	assert_int_equal(count_keys(NOS_GROVE_TREES_NS, "31/"), 2);
	now = path_of(0);
	assert_memory_equal(&now, &before, sizeof(now));
	assert_members(1);
}

static void a_tree_that_another_has_moved_on_with_its_group_is_not_damaged(void **state)
{
	struct nos_lkh_path p;

	(void)state;
	path_of(1);
	group.clock.epoch = 7;
	assert_int_equal(nos_grove_path(&tree, 1, &p, &err), NOS_OK);
	assert_int_equal(nos_grove_plant(&tree, 1, &p.keys[1], &err), NOS_OK);
	assert_int_equal(nos_groups_put(store, &vault, &group, &err), NOS_OK);
	group.clock.epoch = 6; /* as one has it that read the group before */
	assert_int_equal(nos_grove_path(&tree, 1, &p, &err), NOS_EXISTS);
	nos_err_clear(&err);
}

/* ---- damage ---- */

static void a_page_that_is_no_page_or_not_of_this_node_is_told(void **state)
{
	struct nos_lkh_path p;
	struct nos_vault other, own = vault;
	struct nos_buf text, page;

	(void)state;
	path_of(1);
	node_get(NOS_GROVE_TREES_NS, "3/1/1", &page);
	nos_buf_init_secret(&text, 1000);
	assert_int_equal(nos_vault_new(&other, &text, &err), NOS_OK);
	vault = other;
	assert_int_equal(nos_grove_path(&tree, 1, &p, &err), NOS_DENIED);
	vault = own;
	nos_err_clear(&err);
	group.clock.epoch = 7;
	assert_int_equal(nos_grove_plant(&tree, 1, &p.keys[1], &err), NOS_OK);
	group.clock.epoch = 6;
	assert_int_equal(nos_grove_path(&tree, 1, &p, &err), NOS_IO);
	nos_err_clear(&err);
	group.clock.epoch = 7;
	for (size_t len = 0; len < page.len; len += 5) {
		struct nos_buf cut;

		nos_buf_init(&cut, 4096);
		nos_buf_add(&cut, page.p, len);
		nos_buf_add_char(&cut, '\0');
		node_put(NOS_GROVE_TREES_NS, "3/1/1", cut.p);
		assert_int_equal(nos_grove_path(&tree, 1, &p, &err), NOS_IO);
		nos_err_clear(&err);
		nos_buf_release(&cut);
	}
	node_put("leaves", "3", "{\"v\":1,\"life\":1,\"next\":1}");
	assert_int_equal(nos_grove_take(&tree, &p.leaf, &err), NOS_IO);
	nos_vault_release(&other);
	nos_buf_release(&text);
	nos_buf_release(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GROVE_TEST(each_node_has_a_place_of_its_own_in_the_page_above_it),
		GROVE_TEST(at_every_depth_a_leaf_and_all_beside_its_way_stand_in_few_pages),
		GROVE_TEST(where_two_ways_meet_their_keys_are_the_same_and_nowhere_else),
		GROVE_TEST(a_path_is_the_same_when_it_is_read_again_and_every_key_of_it_is_another),
		GROVE_TEST(leaves_are_given_once_until_there_is_none),
		GROVE_TEST(a_leaf_is_not_given_again_in_the_epoch_in_which_it_was_put_out),
		GROVE_TEST(what_was_put_out_goes_before_what_was_never_given),
		GROVE_TEST(whoever_joins_and_is_put_out_the_others_hear_what_the_store_makes),
		GROVE_TEST(who_was_put_out_has_no_key_of_what_follows),
		GROVE_TEST(at_every_depth_the_member_beside_the_leaf_hears),
		GROVE_TEST(an_eviction_that_is_finished_twice_is_finished_once),
		GROVE_TEST(one_that_broke_off_at_any_page_is_finished_with_the_same_keys),
		GROVE_TEST(a_page_that_slept_many_epochs_is_caught_up_as_its_members_are),
		GROVE_TEST(the_sweep_catches_up_what_sleeps_a_few_at_a_time),
		GROVE_TEST(the_sweep_steps_nothing_over_an_eviction_that_is_half_done),
		GROVE_TEST(what_is_of_other_lives_goes_and_what_is_of_other_groups_stays),
		GROVE_TEST(a_tree_that_another_has_moved_on_with_its_group_is_not_damaged),
		GROVE_TEST(a_page_that_is_no_page_or_not_of_this_node_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
