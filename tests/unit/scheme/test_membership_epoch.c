/* SPDX-License-Identifier: MIT */
/* A member of a group, where a new epoch begins: without an eviction, and by one, which it pulls,
 * hears, or both. */
#include "group.h"

#define LEAF   5
#define LEAVES (1u << GROUP_DEPTH)

static struct group node;
static struct nos_keyring k;
static struct nos_buf order, broadcast;

static void begin(const char *scheme)
{
	group_init(&node, 1);
	group_step(&node, NULL);
	group_source(&node, &k, scheme);
	assert_int_equal(group_path(&node, &k, LEAF), NOS_OK);
}

static int joined(void **state)
{
	(void)state;
	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	nos_buf_init(&broadcast, NOS_EVICTION_MAX);
	begin("dipietro");
	assert_int_equal(group_join(&node, &k), NOS_OK);
	return 0;
}

static int placed(void **state)
{
	(void)joined(state);
	begin("tree");
	return 0;
}

static int gone(void **state)
{
	(void)state;
	nos_buf_release(&order);
	nos_buf_release(&broadcast);
	nos_keyring_release(&k);
	return 0;
}

static void assert_same(const struct nos_keyring *before)
{
	assert_memory_equal(before, &k, sizeof(k));
}

/* It is at the clock's place in the new epoch, which has no key, and goes on with the order. */
static void assert_goes_on(void)
{
	assert_placed(&node, &k, LEAF);
	assert_true(nos_secret_eq(&k.group.clock.a, &node.clock.a));
	group_step(&node, &order);
	assert_true(group_hear(&k, &order));
	assert_in_step(&node, &k);
}

/* ---- dipietro ---- */

static void a_heal_moves_the_clock_and_the_next_order_the_key(void **state)
{
	const struct nos_name before = nos_keyring_active(&k)->name;

	(void)state;
	group_heal(&node);
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	assert_true(nos_name_eq(&before, &nos_keyring_active(&k)->name));
	assert_goes_on();
}

static void an_order_that_comes_before_its_heal_is_followed_once_that_is_there(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		group_step(&node, NULL);
	group_heal(&node);
	group_step(&node, &order);
	assert_true(group_hear(&k, &order));
	group_hear_nothing(&k, &order);
	assert_int_equal(k.group.clock.epoch, 0);
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	assert_placed(&node, &k, LEAF);
	assert_in_step(&node, &k);
}

static void an_order_of_the_epoch_after_next_waits_for_the_epoch_between(void **state)
{
	static struct group first;

	(void)state;
	group_heal(&node);
	first = node;
	group_step(&node, NULL);
	group_heal(&node);
	group_step(&node, &order);
	assert_true(group_hear(&k, &order));
	assert_int_equal(group_tell_heal(&first, &k), NOS_OK);
	assert_true(nos_secret_eq(&k.group.clock.a, &first.clock.a));
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	assert_in_step(&node, &k);
}

static void a_heal_of_the_epoch_that_is_held_is_nothing_and_one_that_does_not_follow_is_refused(
    void **state)
{
	struct nos_keyring before;

	(void)state;
	group_heal(&node);
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	before = k;
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	assert_same(&before);
	group_heal(&node);
	group_heal(&node);
	assert_int_equal(group_tell_heal(&node, &k), NOS_DATA);
	assert_same(&before);
	/* A path and a join mend it. */
	assert_int_equal(group_path(&node, &k, LEAF), NOS_OK);
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	assert_false(k.group.clock.a.len);
	group_step(&node, NULL);
	assert_int_equal(group_join(&node, &k), NOS_OK);
	assert_placed(&node, &k, LEAF);
	assert_in_step(&node, &k);
}

static void a_clock_that_is_past_the_epoch_s_beginning_is_not_turned(void **state)
{
	static struct group other;
	struct nos_keyring before;

	(void)state;
	other = node;
	group_step(&node, &order);
	assert_true(group_hear(&k, &order));
	group_heal(&other);
	before = k;
	assert_int_equal(group_tell_heal(&other, &k), NOS_DATA);
	assert_same(&before);
}

static void a_member_that_has_not_joined_keeps_its_place_in_step_without_a_clock(void **state)
{
	struct nos_keyring other;

	(void)state;
	group_source(&node, &other, "dipietro");
	assert_int_equal(group_path(&node, &other, 6), NOS_OK);
	group_heal(&node);
	assert_int_equal(group_tell_heal(&node, &other), NOS_OK);
	assert_placed(&node, &other, 6);
	group_evict(&node, LEAF, &broadcast);
	assert_true(group_hear(&other, &broadcast));
	assert_placed(&node, &other, 6);
	assert_int_equal(nos_keyring_active(&other)->name.kind, 'p');
	group_step(&node, NULL);
	assert_int_equal(group_join(&node, &other), NOS_OK);
	assert_in_step(&node, &other);
}

static void an_eviction_is_pulled_at_every_level(void **state)
{
	bool levels[GROUP_DEPTH] = { false };

	for (uint32_t leaf = 0; leaf < LEAVES; leaf++) {
		if (leaf == LEAF)
			continue;
		levels[nos_lkh_level(leaf, LEAF)] = true;
		joined(state);
		group_evict(&node, leaf, &broadcast);
		assert_int_equal(group_tell_evict(&node, &k, LEAF), NOS_OK);
		assert_goes_on();
		gone(state);
	}
	for (unsigned level = 0; level < GROUP_DEPTH; level++)
		assert_true(levels[level]);
	joined(state);
}

static void an_eviction_that_was_heard_is_nothing_when_it_is_pulled_and_the_other_way_round(
    void **state)
{
	struct nos_keyring before;

	(void)state;
	group_evict(&node, 4, &broadcast);
	assert_true(group_hear(&k, &broadcast));
	before = k;
	assert_int_equal(group_tell_evict(&node, &k, LEAF), NOS_OK);
	assert_same(&before);
	group_hear_nothing(&k, &broadcast);
	assert_goes_on();
	group_evict(&node, 12, &broadcast);
	assert_int_equal(group_tell_evict(&node, &k, LEAF), NOS_OK);
	group_hear_nothing(&k, &broadcast);
	assert_goes_on();
}

static void a_clock_that_comes_after_an_eviction_was_heard_is_turned_by_the_pull(void **state)
{
	struct nos_keyring other;
	NOS_AUTO(buf) body = { 0 };

	(void)state;
	group_source(&node, &other, "dipietro");
	assert_int_equal(group_path(&node, &other, 6), NOS_OK);
	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	nos_session_join_encode(&body, &node.clock, node.tokens[node.clock.t]);
	group_evict(&node, LEAF, &broadcast);
	assert_true(group_hear(&other, &broadcast));
	assert_int_equal(
	    group_tell(&other, NOS_MESSAGE_JOIN, nos_buf_span(&body), NULL, &node.err), NOS_OK);
	assert_int_equal(group_tell_evict(&node, &other, 6), NOS_OK);
	assert_placed(&node, &other, 6);
	group_step(&node, &order);
	assert_true(group_hear(&other, &order));
	assert_in_step(&node, &other);
}

static void who_is_evicted_keeps_what_it_has_and_gets_no_further(void **state)
{
	const struct nos_keyring before = k;
	struct nos_keyring other;

	(void)state;
	group_enter(&node, &other, "dipietro", 6);
	group_evict(&node, LEAF, &broadcast);
	group_hear_nothing(&k, &broadcast);
	assert_same(&before);
	/* What another pulls does not turn its path into that of the new epoch. */
	assert_true(group_hear(&other, &broadcast));
	group_step(&node, &order);
	assert_true(group_hear(&other, &order));
	assert_in_step(&node, &other);
	(void)group_hear(&k, &order);
	assert_int_equal(k.group.clock.epoch, 0);
	assert_false(
	    nos_secret_eq(&nos_keyring_active(&k)->value, &nos_keyring_active(&other)->value));
	/* With a new place it is a member again. */
	assert_int_equal(group_path(&node, &k, 7), NOS_OK);
	assert_int_equal(group_join(&node, &k), NOS_OK);
	assert_placed(&node, &k, 7);
	assert_in_step(&node, &k);
}

static void an_eviction_that_was_bent_or_signed_by_another_does_nothing(void **state)
{
	static struct group other;

	(void)state;
	group_init(&other, 2);
	group_evict(&other, 4, &broadcast);
	group_hear_nothing(&k, &broadcast);
	group_evict(&node, 4, &broadcast);
	for (size_t i = 1; i < broadcast.len; i += 7) {
		broadcast.p[i] ^= 4;
		group_hear_nothing(&k, &broadcast);
		broadcast.p[i] ^= 4;
	}
	assert_true(group_hear(&k, &broadcast));
	assert_goes_on();
}

static void an_eviction_after_one_that_was_missed_is_not_heard(void **state)
{
	(void)state;
	group_evict(&node, 4, &broadcast);
	group_evict(&node, 12, &broadcast);
	group_hear_nothing(&k, &broadcast);
	assert_int_equal(group_tell_evict(&node, &k, LEAF), NOS_DATA);
}

static void a_place_of_an_earlier_epoch_ends_what_is_of_a_later_one(void **state)
{
	static struct group old;

	(void)state;
	old = node;
	group_heal(&node);
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	assert_int_equal(group_path(&old, &k, 2), NOS_OK);
	assert_int_equal(nos_keyring_active(&k)->name.kind, 'p');
	assert_int_equal(k.group.clock.a.len, 0);
	assert_int_equal(group_join(&old, &k), NOS_OK);
	assert_in_step(&old, &k);
}

/* ---- tree ---- */

/* It sends under B of the present epoch, and has no other key of the group. */
static void assert_has_b(void)
{
	const struct nos_keyring_key *key = nos_keyring_active(&k);

	assert_placed(&node, &k, LEAF);
	assert_int_equal(key->name.kind, 't');
	assert_int_equal(key->name.count, 2);
	assert_int_equal(key->name.parts[0], GROUP);
	assert_int_equal(key->name.parts[1], node.clock.epoch);
	assert_true(nos_secret_eq(&key->value, &node.b));
	assert_int_equal(k.key_count, 2);
}

static void a_leaf_of_a_tree_has_its_key_with_the_first_new_epoch_and_another_with_each(
    void **state)
{
	struct nos_keyring before;
	uint64_t last;

	(void)state;
	assert_int_equal(nos_keyring_active(&k)->name.kind, 'p');
	group_heal(&node);
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	assert_has_b();
	before = k;
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	assert_same(&before);
	group_evict(&node, 4, &broadcast);
	assert_int_equal(group_tell_evict(&node, &k, LEAF), NOS_OK);
	assert_has_b();
	group_hear_nothing(&k, &broadcast);
	group_evict(&node, 11, &broadcast);
	assert_true(group_hear(&k, &broadcast));
	assert_has_b();
	assert_int_equal(group_tell_evict(&node, &k, LEAF), NOS_OK);
	assert_has_b();
	assert_false(nos_membership_last(&k, &last));
}

static void a_leaf_of_a_tree_that_is_placed_gets_the_key_of_its_epoch_by_a_heal(void **state)
{
	(void)state;
	group_heal(&node);
	group_evict(&node, 4, &broadcast);
	assert_int_equal(group_tell_evict(&node, &k, LEAF), NOS_DATA);
	assert_int_equal(group_path(&node, &k, LEAF), NOS_OK);
	assert_int_equal(nos_keyring_active(&k)->name.kind, 'p');
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	assert_has_b();
}

static void a_leaf_of_a_tree_takes_no_order_and_no_join(void **state)
{
	(void)state;
	group_step(&node, &order);
	group_hear_nothing(&k, &order);
	assert_int_equal(group_join(&node, &k), NOS_DATA);
}

static void a_leaf_that_is_evicted_from_a_tree_does_not_have_its_next_key(void **state)
{
	(void)state;
	group_heal(&node);
	assert_int_equal(group_tell_heal(&node, &k), NOS_OK);
	group_evict(&node, LEAF, &broadcast);
	group_hear_nothing(&k, &broadcast);
	for (unsigned h = 0; h <= GROUP_DEPTH; h++)
		assert_false(nos_secret_eq(
		    &k.group.path.keys[h], &node.keys[nos_lkh_number(GROUP_DEPTH, LEAF, h)]));
	assert_int_equal(nos_keyring_active(&k)->name.parts[1], 1);
}

int main(void)
{
#define JOINED(f) cmocka_unit_test_setup_teardown(f, joined, gone)
#define PLACED(f) cmocka_unit_test_setup_teardown(f, placed, gone)
	const struct CMUnitTest tests[] = {
		JOINED(a_heal_moves_the_clock_and_the_next_order_the_key),
		JOINED(an_order_that_comes_before_its_heal_is_followed_once_that_is_there),
		JOINED(an_order_of_the_epoch_after_next_waits_for_the_epoch_between),
		JOINED(
		    a_heal_of_the_epoch_that_is_held_is_nothing_and_one_that_does_not_follow_is_refused),
		JOINED(a_clock_that_is_past_the_epoch_s_beginning_is_not_turned),
		JOINED(a_member_that_has_not_joined_keeps_its_place_in_step_without_a_clock),
		JOINED(an_eviction_is_pulled_at_every_level),
		JOINED(
		    an_eviction_that_was_heard_is_nothing_when_it_is_pulled_and_the_other_way_round),
		JOINED(a_clock_that_comes_after_an_eviction_was_heard_is_turned_by_the_pull),
		JOINED(who_is_evicted_keeps_what_it_has_and_gets_no_further),
		JOINED(an_eviction_that_was_bent_or_signed_by_another_does_nothing),
		JOINED(an_eviction_after_one_that_was_missed_is_not_heard),
		JOINED(a_place_of_an_earlier_epoch_ends_what_is_of_a_later_one),
		PLACED(a_leaf_of_a_tree_has_its_key_with_the_first_new_epoch_and_another_with_each),
		PLACED(a_leaf_of_a_tree_that_is_placed_gets_the_key_of_its_epoch_by_a_heal),
		PLACED(a_leaf_of_a_tree_takes_no_order_and_no_join),
		PLACED(a_leaf_that_is_evicted_from_a_tree_does_not_have_its_next_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
