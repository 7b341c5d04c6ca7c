/* SPDX-License-Identifier: MIT */
/* The tool is no library, so the file itself is compiled here. */
#include "../../../cmd/nos-bench/stat.c"

#include "../test.h"

static struct nos_err err;

/* ---- random ---- */

static void a_seed_is_spread_by_split_mix_and_drawn_from_by_xoshiro(void **state)
{
	static const uint64_t spread[] = { UINT64_C(6457827717110365317),
		UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431) };
	static const uint64_t drawn[] = { 11520, 0, 1509978240, UINT64_C(1215971899390074240) };
	struct bench_random r;

	(void)state;
	bench_random_seed(&r, 1234567);
	assert_memory_equal(r.s, spread, sizeof(spread));
	r = (struct bench_random){ { 1, 2, 3, 4 } };
	for (size_t i = 0; i < 4; i++)
		assert_true(bench_random_next(&r) == drawn[i]);
}

static void a_seed_repeats_all_that_is_drawn_and_another_does_not(void **state)
{
	struct bench_random a, b, c;
	uint8_t x[21], y[21], z[21];

	(void)state;
	bench_random_seed(&a, 7);
	bench_random_seed(&b, 7);
	bench_random_seed(&c, 8);
	bench_random_bytes(&a, x, sizeof(x));
	bench_random_bytes(&b, y, sizeof(y));
	bench_random_bytes(&c, z, sizeof(z));
	assert_memory_equal(x, y, sizeof(x));
	assert_memory_not_equal(x, z, sizeof(x));
	assert_true(bench_random_next(&a) == bench_random_next(&b));
}

static void numbers_below_a_limit_come_equally_often(void **state)
{
	unsigned seen[6] = { 0 };
	struct bench_random r;

	(void)state;
	bench_random_seed(&r, 1);
	for (unsigned i = 0; i < 60000; i++)
		seen[bench_random_below(&r, 6)]++;
	/* Five standard deviations. */
	for (unsigned i = 0; i < 6; i++)
		assert_in_range(seen[i], 9540, 10460);
	assert_true(bench_random_below(&r, 1) == 0);
}

/* ---- samples ---- */

static void fill(struct bench_sample *s, unsigned count)
{
	/* From the largest on: what comes in is not sorted. */
	for (unsigned i = count; i; i--)
		assert_int_equal(bench_sample_add(s, i, &err), NOS_OK);
}

static void a_sample_has_its_quantiles_and_an_interval_around_its_median(void **state)
{
	struct bench_sample s = { 0 };
	struct bench_random r;
	struct bench_stat stat;

	(void)state;
	bench_random_seed(&r, 1);
	fill(&s, 101);
	bench_stat_of(&s, &r, &stat);
	assert_int_equal(stat.n, 101);
	assert_true(stat.least == 1 && stat.median == 51 && stat.p95 == 96 && stat.p99 == 100);
	/* The 95 % interval of the median of 101 ranks goes from the 41st to the 61st, about. */
	assert_true(stat.low >= 37 && stat.low <= 45);
	assert_true(stat.high >= 57 && stat.high <= 65);
	bench_sample_release(&s);
}

static void between_two_values_a_quantile_goes_by_their_distance(void **state)
{
	struct bench_sample s = { 0 };
	struct bench_random r;
	struct bench_stat stat;

	(void)state;
	bench_random_seed(&r, 1);
	fill(&s, 2);
	bench_stat_of(&s, &r, &stat);
	assert_true(stat.median == 1.5 && stat.low == 1.5 && stat.high == 1.5);
	assert_true(stat.p95 > 1.949 && stat.p95 < 1.951);
	bench_sample_release(&s);
}

static void one_value_is_all_that_its_sample_says(void **state)
{
	struct bench_sample s = { 0 };
	struct bench_random r;
	struct bench_stat stat;

	(void)state;
	bench_random_seed(&r, 1);
	fill(&s, 5);
	bench_sample_clear(&s);
	assert_int_equal(bench_sample_add(&s, 4.5, &err), NOS_OK);
	bench_stat_of(&s, &r, &stat);
	assert_int_equal(stat.n, 1);
	assert_true(stat.least == 4.5 && stat.median == 4.5 && stat.p99 == 4.5);
	assert_true(stat.low == 4.5 && stat.high == 4.5);
	bench_sample_release(&s);
}

static void the_interval_is_the_same_by_the_same_seed(void **state)
{
	struct bench_sample s = { 0 };
	struct bench_random r;
	struct bench_stat a, b;

	(void)state;
	fill(&s, 30);
	bench_random_seed(&r, 3);
	bench_stat_of(&s, &r, &a);
	bench_random_seed(&r, 3);
	bench_stat_of(&s, &r, &b);
	assert_true(a.low == b.low && a.high == b.high && a.low < a.high);
	bench_sample_release(&s);
}

/* ---- shares ---- */

static void a_share_of_none_or_all_has_an_interval_all_the_same(void **state)
{
	double low, high;

	(void)state;
	bench_stat_share(0, 10, &low, &high);
	assert_true(low == 0);
	assert_near(high, 0.2775, 0.0001);
	bench_stat_share(10, 10, &low, &high);
	assert_near(low, 0.7225, 0.0001);
	assert_near(high, 1, 0.0001);
	bench_stat_share(5, 10, &low, &high);
	assert_near(low, 0.2366, 0.0001);
	assert_near(high, 0.7634, 0.0001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_is_spread_by_split_mix_and_drawn_from_by_xoshiro),
		cmocka_unit_test(a_seed_repeats_all_that_is_drawn_and_another_does_not),
		cmocka_unit_test(numbers_below_a_limit_come_equally_often),
		cmocka_unit_test(a_sample_has_its_quantiles_and_an_interval_around_its_median),
		cmocka_unit_test(between_two_values_a_quantile_goes_by_their_distance),
		cmocka_unit_test(one_value_is_all_that_its_sample_says),
		cmocka_unit_test(the_interval_is_the_same_by_the_same_seed),
		cmocka_unit_test(a_share_of_none_or_all_has_an_interval_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
