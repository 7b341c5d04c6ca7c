/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/num.h"
#include "base/time.h"

static void a_decimal_is_printed_in_one_way_alone(void **state)
{
	static const struct {
		double v;
		int decimals;
		const char *text;
	} cases[] = {
		{ 0, 6, "0" },
		{ -0.0, 6, "0" },
		{ -1e-9, 6, "0" },
		{ 1, 6, "1" },
		{ 100, 6, "100" },
		{ -7.9, 6, "-7.9" },
		{ 0.866533333, 6, "0.866533" },
		{ 0.5, 0, "0" },
		{ 1.5, 0, "2" },
		{ 2.5, 0, "2" },
		{ 1e15, 6, "1000000000000000" },
		{ 1547813280.48, 3, "1547813280.48" },
		{ 0.0000005, 6, "0" },
		{ 1e22, 6, "10000000000000000000000" },
	};
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		nos_buf_truncate(&b, 0);
		nos_num_format(&b, cases[i].v, cases[i].decimals);
		assert_buf(&b, cases[i].text);
	}
	nos_buf_release(&b);
}

static void an_integer_is_digits_alone_and_in_range(void **state)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "01", "1.0", "1e3", "0x1",
		"11", "18446744073709551616", "99999999999999999999999" };
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nos_num_parse(nos_str_of(bad[i]), 0, 10, &n));
	assert_true(nos_num_parse(NOS_STR("10"), 0, 10, &n));
	assert_true(nos_num_parse(NOS_STR("18446744073709551615"), 0, UINT64_MAX, &n));
	assert_true(n == UINT64_MAX);
}

static void a_decimal_is_read_as_json_writes_it(void **state)
{
	static const char *const bad[] = { "", "-", ".5", "5.", "+1", "01", "1e", "nan", "-nan",
		"inf", "0x1p3", "1e999", "1 ", "1,5" };
	double v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nos_num_parse_decimal(nos_str_of(bad[i]), &v));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    nos_num_is_decimal(nos_str_of(bad[i])), strcmp(bad[i], "1e999") == 0);
	assert_true(nos_num_parse_decimal(NOS_STR("-8.5e-1"), &v));
	assert_near(v, -0.85, 1e-15);
}

static void places_behind_the_point_count_the_exponent(void **state)
{
	(void)state;
	assert_int_equal(nos_num_decimals(NOS_STR("21")), 0);
	assert_int_equal(nos_num_decimals(NOS_STR("21.50")), 2);
	assert_int_equal(nos_num_decimals(NOS_STR("1e-3")), 3);
	assert_int_equal(nos_num_decimals(NOS_STR("1.25e1")), 1);
	assert_int_equal(nos_num_decimals(NOS_STR("1.5E+7")), 0);
}

static void a_size_has_a_unit_of_powers_of_1024(void **state)
{
	uint64_t n;

	(void)state;
	assert_true(nos_num_parse_size(NOS_STR("512"), &n) && n == 512);
	assert_true(nos_num_parse_size(NOS_STR("64K"), &n) && n == 65536);
	assert_true(nos_num_parse_size(NOS_STR("10G"), &n) && n == UINT64_C(10) << 30);
	assert_false(nos_num_parse_size(NOS_STR("K"), &n));
	assert_false(nos_num_parse_size(NOS_STR("1k"), &n));
	assert_false(nos_num_parse_size(NOS_STR("99999999999T"), &n));
}

static void a_time_is_read_in_every_form_that_people_write(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "2019-01-18T12:00:00Z", 1547812800000 },
		{ "2019-01-18T13:00:00+01", 1547812800000 },
		{ "2019-01-18 13:00:00+0100", 1547812800000 },
		{ "2019-01-18t06:30:00.25-05:30", 1547812800250 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59Z", -1000 },
		{ "2000-02-29T00:00:00Z", 951782400000 },
	};
	static const char *const bad[] = { "", "2019-01-18", "2019-01-18T12:00:00",
		"2019-02-29T00:00:00Z", "2019-13-01T00:00:00Z", "2019-01-18T24:00:00Z",
		"2019-01-18T12:00:00Zx", "2019-01-18T12:00:00+24" };
	static const int32_t cet = 3600;
	struct nos_time t;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(nos_time_parse(nos_str_of(cases[i].text), NULL, &t));
		assert_true(t.ms == cases[i].ms);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nos_time_parse(nos_str_of(bad[i]), NULL, &t));
	assert_true(nos_time_parse(NOS_STR("2019-01-18T13:00:00"), &cet, &t));
	assert_true(t.ms == 1547812800000);
}

static void a_number_as_time_finds_its_unit_by_magnitude(void **state)
{
	static const double same[] = { 1547812800.0, 1547812800e3, 1547812800e6, 1547812800e9 };
	struct nos_time t;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(nos_time_from_number(same[i], &t));
		assert_true(t.ms == 1547812800000);
	}
	assert_false(nos_time_from_number(1e21, &t));
}

static void a_span_goes_both_ways(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
		const char *back;
	} cases[] = {
		{ "200ms", 200, "200ms" },
		{ "90s", 90000, "90s" },
		{ "15m", 900000, "15m" },
		{ "24h", 86400000, "24h" },
		{ "7d", 604800000, "7d" },
	};
	struct nos_buf b;
	uint64_t ms;

	(void)state;
	nos_buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		nos_buf_truncate(&b, 0);
		assert_true(nos_time_parse_span(nos_str_of(cases[i].text), &ms));
		assert_true(ms == cases[i].ms);
		nos_time_format_span(&b, ms);
		assert_buf(&b, cases[i].back);
	}
	assert_false(nos_time_parse_span(NOS_STR("90"), &ms));
	assert_false(nos_time_parse_span(NOS_STR("s"), &ms));
	assert_false(nos_time_parse_span(NOS_STR("99999999999999999d"), &ms));
	nos_buf_release(&b);
}

/* The quick way must give what printf gives, above all where the last place is about to turn. */
static void a_number_is_formatted_as_printf_rounds_it(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct nos_buf b;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	nos_buf_init(&b, 1000);
	for (int i = 0; i < 300000; i++) {
		int decimals = (int)(random() % 7);
		double v = (double)random() / (double)(1 + random() % 100000000);
		char text[64];
		size_t len;

		if (i % 3 == 0) /* ties and their neighbours */
			v = nextafter(
			    (double)(random() % 2000001) / 2000000 + (double)(random() % 1000),
			    i % 2 ? 1e9 : -1e9);
		if (i % 5 == 0)
			v = -v;
		if (i % 7 == 0) /* spans, up to where printf has them */
			v *= (double)(1 + random() % 1000000);
		len = (size_t)snprintf(text, sizeof(text), "%.*f", decimals, v);
		if (decimals) {
			while (text[len - 1] == '0')
				len--;
			len -= text[len - 1] == '.';
		}
		text[len] = '\0';
		nos_buf_truncate(&b, 0);
		nos_num_format(&b, v, decimals);
		if (strcmp(b.p, strcmp(text, "-0") ? text : "0") != 0)
			fail_msg("%.17g with %d places: %s, not %s", v, decimals, b.p, text);
	}
	nos_buf_release(&b);
}

/* The quick way must give what strtod gives, above all where the digits are almost too many. */
static void a_number_is_read_as_strtod_rounds_it(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 300000; i++) {
		uint64_t n = (uint64_t)random() * (1 + (uint64_t)random() % 100000000);
		int digits, places = (int)(random() % 18);
		char whole[64], text[80];
		double v, good;

		for (int cut = (int)(random() % 17); cut > 0; cut--)
			n /= 10;
		digits =
		    snprintf(whole, sizeof(whole), "%0*llu", places + 1, (unsigned long long)n);
		snprintf(text, sizeof(text), "%s%.*s%s%s", i % 3 ? "" : "-", digits - places, whole,
		    places ? "." : "", whole + digits - places);
		good = strtod(text, NULL);
		assert_true(nos_num_parse_decimal(nos_str_of(text), &v));
		if (memcmp(&v, &good, sizeof(v)) != 0)
			fail_msg("%s: %a, not %a", text, v, good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_formatted_as_printf_rounds_it),
		cmocka_unit_test(a_number_is_read_as_strtod_rounds_it),
		cmocka_unit_test(a_decimal_is_printed_in_one_way_alone),
		cmocka_unit_test(an_integer_is_digits_alone_and_in_range),
		cmocka_unit_test(a_decimal_is_read_as_json_writes_it),
		cmocka_unit_test(places_behind_the_point_count_the_exponent),
		cmocka_unit_test(a_size_has_a_unit_of_powers_of_1024),
		cmocka_unit_test(a_time_is_read_in_every_form_that_people_write),
		cmocka_unit_test(a_number_as_time_finds_its_unit_by_magnitude),
		cmocka_unit_test(a_span_goes_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
