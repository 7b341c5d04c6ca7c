/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "peer/refusals.h"

static struct nos_metric metric;
static struct nos_refusals refusals;

static const struct nos_job_visit a = { .home = 1, .day = 17914, .id = "s-0000000001" };
static const struct nos_job_visit b = { .home = 1, .day = 17914, .id = "s-0000000002" };
static const struct nos_job_visit next = { .home = 1, .day = 17915, .id = "s-0000000001" };
static const struct nos_job_visit home = { .home = 1 };

static int set_up(void **state)
{
	(void)state;
	memset(&metric, 0, sizeof(metric));
	memset(&refusals, 0, sizeof(refusals));
	refusals.metric = &metric;
	return 0;
}

static uint64_t counted(enum nos_metric_refusal cause)
{
	return atomic_load(&metric.refusals[cause]);
}

static void what_a_home_refused_is_known_by_its_source_and_day(void **state)
{
	(void)state;
	assert_false(nos_refusals_has(&refusals, &a));
	nos_refusals_note(&refusals, &a, false);
	assert_true(nos_refusals_has(&refusals, &a));
	assert_false(nos_refusals_has(&refusals, &b));
	assert_false(nos_refusals_has(&refusals, &next));
	assert_false(nos_refusals_has(&refusals, &home));
}

static void a_home_that_is_away_is_so_for_all_its_sources(void **state)
{
	(void)state;
	nos_refusals_note(&refusals, &a, true);
	assert_true(nos_refusals_has(&refusals, &home));
	assert_false(nos_refusals_has(&refusals, &a));
	/* Nobody can make that up, so it is no stranger's. */
	assert_int_equal(refusals.strangers.us, 0);
}

static void strangers_are_too_many_once_they_come_faster_than_they_are_made_up_for(void **state)
{
	(void)state;
	for (int i = 0; i < 32; i++) {
		assert_false(nos_refusals_are_too_many(&refusals));
		nos_refusals_note(&refusals, &a, false);
	}
	for (int i = 0; i < 1000; i++)
		nos_refusals_note(&refusals, &a, false);
	assert_true(nos_refusals_are_too_many(&refusals));
	refusals.strangers.us = nos_mono_now().us;
	assert_false(nos_refusals_are_too_many(&refusals));
}

static void each_is_counted_and_few_are_said(void **state)
{
	struct nos_job_visit v = a;

	(void)state;
	for (int i = 0; i < 5; i++)
		nos_refusals_say(&refusals, &a, NOS_METRIC_REFUSAL_HOME, "");
	assert_int_equal(counted(NOS_METRIC_REFUSAL_HOME), 5);
	assert_int_equal(refusals.said_next, 1);
	/* Another cause is another line. */
	nos_refusals_say(&refusals, &a, NOS_METRIC_REFUSAL_AWAY, "");
	assert_int_equal(refusals.said_next, 2);
	for (int i = 0; i < 1000; i++) {
		snprintf(v.id, sizeof(v.id), "s-%010d", i);
		nos_refusals_say(&refusals, &v, NOS_METRIC_REFUSAL_STRANGER, "");
	}
	assert_int_equal(counted(NOS_METRIC_REFUSAL_STRANGER), 1000);
	assert_true(refusals.unsaid > 900);
	/* The next line says how many had none. */
	refusals.lines.us = 0;
	nos_refusals_say(&refusals, &b, NOS_METRIC_REFUSAL_HERE, "");
	assert_int_equal(refusals.unsaid, 0);
}

#define REFUSALS_TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REFUSALS_TEST(what_a_home_refused_is_known_by_its_source_and_day),
		REFUSALS_TEST(a_home_that_is_away_is_so_for_all_its_sources),
		REFUSALS_TEST(
		    strangers_are_too_many_once_they_come_faster_than_they_are_made_up_for),
		REFUSALS_TEST(each_is_counted_and_few_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
