/* SPDX-License-Identifier: MIT */
/* Leases over a store that keeps no more than a replicated engine does, under a made-up clock. */
#include "../store/cluster.h"
#include "../test.h"

#include "self/lease.h"
#include "self/moved.h"

#define LANES  4
#define SERVES 3
#define SECOND UINT64_C(1000000)

static struct nos_store *stores[SERVES];
static struct nos_lease serves[SERVES];
static struct nos_mono now;
static struct nos_store_engine engine;
static int fail_puts; /* so many fail from now on */
static bool race;     /* another is quicker */
static struct nos_err err;

static enum nos_code put(void *e, const char *ns, struct nos_str key, const struct nos_str *value,
    uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *ret_err)
{
	if (race && strcmp(ns, NOS_LEASE_NS) == 0) {
		race = false;
		assert_int_equal(nos_lease_turn(&serves[0], now, ret_err), NOS_OK);
	}
	if (fail_puts > 0) {
		fail_puts--;
		return nos_err_set(ret_err, NOS_BUSY, "no server answers");
	}
	return cluster_put(e, ns, key, value, expect_rev, ret_rev, ret_err);
}

static int start(void **state)
{
	char url[64];

	(void)state;
	engine = cluster_engine;
	engine.put = put;
	fail_puts = 0;
	race = false;
	now.us = 1000 * SECOND;
	nos_err_clear(&err);
	for (int i = 0; i < SERVES; i++) {
		snprintf(url, sizeof(url), "http://127.0.0.1:%d", 8000 + i);
		if (nos_store_open_engine(&engine, "", true, &stores[i], &err) ||
		    nos_lease_init(&serves[i], stores[i], LANES, url, &err))
			return -1;
	}
	return 0;
}

static int stop(void **state)
{
	(void)state;
	for (int i = 0; i < SERVES; i++)
		nos_store_close(stores[i]);
	return 0;
}

static void turn(int i)
{
	assert_int_equal(nos_lease_turn(&serves[i], now, &err), NOS_OK);
}

static unsigned held(int i)
{
	unsigned n = 0;

	for (unsigned lane = 0; lane < LANES; lane++)
		n += nos_lease_is_held(&serves[i], lane, now);
	return n;
}

/* A second goes by, in which the first so many have their turn, and give what is too much. */
static void second(int count)
{
	now.us += SECOND;
	for (int i = 0; i < count; i++) {
		unsigned lane;

		turn(i);
		if (nos_lease_is_much(&serves[i], &lane))
			assert_int_equal(nos_lease_give(&serves[i], lane, &err), NOS_OK);
	}
}

static unsigned last_of(int i)
{
	unsigned ret = 0;

	for (unsigned lane = 0; lane < LANES; lane++)
		if (nos_lease_is_held(&serves[i], lane, now))
			ret = lane;
	return ret;
}

/* It lives, and does no more. */
static void beat_alone(int i)
{
	char text[128];
	uint64_t rev;

	snprintf(text, sizeof(text), "{\"v\":1,\"holder\":\"%s\",\"url\":\"\",\"beat\":0}",
	    serves[i].holder);
	assert_int_equal(nos_store_put(stores[i], NOS_LEASE_LIVE_NS, nos_str_of(serves[i].holder),
			     nos_str_of(text), NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
}

/* At no time is a lane held by two. */
static void assert_one_each(void)
{
	for (unsigned lane = 0; lane < LANES; lane++) {
		int holders = 0;

		for (int i = 0; i < SERVES; i++)
			holders += nos_lease_is_held(&serves[i], lane, now);
		assert_true(holders <= 1);
	}
}

static void one_that_is_alone_takes_all_at_once(void **state)
{
	(void)state;
	turn(0);
	assert_int_equal(held(0), LANES);
	assert_null(nos_lease_url(&serves[0], 0));
}

static void two_come_to_have_as_many_each(void **state)
{
	(void)state;
	turn(0);
	for (int i = 0; i < 6; i++) {
		second(2);
		assert_one_each();
	}
	assert_int_equal(held(0), 2);
	assert_int_equal(held(1), 2);
}

static void three_come_to_have_one_or_two_each_and_stay_there(void **state)
{
	(void)state;
	turn(0);
	for (int i = 0; i < 10; i++) {
		second(3);
		assert_one_each();
	}
	assert_int_equal(held(0) + held(1) + held(2), LANES);
	for (int i = 0; i < 3; i++)
		assert_in_range(held(i), 1, 2);
	for (int i = 0; i < 10; i++) {
		const unsigned had[3] = { held(0), held(1), held(2) };

		second(3);
		for (int k = 0; k < 3; k++)
			assert_int_equal(held(k), had[k]);
	}
}

static void the_others_know_who_has_a_lane(void **state)
{
	(void)state;
	turn(0);
	turn(1);
	for (unsigned lane = 0; lane < LANES; lane++) {
		assert_string_equal(nos_lease_url(&serves[1], lane), "http://127.0.0.1:8000");
		/* It may have died before. */
		assert_false(nos_lease_is_elsewhere(&serves[1], lane));
	}
	second(2);
	assert_true(nos_lease_is_elsewhere(&serves[1], 0));
}

static void the_lanes_of_one_that_dies_are_taken_after_four_seconds(void **state)
{
	(void)state;
	turn(0);
	for (int i = 0; i < 6; i++)
		second(2);
	for (int i = 0; i < 3; i++) {
		now.us += SECOND;
		turn(1);
		assert_int_equal(held(1), 2);
	}
	for (int i = 0; i < 3; i++) {
		now.us += SECOND;
		turn(1);
	}
	assert_int_equal(held(1), LANES);
	assert_int_equal(held(0), 0);
}

static void one_that_is_slow_has_let_go_before_another_takes_its_lanes(void **state)
{
	(void)state;
	turn(0);
	turn(1);
	for (int tenths = 0; tenths < 60; tenths++) {
		now.us += SECOND / 10;
		turn(1);
		assert_one_each();
	}
	assert_int_equal(held(1), LANES);
	/* It comes to itself, and finds that they are another's. */
	turn(0);
	assert_int_equal(held(0), 0);
	assert_one_each();
}

static void one_whose_store_fails_for_a_second_keeps_its_lanes(void **state)
{
	(void)state;
	turn(0);
	now.us += SECOND;
	fail_puts = 100;
	assert_int_equal(nos_lease_turn(&serves[0], now, &err), NOS_BUSY);
	nos_err_clear(&err);
	assert_int_equal(held(0), LANES);
	fail_puts = 0;
	now.us += SECOND;
	turn(0);
	assert_int_equal(held(0), LANES);
}

static void one_whose_store_fails_for_three_seconds_holds_nothing(void **state)
{
	(void)state;
	turn(0);
	fail_puts = 1000;
	for (int i = 0; i < 3; i++) {
		now.us += SECOND;
		assert_int_equal(nos_lease_turn(&serves[0], now, &err), NOS_BUSY);
		nos_err_clear(&err);
	}
	assert_int_equal(held(0), 0);
	/* Nobody has taken them: they are its own again, no sooner than they would be another's. */
	fail_puts = 0;
	for (int i = 0; i < 5; i++) {
		now.us += SECOND;
		turn(0);
	}
	assert_int_equal(held(0), LANES);
}

static void what_is_given_back_is_taken_at_once(void **state)
{
	(void)state;
	turn(0);
	turn(1);
	assert_int_equal(nos_lease_end(&serves[0], &err), NOS_OK);
	for (unsigned lane = 0; lane < LANES; lane++)
		assert_int_equal(nos_lease_give(&serves[0], lane, &err), NOS_OK);
	turn(1);
	assert_int_equal(held(0), 0);
	assert_int_equal(held(1), LANES);
	/* One that ends takes nothing. */
	for (unsigned lane = 0; lane < LANES; lane++)
		assert_int_equal(nos_lease_give(&serves[1], lane, &err), NOS_OK);
	turn(0);
	assert_int_equal(held(0), 0);
}

static void giving_what_another_has_taken_leaves_it_to_that_one(void **state)
{
	(void)state;
	turn(0);
	for (int i = 0; i < 6; i++) {
		now.us += SECOND;
		turn(1);
	}
	assert_int_equal(held(1), LANES);
	assert_int_equal(nos_lease_give(&serves[0], 0, &err), NOS_OK);
	now.us += SECOND;
	turn(1);
	assert_int_equal(held(1), LANES);
}

/* The first has its whole turn between what the second saw and what it puts. */
static void of_two_that_race_for_a_lane_one_has_it(void **state)
{
	(void)state;
	race = true;
	turn(1);
	assert_false(race);
	assert_one_each();
	assert_true(nos_lease_is_held(&serves[0], 0, now));
	assert_false(nos_lease_is_held(&serves[1], 0, now));
}

static void a_lane_that_who_has_fewer_does_not_take_is_taken_by_another(void **state)
{
	(void)state;
	turn(0);
	for (int i = 0; i < 6; i++)
		second(2);
	/* The third lives as well, and is so ill that it takes nothing. */
	assert_int_equal(nos_lease_give(&serves[1], last_of(1), &err), NOS_OK);
	for (int i = 0; i < 5; i++) {
		now.us += SECOND;
		beat_alone(2);
		turn(0);
		turn(1);
		assert_int_equal(held(0), 2);
		assert_int_equal(held(1), i < 3 ? 1 : 2);
	}
}

static void a_lease_of_a_newer_nos_is_left_alone(void **state)
{
	uint64_t rev;

	(void)state;
	assert_int_equal(nos_store_put(stores[0], NOS_LEASE_NS, NOS_STR("0"), NOS_STR("{\"v\":2}"),
			     NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	assert_int_equal(nos_lease_turn(&serves[0], now, &err), NOS_CONFIG);
	nos_err_clear(&err);
	assert_int_equal(held(0), 0);
}

static void nothing_is_taken_of_a_store_whose_node_was_moved_away(void **state)
{
	(void)state;
	assert_int_equal(
	    nos_moved_put(stores[1], NOS_MOVED_AWAY, (struct nos_time){ 1000 }, &err), NOS_OK);
	assert_int_equal(nos_lease_turn(&serves[0], now, &err), NOS_CONFIG);
	nos_err_clear(&err);
	assert_int_equal(held(0), 0);
	assert_int_equal(
	    nos_moved_put(stores[1], NOS_MOVED_NOT, (struct nos_time){ 0 }, &err), NOS_OK);
	turn(0);
	assert_int_equal(held(0), LANES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
		T(one_that_is_alone_takes_all_at_once),
		T(two_come_to_have_as_many_each),
		T(three_come_to_have_one_or_two_each_and_stay_there),
		T(the_others_know_who_has_a_lane),
		T(the_lanes_of_one_that_dies_are_taken_after_four_seconds),
		T(one_that_is_slow_has_let_go_before_another_takes_its_lanes),
		T(one_whose_store_fails_for_a_second_keeps_its_lanes),
		T(one_whose_store_fails_for_three_seconds_holds_nothing),
		T(what_is_given_back_is_taken_at_once),
		T(giving_what_another_has_taken_leaves_it_to_that_one),
		T(of_two_that_race_for_a_lane_one_has_it),
		T(a_lane_that_who_has_fewer_does_not_take_is_taken_by_another),
		T(a_lease_of_a_newer_nos_is_left_alone),
		T(nothing_is_taken_of_a_store_whose_node_was_moved_away),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
