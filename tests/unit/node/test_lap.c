/* SPDX-License-Identifier: MIT */
/* By a clock of the test's own, which stands still but for work, and for what a look at it takes.
 */
#include "../test.h"

#include <string.h>
#include <time.h>

#include "node/lap.h"

#define PACKS 1600

#define LOOK_NS 300

static struct nos_metric metric;
static uint64_t clock_ns = 1000000;

/* In the place of the C library's. */
int clock_gettime(clockid_t id, struct timespec *ret)
{
	(void)id;
	clock_ns += LOOK_NS;
	ret->tv_sec = (time_t)(clock_ns / 1000000000);
	ret->tv_nsec = (long)(clock_ns % 1000000000);
	return 0;
}

static uint64_t ns_of(enum nos_metric_stage stage)
{
	return metric.stages_ns[stage];
}

static uint64_t all(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < NOS_METRIC_STAGE_COUNT; i++)
		sum += ns_of((enum nos_metric_stage)i);
	return sum;
}

static void work(uint64_t us)
{
	clock_ns += us * 1000;
}

static struct nos_lap begin(void)
{
	struct nos_lap l;

	memset(&metric, 0, sizeof(metric));
	nos_lap_init(&l, &metric, NOS_METRIC_STAGE_COMMIT);
	return l;
}

static void before_the_first_turn_nothing_is_counted(void **state)
{
	struct nos_lap l = begin();

	(void)state;
	for (int i = 0; i < PACKS; i++) {
		assert_false(nos_lap_pack(&l));
		nos_lap_stage(&l, NOS_METRIC_STAGE_SCORE);
	}
	nos_lap_lend(&l, NOS_METRIC_STAGE_HTTP, 0);
	nos_lap_turn(&l, true);
	assert_int_equal(all(), 0);
}

static void one_pack_in_sixteen_is_looked_at_and_stands_for_all(void **state)
{
	struct nos_lap l = begin();
	unsigned looked = 0;

	(void)state;
	nos_lap_turn(&l, true);
	for (int i = 0; i < PACKS; i++) {
		looked += nos_lap_pack(&l);
		work(1);
		nos_lap_stage(&l, NOS_METRIC_STAGE_SCORE);
		work(4);
		nos_lap_stage(&l, NOS_METRIC_STAGE_ENCODE);
	}
	nos_lap_turn(&l, true);
	assert_int_equal(looked, PACKS / NOS_LAP_EVERY);
	assert_int_equal(ns_of(NOS_METRIC_STAGE_SCORE), PACKS * 1000);
	assert_int_equal(ns_of(NOS_METRIC_STAGE_ENCODE), PACKS * 4000);
}

static void what_is_of_no_other_stage_is_the_threads_own_and_no_time_is_counted_twice(void **state)
{
	struct nos_lap l = begin();
	uint64_t since = nos_lap_look(), spent;

	(void)state;
	nos_lap_turn(&l, true);
	for (int i = 0; i < PACKS; i++) {
		nos_lap_pack(&l);
		work(1);
		nos_lap_stage(&l, NOS_METRIC_STAGE_SCORE);
		work(3);
		nos_lap_turn(&l, false);
	}
	nos_lap_turn(&l, true);
	spent = nos_lap_look() - since;
	assert_true(ns_of(NOS_METRIC_STAGE_COMMIT) > 0);
	assert_int_equal(ns_of(NOS_METRIC_STAGE_SCORE), PACKS * 1000);
	/* But for what the first look of the test and its last take. */
	assert_int_equal(all(), spent - 2 * LOOK_NS);
}

static void what_a_dear_pack_stands_for_is_never_more_than_was_spent(void **state)
{
	struct nos_lap l = begin();
	uint64_t since = nos_lap_look(), dear;

	(void)state;
	nos_lap_turn(&l, true);
	for (int i = 1; i < NOS_LAP_EVERY; i++)
		assert_false(nos_lap_pack(&l));
	assert_true(nos_lap_pack(&l));
	work(500);
	nos_lap_stage(&l, NOS_METRIC_STAGE_SCORE);
	nos_lap_turn(&l, true);
	assert_true(all() <= nos_lap_look() - since);
	assert_int_equal(ns_of(NOS_METRIC_STAGE_COMMIT), 0);
	/* What is over is given of what comes next. */
	dear = ns_of(NOS_METRIC_STAGE_SCORE);
	work(500);
	nos_lap_turn(&l, true);
	assert_true(ns_of(NOS_METRIC_STAGE_SCORE) > dear);
	assert_true(all() <= nos_lap_look() - since);
}

static void what_was_lent_is_not_the_threads_own(void **state)
{
	struct nos_lap l = begin();
	uint64_t since;

	(void)state;
	nos_lap_turn(&l, true);
	since = nos_lap_look();
	work(500);
	nos_lap_lend(&l, NOS_METRIC_STAGE_HTTP, since);
	nos_lap_turn(&l, true);
	assert_int_equal(ns_of(NOS_METRIC_STAGE_HTTP), 500 * 1000);
	/* The looks alone. */
	assert_int_equal(ns_of(NOS_METRIC_STAGE_COMMIT), 3 * LOOK_NS);
}

static void turns_that_were_not_read_are_counted_with_the_next_that_is(void **state)
{
	struct nos_lap l = begin();

	(void)state;
	nos_lap_turn(&l, true);
	for (int i = 0; i < NOS_LAP_EVERY - 1; i++) {
		work(10);
		nos_lap_turn(&l, false);
	}
	assert_int_equal(all(), 0);
	nos_lap_turn(&l, false);
	assert_int_equal(ns_of(NOS_METRIC_STAGE_COMMIT), (NOS_LAP_EVERY - 1) * 10000 + LOOK_NS);
}

static void the_metrics_name_each_stage(void **state)
{
	NOS_AUTO(buf) text = { 0 };
	char line[100];

	(void)state;
	memset(&metric, 0, sizeof(metric));
	metric.stages_ns[NOS_METRIC_STAGE_OPEN] = 1500000000;
	nos_buf_init(&text, 1 << 20);
	nos_metric_encode(&metric, "1", &text);
	for (int i = 0; i < NOS_METRIC_STAGE_COUNT; i++) {
		snprintf(line, sizeof(line), "\nnos_stage_cpu_seconds_total{stage=\"%s\"} %s\n",
		    nos_metric_stage_text((enum nos_metric_stage)i),
		    i == NOS_METRIC_STAGE_OPEN ? "1.500000" : "0.000000");
		assert_non_null(strstr(text.p, line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_first_turn_nothing_is_counted),
		cmocka_unit_test(one_pack_in_sixteen_is_looked_at_and_stands_for_all),
		cmocka_unit_test(
		    what_is_of_no_other_stage_is_the_threads_own_and_no_time_is_counted_twice),
		cmocka_unit_test(what_a_dear_pack_stands_for_is_never_more_than_was_spent),
		cmocka_unit_test(what_was_lent_is_not_the_threads_own),
		cmocka_unit_test(turns_that_were_not_read_are_counted_with_the_next_that_is),
		cmocka_unit_test(the_metrics_name_each_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
