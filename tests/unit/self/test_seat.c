/* SPDX-License-Identifier: MIT */
/* Several under one URL, over a store that keeps no more than a replicated engine does, under a
 * made-up clock. */
#include "../store/cluster.h"
#include "../test.h"

#include "self/lease.h"

#define LANES  4
#define SERVES 3
#define SECOND UINT64_C(1000000)
#define URL    "http://n1:8080"

static struct nos_store *stores[SERVES];
static struct nos_lease serves[SERVES];
static struct nos_mono now;
static struct nos_store_engine engine;
static bool race; /* the first is quicker */
static struct nos_err err;

static enum nos_code put(void *e, const char *ns, struct nos_str key, const struct nos_str *value,
    uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *ret_err)
{
	if (race && nos_str_starts(key, "url/")) {
		race = false;
		assert_int_equal(nos_lease_turn(&serves[0], now, ret_err), NOS_OK);
	}
	return cluster_put(e, ns, key, value, expect_rev, ret_rev, ret_err);
}

static int start(void **state)
{
	(void)state;
	engine = cluster_engine;
	engine.put = put;
	race = false;
	now.us = 1000 * SECOND;
	nos_err_clear(&err);
	for (int i = 0; i < SERVES; i++)
		if (nos_store_open_engine(&engine, "", true, &stores[i], &err) ||
		    nos_lease_init(&serves[i], stores[i], LANES, URL, &err))
			return -1;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	for (int i = 0; i < SERVES; i++)
		nos_store_close(stores[i]);
	return 0;
}

static unsigned held(int i)
{
	unsigned n = 0;

	for (unsigned lane = 0; lane < LANES; lane++)
		n += nos_lease_is_held(&serves[i], lane, now);
	return n;
}

/* A second goes by, in which each of these has its turn; it is as good as it is to be. */
static void second(int from, int to)
{
	now.us += SECOND;
	for (int i = from; i <= to; i++) {
		nos_err_clear(&err);
		if (nos_lease_turn(&serves[i], now, &err))
			assert_int_equal(err.code, NOS_BUSY);
		assert_int_equal(err.code == NOS_BUSY, nos_lease_is_refused(&serves[i]));
	}
}

static void seconds(int n, int from, int to)
{
	for (int i = 0; i < n; i++)
		second(from, to);
}

static void one_whose_url_another_beats_under_is_refused_and_takes_nothing(void **state)
{
	(void)state;
	second(0, 0);
	assert_true(nos_lease_is_seated(&serves[0]));
	seconds(3, 0, 1);
	assert_true(nos_lease_is_refused(&serves[1]));
	assert_non_null(strstr(err.text, URL));
	assert_non_null(strstr(err.text, "give each its own --cluster-url"));
	/* It was never there for the others. */
	assert_int_equal(held(1), 0);
	assert_int_equal(held(0), LANES);
	assert_int_equal(nos_lease_end(&serves[1], &err), NOS_OK);
	seconds(10, 0, 0);
	assert_true(nos_lease_is_seated(&serves[0]));
	assert_int_equal(held(0), LANES);
}

static void one_that_was_killed_has_its_url_and_lanes_again_after_four_seconds(void **state)
{
	(void)state;
	second(0, 0);
	/* Its last beat was on its way, and comes when the next has begun to look. */
	second(1, 1);
	second(0, 1);
	assert_false(nos_lease_is_seated(&serves[1]));
	seconds(4, 1, 1);
	assert_true(nos_lease_is_seated(&serves[1]));
	seconds(1, 1, 1);
	assert_int_equal(held(1), LANES);
}

static void one_that_ended_leaves_its_url_to_the_next_at_once(void **state)
{
	(void)state;
	second(0, 0);
	second(1, 1);
	assert_false(nos_lease_is_seated(&serves[1]));
	assert_int_equal(nos_lease_end(&serves[0], &err), NOS_OK);
	second(1, 1);
	assert_true(nos_lease_is_seated(&serves[1]));
}

/* The first has its whole turn between what the second saw and what it puts. */
static void of_two_that_start_at_once_under_one_url_one_goes(void **state)
{
	(void)state;
	race = true;
	second(1, 1);
	assert_false(race);
	seconds(4, 0, 1);
	assert_true(nos_lease_is_seated(&serves[0]));
	assert_true(nos_lease_is_refused(&serves[1]));
	assert_int_equal(held(1), 0);
}

static void of_two_that_wait_for_one_that_died_one_goes(void **state)
{
	(void)state;
	second(0, 0);
	seconds(5, 1, 2);
	assert_true(nos_lease_is_seated(&serves[1]));
	assert_false(nos_lease_is_seated(&serves[2]));
	seconds(3, 1, 2);
	assert_true(nos_lease_is_refused(&serves[2]));
}

static void one_that_slept_finds_another_in_its_place_and_is_back_when_that_ends(void **state)
{
	(void)state;
	second(0, 0);
	seconds(6, 1, 1);
	assert_true(nos_lease_is_seated(&serves[1]));
	seconds(4, 0, 1);
	assert_true(nos_lease_is_refused(&serves[0]));
	assert_int_equal(held(0), 0);
	assert_int_equal(held(1), LANES);
	/* Each lane is given back as it is closed. */
	assert_int_equal(nos_lease_end(&serves[1], &err), NOS_OK);
	for (unsigned lane = 0; lane < LANES; lane++)
		assert_int_equal(nos_lease_give(&serves[1], lane, &err), NOS_OK);
	second(0, 0);
	assert_true(nos_lease_is_seated(&serves[0]));
	assert_int_equal(held(0), LANES);
}

/* Servers that answered nobody for so long let nobody beat either. */
static void one_that_could_not_look_for_a_while_takes_no_url_by_it(void **state)
{
	(void)state;
	second(0, 0);
	second(1, 1);
	now.us += 10 * SECOND;
	second(1, 1);
	assert_false(nos_lease_is_seated(&serves[1]));
	seconds(3, 0, 1);
	assert_true(nos_lease_is_seated(&serves[0]));
	assert_true(nos_lease_is_refused(&serves[1]));
}

static void a_url_is_the_same_however_it_is_written(void **state)
{
	static const char *const same[] = { URL "/", "HTTP://N1:8080//", "http://n1:8080" };

	(void)state;
	second(0, 0);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_int_equal(
		    nos_lease_init(&serves[1], stores[1], LANES, same[i], &err), NOS_OK);
		seconds(4, 0, 1);
		assert_true(nos_lease_is_refused(&serves[1]));
	}
	nos_err_clear(&err);
	assert_int_equal(
	    nos_lease_init(&serves[1], stores[1], LANES, "http://n1:8081", &err), NOS_OK);
	second(0, 1);
	assert_true(nos_lease_is_seated(&serves[1]));
}

/* What a dead one left behind is taken away with its beat. */
static void a_seat_of_one_that_died_is_gone_within_a_minute_or_so(void **state)
{
	uint64_t rev;

	(void)state;
	second(0, 0);
	assert_int_equal(
	    nos_lease_init(&serves[1], stores[1], LANES, "http://n2:8080", &err), NOS_OK);
	for (int i = 0; i < 70; i++)
		second(1, 1);
	assert_int_equal(
	    nos_store_get(stores[1], NOS_LEASE_LIVE_NS, NOS_STR("url/" URL), NULL, &rev, &err),
	    NOS_ABSENT);
	nos_err_clear(&err);
	assert_int_equal(nos_store_get(stores[1], NOS_LEASE_LIVE_NS, NOS_STR("url/http://n2:8080"),
			     NULL, &rev, &err),
	    NOS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
		T(one_whose_url_another_beats_under_is_refused_and_takes_nothing),
		T(one_that_was_killed_has_its_url_and_lanes_again_after_four_seconds),
		T(one_that_ended_leaves_its_url_to_the_next_at_once),
		T(of_two_that_start_at_once_under_one_url_one_goes),
		T(of_two_that_wait_for_one_that_died_one_goes),
		T(one_that_slept_finds_another_in_its_place_and_is_back_when_that_ends),
		T(one_that_could_not_look_for_a_while_takes_no_url_by_it),
		T(a_url_is_the_same_however_it_is_written),
		T(a_seat_of_one_that_died_is_gone_within_a_minute_or_so),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
