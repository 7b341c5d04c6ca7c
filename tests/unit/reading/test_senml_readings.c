/* SPDX-License-Identifier: MIT */
#include "senml.h"

static void a_record_that_is_bad_alone_does_not_sink_the_others(void **state)
{
	(void)state;
	assert_string_equal(
	    readings(
		"[{\"n\":\"a\",\"bt\":1e9,\"v\":{}},{\"n\":\"b\",\"vb\":1},{\"n\":\"c\",\"vs\":true},"
		"{\"n\":\"d\"},{\"n\":\"e\",\"t\":\"x\",\"v\":1},{\"n\":\"f\",\"u\":1,\"v\":1},"
		"{\"n\":1,\"bn\":\"g\",\"v\":1},{\"n\":\"h\",\"s\":true},{\"n\":\"i\",\"t\":1e30,\"v\":1},"
		"{\"n\":\"\\udc00\",\"v\":1},{\"n\":\"k\",\"vs\":\"\\udc00\"},{\"n\":\"z\",\"v\":1}]"),
	    "record 1: v is no number\nrecord 2: vb is no boolean\nrecord 3: vs is no text\n"
	    "record 4: no value\nrecord 5: t is no number\nrecord 6: u is no text\n"
	    "record 7: n is no text\nrecord 8: s is no number\nrecord 9: t and bt make no time\n"
	    "record 10: n is no text\nrecord 11: value is not a text\n" R(
		"z", "1", "\"time\":1000000000" BN("g")));
	assert_int_equal(batch.items[0].index, 11);
	assert_string_equal(batch.rejects[3].err.field, "v");
}

static void texts_have_the_limits_of_every_reading(void **state)
{
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 8192);
	nos_buf_addf(&b, "[{\"n\":\"%065d\",\"v\":1},{\"n\":\"a\",\"u\":\"%033d\",\"v\":1},", 1, 1);
	nos_buf_addf(
	    &b, "{\"n\":\"b\",\"vs\":\"%01025dx\"},{\"n\":\"%061d\",\"v\":1,\"s\":1},", 1, 1);
	nos_buf_addf(
	    &b, "{\"bn\":\"%0256d\",\"n\":\"c\",\"v\":1},{\"bn\":\"x\",\"n\":\"d\",\"v\":1}]", 1);
	assert_int_equal(decode(b.p), NOS_OK);
	assert_int_equal(batch.reject_count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(batch.rejects[i].err.code, NOS_LARGE);
	assert_string_equal(batch.rejects[3].err.field, "type");
	assert_string_equal(batch.rejects[4].err.text, "record 5: a name is over 256 bytes");
	assert_int_equal(batch.count, 2);
	nos_buf_release(&b);
}

static void a_value_that_is_no_number_is_missing(void **state)
{
	(void)state;
	assert_string_equal(
	    readings(
		"[{\"bn\":\"a\",\"bt\":1e9,\"v\":null},{\"v\":NaN},{\"v\":\"7.5\"},{\"v\":1e999},"
		"{\"vs\":\"-nan\"},{\"vb\":null}]"),
	    R("a", "null", "\"time\":1000000000") R("a", "null", "\"time\":1000000000")
		R("a", "null", "\"time\":1000000000") R("a", "null", "\"time\":1000000000")
		    R("a", "null", "\"time\":1000000000") R("a", "null", "\"time\":1000000000"));
}

static void a_time_below_2_to_the_28_is_relative_to_now(void **state)
{
	(void)state;
	assert_string_equal(
	    readings(
		"[{\"n\":\"a\",\"t\":-60.5,\"v\":1},{\"n\":\"a\",\"t\":268435455,\"v\":1},"
		"{\"n\":\"a\",\"t\":268435456,\"v\":1},{\"n\":\"a\",\"bt\":-10,\"t\":0,\"v\":1},"
		"{\"n\":\"a\",\"t\":-5,\"v\":1}]"),
	    R("a", "1", "\"time\":1699999939.5") R("a", "1", "\"time\":1968435455")
		R("a", "1", "\"time\":268435456") R("a", "1", "\"time\":1699999990")
		    R("a", "1", "\"time\":1699999985"));
}

static void update_time_and_unknown_fields_are_passed_over(void **state)
{
	(void)state;
	assert_string_equal(
	    readings("[{\"bn\":\"d:\",\"bt\":1e9},{\"bx\":{}},{\"bu\":\"\",\"l\":1},"
		     "{\"n\":\"a\",\"ut\":\"x\",\"y\":[1],\"_z\":2,\"v\":1}]"),
	    R("a", "1", "\"time\":1000000000" BN("d:")));
	assert_int_equal(batch.items[0].index, 0);
}

static void a_record_in_which_nothing_is_known_is_not_good(void **state)
{
	(void)state;
	assert_string_equal(readings("[{\"bn\":\"a\"},{},{\"l\":\"x\"}]"),
	    "record 2: no value\nrecord 3: no value\n");
}

static void base_values_are_added_and_keep_their_digits(void **state)
{
	(void)state;
	assert_string_equal(
	    readings("[{\"bn\":\"a\",\"bt\":1e9,\"bv\":0.10,\"v\":0.2},{\"v\":-0.1},{\"t\":1},"
		     "{\"vs\":\"x\"},{\"bv\":1e308,\"v\":1e308},{\"v\":5},{\"bv\":0,\"v\":7.50}]"),
	    R("a", "0.30", "\"time\":1000000000") R("a", "0.00", "\"time\":1000000000")
		R("a", "0.10", "\"time\":1000000001") R("a", "\"x\"", "\"time\":1000000000")
		    R("a", "null", "\"time\":1000000000") R("a", "1e+308", "\"time\":1000000000")
			R("a", "7.50", "\"time\":1000000000"));
	assert_int_equal(batch.items[0].reading.decimals, 2);
	assert_near(batch.items[0].reading.number, 0.3, 0);
}

static void a_sum_is_a_further_reading(void **state)
{
	(void)state;
	assert_string_equal(
	    readings(
		"[{\"bn\":\"d:\",\"bt\":1e9,\"bu\":\"W\",\"bs\":100,\"n\":\"p\",\"v\":5,\"s\":20.5},"
		"{\"n\":\"q\",\"s\":1},{\"n\":\"r\",\"v\":2}]"),
	    R("p", "5", U("W", "1000000000") BN("d:")) R("p_sum", "120.5",
		U("W.s", "1000000000") BN("d:")) R("q_sum", "101", U("W.s", "1000000000") BN("d:"))
		R("r", "2", U("W", "1000000000") BN("d:"))
		    R("r_sum", "100", U("W.s", "1000000000") BN("d:")));
	assert_int_equal(batch.items[4].index, 4);
	assert_string_equal(
	    readings("[{\"n\":\"p\",\"t\":1e9,\"s\":3}]"), R("p_sum", "3", "\"time\":1000000000"));
}

static void half_a_position_is_a_reading(void **state)
{
	(void)state;
	assert_string_equal(
	    readings(
		"[{\"bt\":1e9,\"n\":\"a\",\"u\":\"lat\",\"v\":46.10},{\"n\":\"b\",\"u\":\"lon\",\"v\":11},"
		"{\"n\":\"a\",\"u\":\"lon\",\"t\":1,\"v\":11},{\"n\":\"c\",\"v\":1}]"),
	    R("a", "46.10", U("lat", "1000000000")) R("b", "11", U("lon", "1000000000"))
		R("a", "11", U("lon", "1000000001")) R("c", "1", "\"time\":1000000000"));
	/* What lies beyond the poles is none, nor is what has no number. */
	assert_string_equal(
	    readings(
		"[{\"bt\":1e9,\"n\":\"a\",\"u\":\"lat\",\"v\":91},{\"n\":\"a\",\"u\":\"lon\",\"v\":11},"
		"{\"n\":\"b\",\"u\":\"lat\",\"v\":null},{\"n\":\"b\",\"u\":\"lon\",\"v\":1}]"),
	    R("a", "91", U("lat", "1000000000")) R("a", "11", U("lon", "1000000000"))
		R("b", "null", U("lat", "1000000000")) R("b", "1", U("lon", "1000000000")));
}

static void a_position_is_known_by_its_name_wherever_its_base_ends(void **state)
{
	(void)state;
	assert_string_equal(
	    readings("[{\"bn\":\"ab\",\"bt\":1e9,\"n\":\"c\",\"u\":\"lat\",\"v\":46.10},"
		     "{\"bn\":\"a\",\"n\":\"bc\",\"u\":\"lon\",\"v\":11},"
		     "{\"n\":\"t\",\"v\":1}]"),
	    R("t", "1", "\"time\":1000000000,\"lat\":46.10,\"lon\":11" BN("a")));
	assert_int_equal(batch.items[0].reading.lat_decimals, 2);
}

static void of_two_positions_a_reading_has_that_of_its_own_base(void **state)
{
	(void)state;
	assert_string_equal(
	    readings(
		"[{\"bn\":\"b:\",\"bt\":1e9,\"n\":\"t\",\"v\":1},{\"u\":\"lat\",\"v\":2},"
		"{\"u\":\"lon\",\"v\":2},{\"bn\":\"a:\",\"u\":\"lat\",\"v\":1},{\"u\":\"lon\",\"v\":1},"
		"{\"n\":\"t\",\"v\":1},{\"bn\":\"c:\",\"n\":\"t\",\"v\":1},{\"bn\":\"b:\",\"u\":\"lon\",\"v\":9}]"),
	    R("t", "1", "\"time\":1000000000,\"lat\":2,\"lon\":2" BN("b:"))
		R("t", "1", "\"time\":1000000000,\"lat\":1,\"lon\":1" BN("a:"))
		    R("t", "1", "\"time\":1000000000,\"lat\":1,\"lon\":1" BN("c:"))
			R("b:", "9", U("lon", "1000000000") ",\"lat\":2,\"lon\":2"));
}

static void what_was_escaped_is_read_as_it_is_meant(void **state)
{
	(void)state;
	assert_string_equal(
	    readings("[{\"b\\u006e\":\"\\u0061:\",\"bt\":1e9,\"bu\":\"\\u00b0C\"},"
		     "{\"n\":\"\\u0074\",\"\\u0076\":1},{\"n\":\"s\",\"vs\":\"\\u0022\"}]"),
	    R("t", "1", U("\xc2\xb0\x43", "1000000000") BN("a:"))
		R("s", "\"\\\"\"", U("\xc2\xb0\x43", "1000000000") BN("a:")));
}

static void an_empty_pack_has_no_reading(void **state)
{
	(void)state;
	assert_string_equal(readings("[]"), "");
	assert_string_equal(readings("[{\"bn\":\"a\"}]"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_that_is_bad_alone_does_not_sink_the_others),
		cmocka_unit_test(texts_have_the_limits_of_every_reading),
		cmocka_unit_test(a_value_that_is_no_number_is_missing),
		cmocka_unit_test(a_time_below_2_to_the_28_is_relative_to_now),
		cmocka_unit_test(update_time_and_unknown_fields_are_passed_over),
		cmocka_unit_test(a_record_in_which_nothing_is_known_is_not_good),
		cmocka_unit_test(base_values_are_added_and_keep_their_digits),
		cmocka_unit_test(a_sum_is_a_further_reading),
		cmocka_unit_test(half_a_position_is_a_reading),
		cmocka_unit_test(a_position_is_known_by_its_name_wherever_its_base_ends),
		cmocka_unit_test(of_two_positions_a_reading_has_that_of_its_own_base),
		cmocka_unit_test(what_was_escaped_is_read_as_it_is_meant),
		cmocka_unit_test(an_empty_pack_has_no_reading),
	};

	return cmocka_run_group_tests(tests, prepare, drop);
}
