/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "self/era.h"

#define NOW_MS INT64_C(1795600000000)
#define NOW_US ((uint64_t)NOW_MS * 1000)

static uint64_t get(void)
{
	uint64_t era = 1;

	nos_err_clear(&err);
	assert_int_equal(nos_era_get(store, &era, &err), NOS_OK);
	return era;
}

static uint64_t begin(int64_t ms)
{
	uint64_t era = 0;

	nos_err_clear(&err);
	assert_int_equal(nos_era_begin(store, (struct nos_time){ ms }, &era, &err), NOS_OK);
	assert_int_equal(get(), era);
	return era;
}

static void lift(uint64_t position)
{
	NOS_AUTO(buf) value = { 0 };
	NOS_AUTO(buf) lifted = { 0 };

	node_get(NOS_SELF_NS, NOS_ERA_KEY, &value);
	nos_buf_init(&lifted, 1000);
	assert_int_equal(nos_era_lift(nos_buf_str(&value), position, &lifted, &err), NOS_OK);
	node_put(NOS_SELF_NS, NOS_ERA_KEY, lifted.p);
}

static void a_store_that_was_never_restored_has_none_and_nothing_of_it_stands_there(void **state)
{
	NOS_AUTO(buf) format = { 0 };
	uint64_t rev;

	(void)state;
	assert_int_equal(get(), 0);
	assert_int_equal(
	    nos_store_get(store, NOS_SELF_NS, NOS_STR(NOS_ERA_KEY), NULL, &rev, &err), NOS_ABSENT);
	nos_err_clear(&err);
	node_get(NOS_SELF_NS, "format", &format);
	assert_buf(&format, "{\"v\":1}");
}

static void an_era_is_the_time_at_which_it_began_and_none_is_before_the_last(void **state)
{
	const uint64_t first = begin(NOW_MS), second = begin(NOW_MS + 5);

	(void)state;
	assert_int_equal(first, NOW_US);
	assert_int_equal(second, NOW_US + 5000);
}

/* Behind the one before by more than a node gives in the time that the clock was set back by, and
 * by one of 2^16 steps. */
static void is_far_behind(uint64_t era, uint64_t before)
{
	const uint64_t least = UINT64_C(1) << 40, step = UINT64_C(1) << 30;

	assert_in_range(era, before + least, before + least + 65535 * step);
	assert_int_equal((era - before - least) % step, 0);
}

static void where_the_clock_was_set_back_it_is_far_behind_the_one_before(void **state)
{
	const uint64_t first = begin(NOW_MS);
	uint64_t before = first;

	(void)state;
	for (int64_t ms = NOW_MS; ms >= -1; ms -= NOW_MS / 3) {
		const uint64_t era = begin(ms);

		is_far_behind(era, before);
		before = era;
	}
	assert_int_equal(begin(NOW_MS + 1000000000000), NOW_US + 1000000000000000);
}

/* Eight times the same one is nothing that happens. */
static void a_backup_that_is_put_back_under_a_clock_that_is_behind_has_another_each_time(
    void **state)
{
	NOS_AUTO(buf) backup = { 0 };
	uint64_t first = 0, others = 0;

	(void)state;
	begin(NOW_MS);
	node_get(NOS_SELF_NS, NOS_ERA_KEY, &backup);
	for (int i = 0; i < 8; i++) {
		const uint64_t era = begin(0);

		is_far_behind(era, NOW_US);
		first = first ? first : era;
		others += era != first;
		node_put(NOS_SELF_NS, NOS_ERA_KEY, backup.p);
	}
	assert_true(others);
}

/* There positions begin at 1, and here they had come far within a short time. */
static void in_another_store_an_era_leaves_room_for_what_was_given_in_this_one(void **state)
{
	(void)state;
	begin(NOW_MS);
	lift(5000000000);
	assert_int_equal(get(), NOW_US);
	assert_int_equal(begin(NOW_MS + 1), NOW_US + 1000 + 5000000000);
	/* Which stays so: its packs counted from there on as well. */
	assert_int_equal(begin(NOW_MS + 2), NOW_US + 2000 + 5000000000);
	lift(7);
	assert_int_equal(begin(NOW_MS + 3), NOW_US + 3000 + 5000000007);
}

static void an_older_nos_does_not_take_the_store_and_this_one_no_newer_ones(void **state)
{
	NOS_AUTO(buf) format = { 0 };
	uint64_t number;

	(void)state;
	begin(NOW_MS);
	node_get(NOS_SELF_NS, "format", &format);
	assert_buf(&format, "{\"v\":2}");
	assert_int_equal(nos_self_number(store, &number, &err), NOS_OK);
	node_put(NOS_SELF_NS, "format", "{\"v\":3}");
	assert_int_equal(nos_self_number(store, &number, &err), NOS_CONFIG);
}

static void what_is_no_era_is_damage_or_a_newer_ones(void **state)
{
	static const char *const bad[] = { "{\"v\":1}", "{\"v\":1,\"era\":0}",
		"{\"v\":1,\"era\":-5}", "{\"v\":1,\"era\":9000000000000000}",
		"{\"v\":1,\"era\":5,\"ahead\":\"x\"}", "[]" };
	uint64_t era = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		node_put(NOS_SELF_NS, NOS_ERA_KEY, bad[i]);
		nos_err_clear(&err);
		assert_int_equal(nos_era_get(store, &era, &err), NOS_IO);
		nos_err_clear(&err);
		assert_int_equal(
		    nos_era_begin(store, (struct nos_time){ NOW_MS }, &era, &err), NOS_IO);
	}
	node_put(NOS_SELF_NS, NOS_ERA_KEY, "{\"v\":2,\"era\":5}");
	nos_err_clear(&err);
	assert_int_equal(nos_era_get(store, &era, &err), NOS_CONFIG);
	assert_int_equal(era, 7);
}

static void a_clock_that_is_beyond_all_eras_begins_none(void **state)
{
	uint64_t era = 7;

	(void)state;
	assert_int_equal(
	    nos_era_begin(store, (struct nos_time){ INT64_C(8000000000001) }, &era, &err),
	    NOS_CONFIG);
	assert_int_equal(era, 7);
	assert_int_equal(get(), 0);
}

static void n_goes_on_behind_the_era_and_then_by_one(void **state)
{
	(void)state;
	assert_int_equal(nos_era_next(0, 0), 1);
	assert_int_equal(nos_era_next(0, 50), 51);
	assert_int_equal(nos_era_next(1000, 50), 1001);
	assert_int_equal(nos_era_next(1000, 1000), 1001);
	assert_int_equal(nos_era_next(1000, 1001), 1002);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_store_that_was_never_restored_has_none_and_nothing_of_it_stands_there),
		NODE_TEST(an_era_is_the_time_at_which_it_began_and_none_is_before_the_last),
		NODE_TEST(where_the_clock_was_set_back_it_is_far_behind_the_one_before),
		NODE_TEST(
		    a_backup_that_is_put_back_under_a_clock_that_is_behind_has_another_each_time),
		NODE_TEST(in_another_store_an_era_leaves_room_for_what_was_given_in_this_one),
		NODE_TEST(an_older_nos_does_not_take_the_store_and_this_one_no_newer_ones),
		NODE_TEST(what_is_no_era_is_damage_or_a_newer_ones),
		NODE_TEST(a_clock_that_is_beyond_all_eras_begins_none),
		NODE_TEST(n_goes_on_behind_the_era_and_then_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
