/* SPDX-License-Identifier: MIT */
#include "lane/thrown.h"

#include "../test.h"

static struct nos_thrown t;
static struct nos_mono now;

static int start(void **state)
{
	(void)state;
	t = (struct nos_thrown){ 0 };
	now.us = 1000000;
	return 0;
}

/* A connection that stands for so long. */
static bool stands(uint64_t us)
{
	assert_false(nos_thrown_turned(&t, true, now));
	now.us += us;
	return nos_thrown_turned(&t, false, now);
}

static void a_connection_that_ends_at_once_three_times_in_a_row_is_told_of_once(void **state)
{
	(void)state;
	assert_false(stands(200000));
	assert_false(stands(NOS_THROWN_SHORT_US - 1));
	assert_true(stands(400000));
	for (int i = 0; i < 10; i++)
		assert_false(stands(400000));
}

static void one_that_stood_ends_the_row(void **state)
{
	(void)state;
	stands(1);
	stands(1);
	assert_false(stands(NOS_THROWN_SHORT_US));
	assert_false(stands(1));
	assert_false(stands(1));
	assert_true(stands(1));
}

static void a_broker_that_is_away_in_between_ends_the_row(void **state)
{
	(void)state;
	stands(1);
	stands(1);
	assert_false(nos_thrown_turned(&t, false, now));
	assert_false(stands(1));
	assert_false(stands(1));
	assert_true(stands(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    a_connection_that_ends_at_once_three_times_in_a_row_is_told_of_once, start),
		cmocka_unit_test_setup(one_that_stood_ends_the_row, start),
		cmocka_unit_test_setup(a_broker_that_is_away_in_between_ends_the_row, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
