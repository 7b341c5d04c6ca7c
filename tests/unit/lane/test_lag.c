/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lane/lag.h"

#define MOST 1000
#define MANY 5000

static struct nos_lag lag;
static unsigned short seed[3];

static void what_has_not_begun_lags_by_nothing(void **state)
{
	(void)state;
	nos_lag_init(&lag, MOST);
	assert_int_equal(nos_lag_behind(&lag, 0), 0);
	assert_int_equal(nos_lag_behind(&lag, 7), 0);
}

static void small_packs_do_not_count_as_the_large_ones_behind_them(void **state)
{
	(void)state;
	nos_lag_init(&lag, MOST);
	for (uint64_t i = 1; i <= 100; i++)
		nos_lag_note(&lag, i, 1, 1);
	for (uint64_t i = 101; i <= 110; i++)
		nos_lag_note(&lag, i, 1, 57);
	assert_in_range(nos_lag_behind(&lag, 0), 1000, 1000);
	assert_in_range(nos_lag_behind(&lag, 50), 800, 800 + 8 + 4);
	assert_in_range(nos_lag_behind(&lag, 105), 300, 300 + 60);
	assert_int_equal(nos_lag_behind(&lag, 110), 0);
}

static void a_pack_of_fifty_takes_as_long_as_thirteen_of_one(void **state)
{
	uint64_t one;

	(void)state;
	nos_lag_init(&lag, MOST);
	nos_lag_note(&lag, 1, 1, 1);
	one = nos_lag_behind(&lag, 0);
	assert_int_equal(one, NOS_LAG_ONE);
	nos_lag_note(&lag, 2, 1, 50);
	assert_in_range(nos_lag_behind(&lag, 0) - one, 13 * one, 14 * one);
	/* Of a group it is not known which came with which. */
	nos_lag_init(&lag, MOST);
	nos_lag_note(&lag, 2, 2, 51);
	assert_int_equal(nos_lag_behind(&lag, 0), 57);
}

/* Of any packs: never too little, and no more too much than is said. */
static void any_lag_is_told_to_within_a_step_and_a_pack(void **state)
{
	static uint64_t totals[MANY];
	uint64_t total = 0;

	(void)state;
	nos_lag_init(&lag, MOST);
	for (uint64_t i = 1; i < MANY; i++) {
		const uint64_t packs = 1 + (uint64_t)nrand48(seed) % 2;
		const uint64_t readings = (uint64_t)nrand48(seed) % 12;
		const uint64_t n = 3 * packs + readings;
		const uint64_t at = i - (uint64_t)nrand48(seed) % (i < 150 ? i : 150);
		uint64_t told, is;

		totals[i] = total += n;
		nos_lag_note(&lag, i, packs, readings);
		told = nos_lag_behind(&lag, at);
		is = total - totals[at];
		if (is > 2 * MOST)
			assert_in_range(told, MOST, is + MOST / 128 + 1 + 30);
		else
			assert_in_range(told, is, is + MOST / 128 + 1 + 30);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_not_begun_lags_by_nothing),
		cmocka_unit_test(small_packs_do_not_count_as_the_large_ones_behind_them),
		cmocka_unit_test(a_pack_of_fifty_takes_as_long_as_thirteen_of_one),
		cmocka_unit_test(any_lag_is_told_to_within_a_step_and_a_pack),
	};

	seed[0] = (unsigned short)getpid();
	seed[1] = (unsigned short)time(NULL);
	if (getenv("NOS_TEST_SEED"))
		assert_int_equal(sscanf(getenv("NOS_TEST_SEED"), "%hu %hu", &seed[0], &seed[1]), 2);
	print_message("# seed %u %u\n", seed[0], seed[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
