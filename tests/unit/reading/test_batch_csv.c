/* SPDX-License-Identifier: MIT */
/* CSV of our own: its header names the members of a reading. */
#include "../test.h"

#include "reading/batch.h"

static const struct nos_batch_how how = { .form = NOS_BATCH_CSV };
static struct nos_scan scan = { .not_finite = true };
static struct nos_batch batch;
static struct nos_err err;

static enum nos_code decode(const char *text)
{
	err = (struct nos_err){ 0 };
	return nos_batch_decode(&batch, &how, nos_str_of(text), 10, &scan, &err);
}

static enum nos_code line(const char *text)
{
	bool many;

	err = (struct nos_err){ 0 };
	return nos_batch_line(&batch, &how, nos_str_of(text), 10, &scan, &many, &err);
}

static void lines_behind_a_header_are_readings(void **state)
{
	struct nos_buf out;

	(void)state;
	assert_int_equal(decode("value,type,time\r\n\r\n7.50,\"a \"\"1\"\"\",1547812800\r\n"
				"on,\"b \"\"2\"\"\",2019-01-18T12:00:00Z\n,c,\n"),
	    NOS_OK);
	nos_buf_init(&out, 4096);
	for (size_t i = 0; i < batch.count; i++)
		nos_reading_encode(&out, &batch.items[i].reading);
	assert_buf(&out, "{\"type\":\"a \\\"1\\\"\",\"value\":7.50,\"time\":1547812800}"
			 "{\"type\":\"b \\\"2\\\"\",\"value\":\"on\",\"time\":1547812800}"
			 "{\"type\":\"c\",\"value\":null}");
	nos_buf_release(&out);
	assert_int_equal(batch.items[0].text.len, 0);
	assert_null(batch.items[0].object);
}

static void a_bad_line_is_noted_and_the_others_are_kept(void **state)
{
	(void)state;
	assert_int_equal(decode("type,value\na,1\n\"b,2\n,3\nd,\xff\ne,4"), NOS_OK);
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.items[1].index, 4);
	assert_int_equal(batch.reject_count, 3);
	assert_string_equal(batch.rejects[0].err.text, "a quote is not closed");
	assert_string_equal(batch.rejects[2].err.text, "not UTF-8");
}

static void a_body_whose_header_is_bad_is_refused(void **state)
{
	(void)state;
	assert_int_equal(decode("a,b,a\n1,2,3\n"), NOS_DATA);
	assert_string_equal(err.text, "header: two columns are named 'a'");
	assert_int_equal(decode("\"a\n1\n"), NOS_DATA);
	assert_int_equal(decode("type,val\na,1\n"), NOS_DATA);
	assert_string_equal(err.text, "header: there is no column 'value', which holds the value");
	assert_string_equal(err.field, "value");
	assert_int_equal(decode("type,value\ra,1\r"), NOS_DATA);
	assert_int_equal(decode("type,value\na,1\n"), NOS_OK);
	assert_int_equal(batch.count, 1);
}

static void line_by_line_the_header_is_remembered(void **state)
{
	(void)state;
	nos_batch_release(&batch);
	assert_int_equal(line("type,value\r"), NOS_OK);
	assert_int_equal(batch.count + batch.reject_count, 0);
	assert_int_equal(line("a,1"), NOS_OK);
	assert_int_equal(batch.count, 1);
	assert_int_equal(line("\"b"), NOS_DATA);
	assert_int_equal(line("type,2"), NOS_OK);
	assert_int_equal(batch.items[0].index, 0);
	assert_str(batch.items[0].reading.type, "type");
}

/* Or a line of numbers would be taken for the next header. */
static void behind_a_header_that_is_bad_no_line_is_good(void **state)
{
	static const char *const headers[] = { "type,type", "\"type", "type;value" };

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		nos_batch_release(&batch);
		assert_int_equal(line(headers[i]), NOS_DATA);
		assert_true(batch.over);
		assert_int_equal(line("type,value"), NOS_OK);
		assert_int_equal(batch.reject_count, 1);
		assert_int_equal(line("a,1"), NOS_OK);
		assert_int_equal(batch.reject_count, 1);
	}
}

static int drop(void **state)
{
	(void)state;
	nos_batch_release(&batch);
	nos_scan_release(&scan);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_behind_a_header_are_readings),
		cmocka_unit_test(a_bad_line_is_noted_and_the_others_are_kept),
		cmocka_unit_test(a_body_whose_header_is_bad_is_refused),
		cmocka_unit_test(line_by_line_the_header_is_remembered),
		cmocka_unit_test(behind_a_header_that_is_bad_no_line_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, drop);
}
