/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "reading/reading.h"

static struct nos_err err;
static struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
static struct nos_buf space;

static enum nos_code decode(const char *text, struct nos_reading *ret)
{
	nos_buf_truncate(&space, 0);
	assert_true(nos_buf_reserve(&space, strlen(text)));
	if (nos_scan_parse(&scan, nos_str_of(text), &err))
		return err.code;
	return nos_reading_decode(&scan, scan.values, &space, ret, &err);
}

static void a_full_reading_is_read(void **state)
{
	struct nos_reading r;

	(void)state;
	assert_int_equal(
	    decode(
		"{\"type\":\"air_temperature\",\"value\":-7.90,\"unit\":\"Cel\",\"time\":1547812800,"
		"\"seq\":17,\"lat\":46.28,\"lon\":11.03,\"source\":\"x\",\"other\":[1,{}]}",
		&r),
	    NOS_OK);
	assert_str(r.type, "air_temperature");
	assert_int_equal(r.kind, NOS_READING_NUMBER);
	assert_near(r.number, -7.9, 0);
	assert_int_equal(r.decimals, 2);
	assert_str(r.unit, "Cel");
	assert_true(r.has_time && r.time.ms == 1547812800000);
	assert_true(r.has_seq && r.seq == 17);
	assert_true(r.has_position && r.lat_decimals == 2);
	assert_str(r.claimed, "x");
}

static void what_stands_for_no_number_is_kept_as_missing(void **state)
{
	static const char *const values[] = { "null", "NaN", "-nan", "nan", "Infinity", "-inf",
		"\"7.9\"", "\"nan\"", "\"-nan\"", "\"NaN\"", "\"\"", "\"-\"", "\" 12 \"",
		"\"-Inf\"", "1e999", "-1e999", "\"1e999\"" };
	struct nos_reading r;
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(text, sizeof(text), "{\"type\":\"t\",\"value\":%s}", values[i]);
		assert_int_equal(decode(text, &r), NOS_OK);
		if (r.kind != NOS_READING_MISSING)
			fail_msg("%s is not missing", values[i]);
	}
}

static void texts_and_booleans_are_values_too(void **state)
{
	struct nos_reading r;

	(void)state;
	assert_int_equal(decode("{\"type\":\"t\",\"value\":\"op\\u0065n\"}", &r), NOS_OK);
	assert_int_equal(r.kind, NOS_READING_TEXT);
	assert_str(r.text, "open");
	assert_int_equal(decode("{\"type\":\"t\",\"value\":false}", &r), NOS_OK);
	assert_int_equal(r.kind, NOS_READING_BOOL);
	assert_false(r.truth);
}

static void what_cannot_be_placed_is_refused_with_its_member(void **state)
{
	static const struct {
		const char *text, *field, *why;
	} cases[] = {
		{ "{\"value\":1}", "type", "type is missing" },
		{ "{\"type\":null,\"value\":1}", "type", "type is missing" },
		{ "{\"type\":\"\",\"value\":1}", "type", "type is empty" },
		{ "{\"type\":7,\"value\":1}", "type", "type is not a text" },
		{ "{\"type\":\"t\"}", "value", "value is missing" },
		{ "{\"type\":\"t\",\"value\":[1]}", "value",
		    "value is neither number, text nor boolean" },
		{ "{\"type\":\"t\",\"value\":1,\"unit\":3}", "unit", "unit is not a text" },
		{ "{\"type\":\"t\",\"value\":1,\"seq\":-1}", "seq",
		    "seq is not a whole number under 2^53" },
		{ "{\"type\":\"t\",\"value\":1,\"time\":\"noon\"}", "time",
		    "time is not a time: take epoch seconds or RFC 3339 with an offset" },
		{ "{\"type\":\"t\",\"value\":1,\"time\":\"2019-01-18T12:00:00\"}", "time",
		    "time is not a time: take epoch seconds or RFC 3339 with an offset" },
		{ "{\"type\":\"t\",\"value\":1,\"lat\":91,\"lon\":0}", "lat",
		    "lat and lon are not a position in degrees" },
		{ "{\"type\":\"t\",\"value\":1,\"lat\":46}", "lat",
		    "lat and lon are not a position in degrees" },
		{ "[1]", "", "a reading is a JSON object" },
	};
	struct nos_reading r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(decode(cases[i].text, &r), NOS_DATA);
		assert_string_equal(err.text, cases[i].why);
		assert_string_equal(err.field, cases[i].field);
	}
}

static void a_type_of_over_64_bytes_is_too_large(void **state)
{
	struct nos_reading r;

	(void)state;
	assert_int_equal(
	    decode(
		"{\"type\":\"1234567890123456789012345678901234567890123456789012345678901234\",\"value\":1}",
		&r),
	    NOS_OK);
	assert_int_equal(
	    decode(
		"{\"type\":\"12345678901234567890123456789012345678901234567890123456789012345\",\"value\":1}",
		&r),
	    NOS_LARGE);
}

static int start(void **state)
{
	(void)state;
	nos_buf_init(&space, 1 << 16);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	nos_buf_release(&space);
	nos_scan_release(&scan);
	return 0;
}

/* Under the address sanitizer: a text must not move when a longer one follows it. */
static void texts_that_were_escaped_stay_where_they_are(void **state)
{
	NOS_AUTO(buf) fresh = { 0 };
	NOS_AUTO(buf) b = { 0 };
	struct nos_reading r;

	(void)state;
	nos_buf_init(&fresh, 1 << 20);
	nos_buf_init(&b, 1 << 20);
	nos_buf_add_text(&b, "{\"type\":\"a\\u00e9\",\"value\":\"\\u00e9");
	for (int i = 0; i < 1000; i++)
		nos_buf_add_char(&b, 'x');
	nos_buf_add_text(&b, "\",\"unit\":\"\\u00b0C\",\"source\":\"\\u0041\"}");
	assert_int_equal(nos_scan_parse(&scan, nos_buf_str(&b), &err), NOS_OK);
	assert_true(nos_buf_reserve(&fresh, b.len));
	assert_int_equal(nos_reading_decode(&scan, scan.values, &fresh, &r, &err), NOS_OK);
	assert_str(r.type, "a\xc3\xa9");
	assert_int_equal(r.text.len, 1002);
	assert_str(r.unit, "\xc2\xb0"
			   "C");
	assert_str(r.claimed, "A");
}

static void a_member_that_is_null_is_not_there(void **state)
{
	static const char text[] =
	    "{\"type\":\"t\",\"value\":1,\"unit\":null,\"time\":null,\"seq\":null,"
	    "\"lat\":null,\"lon\":null,\"source\":null}";
	struct nos_reading r;

	(void)state;
	assert_int_equal(decode(text, &r), NOS_OK);
	assert_false(r.has_time || r.has_seq || r.has_position || r.unit.len || r.claimed.len);
	assert_int_equal(
	    decode("{\"type\":\"t\",\"value\":1,\"lat\":46,\"lon\":null}", &r), NOS_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_reading_is_read),
		cmocka_unit_test(what_stands_for_no_number_is_kept_as_missing),
		cmocka_unit_test(texts_and_booleans_are_values_too),
		cmocka_unit_test(what_cannot_be_placed_is_refused_with_its_member),
		cmocka_unit_test(a_type_of_over_64_bytes_is_too_large),
		cmocka_unit_test(texts_that_were_escaped_stay_where_they_are),
		cmocka_unit_test(a_member_that_is_null_is_not_there),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
