/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "reading/reading.h"

static struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
static struct nos_buf space, out;
static struct nos_err err;

static void decode(struct nos_str text, struct nos_reading *ret)
{
	nos_buf_truncate(&space, 0);
	assert_int_equal(nos_scan_parse(&scan, text, &err), NOS_OK);
	assert_int_equal(nos_reading_decode(&scan, scan.values, &space, ret, &err), NOS_OK);
}

static void encode(const struct nos_reading *r)
{
	nos_buf_truncate(&out, 0);
	nos_reading_encode(&out, r);
}

static void a_reading_has_its_members_in_their_order_and_its_own_digits(void **state)
{
	static const char *const cases[] = {
		"{\"type\":\"t\",\"value\":-7.90,\"unit\":\"Cel\",\"time\":1547812800.5,\"seq\":17,"
		"\"lat\":46.280,\"lon\":11.0300,\"source\":\"x\"}",
		"{\"type\":\"a\\\"b\",\"value\":\"on \\\\ \\u0001\"}",
		"{\"type\":\"t\",\"value\":true,\"time\":-1.25}",
		"{\"type\":\"t\",\"value\":false,\"unit\":\"\xc2\xb0\x43\"}",
		"{\"type\":\"t\",\"value\":null,\"seq\":0}",
		"{\"type\":\"t\",\"value\":1.250E-7,\"lat\":4.6e1,\"lon\":-0}",
		"{\"type\":\"t\",\"value\":0.1000000000000000055511151231257827}",
		"{\"type\":\"t\",\"value\":1,\"time\":\"9999-12-31T23:59:59.007Z\"}",
	};
	struct nos_reading r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode(nos_str_of(cases[i]), &r);
		encode(&r);
		assert_buf(&out, cases[i]);
	}
}

static void what_has_no_value_stays_without_one(void **state)
{
	struct nos_reading r;

	(void)state;
	decode(NOS_STR("{\"value\":\"7.5\",\"type\":\"t\"}"), &r);
	encode(&r);
	assert_buf(&out, "{\"type\":\"t\",\"value\":null}");
}

static void numbers_without_digits_come_back_the_same(void **state)
{
	static const struct {
		double value;
		unsigned decimals;
		const char *text;
	} cases[] = {
		{ 7.5, 1, "7.5" },
		{ 7.5, 3, "7.500" },
		{ 1.0 / 3, 2, "0.3333333333333333" },
		{ 1e300, 0, NULL },
		{ -0.1, 1, "-0.1" },
	};
	struct nos_reading r = { .type = NOS_STR("t"), .kind = NOS_READING_NUMBER }, again;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.number = r.lat = cases[i].value;
		r.decimals = cases[i].decimals;
		encode(&r);
		decode(nos_buf_str(&out), &again);
		assert_true(again.number == r.number);
		if (cases[i].text)
			assert_str(again.text, cases[i].text);
	}
	/* Digits that are none of JSON's are not passed on. */
	r.number = 7.5;
	r.text = NOS_STR("7,5");
	encode(&r);
	assert_buf(&out, "{\"type\":\"t\",\"value\":7.5}");
}

static void a_position_without_digits_keeps_its_decimals(void **state)
{
	struct nos_reading r = { .type = NOS_STR("t"),
		.has_position = true,
		.lat = 46.28,
		.lon = 11.030471,
		.lat_decimals = 3 };

	(void)state;
	encode(&r);
	assert_buf(&out, "{\"type\":\"t\",\"value\":null,\"lat\":46.280,\"lon\":11.030471}");
	r.lon = 11;
	encode(&r);
	assert_buf(&out, "{\"type\":\"t\",\"value\":null,\"lat\":46.280,\"lon\":11.000}");
}

static int prepare(void **state)
{
	(void)state;
	nos_buf_init(&out, 4096);
	nos_buf_init(&space, 4096);
	return nos_buf_reserve(&space, 4000) ? 0 : 1;
}

static int drop(void **state)
{
	(void)state;
	nos_scan_release(&scan);
	nos_buf_release(&out);
	nos_buf_release(&space);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reading_has_its_members_in_their_order_and_its_own_digits),
		cmocka_unit_test(what_has_no_value_stays_without_one),
		cmocka_unit_test(numbers_without_digits_come_back_the_same),
		cmocka_unit_test(a_position_without_digits_keeps_its_decimals),
	};

	return cmocka_run_group_tests(tests, prepare, drop);
}
