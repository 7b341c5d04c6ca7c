/* SPDX-License-Identifier: MIT */
#include "../store/cluster.h"
#include "../test.h"
#include "self/lanes.h"

static struct nos_err err;
static struct nos_store *store;

static int fresh(void **state)
{
	(void)state;
	nos_err_clear(&err);
	return nos_store_open_engine(&cluster_engine, "", true, &store, &err) ? -1 : 0;
}

static int gone(void **state)
{
	(void)state;
	nos_store_close(store);
	return 0;
}

static unsigned lane_of(unsigned count, const char *id)
{
	unsigned lane;

	assert_int_equal(nos_lanes_of(count, nos_str_of(id), &lane, &err), NOS_OK);
	return lane;
}

static void a_store_has_one_lane_until_it_is_said_once_how_many(void **state)
{
	unsigned count;

	(void)state;
	assert_int_equal(nos_lanes_get(store, &count, &err), NOS_OK);
	assert_int_equal(count, 1);
	assert_int_equal(nos_lanes_make(store, 4, &err), NOS_OK);
	assert_int_equal(nos_lanes_get(store, &count, &err), NOS_OK);
	assert_int_equal(count, 4);
	assert_int_equal(nos_lanes_make(store, 5, &err), NOS_EXISTS);
}

/* Written down, since a store keeps them for good: sha256sum of the id, its first 32 bits. */
static void the_lane_of_a_source_is_the_same_for_ever(void **state)
{
	(void)state;
	assert_int_equal(lane_of(1, "s-7f3a09c2e1"), 0);
	assert_int_equal(lane_of(4, "s-7f3a09c2e1"), 1);
	assert_int_equal(lane_of(64, "s-7f3a09c2e1"), 57);
	assert_int_equal(lane_of(64, "anonymous/weather-station"), 4);
}

static void sources_are_shared_out_evenly(void **state)
{
	unsigned counts[8] = { 0 };
	char id[16];

	(void)state;
	for (unsigned i = 0; i < 8000; i++) {
		snprintf(id, sizeof(id), "s-%010x", i);
		counts[lane_of(8, id)]++;
	}
	for (unsigned i = 0; i < 8; i++)
		assert_in_range(counts[i], 850, 1150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_store_has_one_lane_until_it_is_said_once_how_many, fresh, gone),
		cmocka_unit_test(the_lane_of_a_source_is_the_same_for_ever),
		cmocka_unit_test(sources_are_shared_out_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
