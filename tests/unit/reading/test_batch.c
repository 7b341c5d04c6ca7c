/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "reading/batch.h"

static struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
static struct nos_batch batch;
static struct nos_err err;

static enum nos_code decode(enum nos_batch_form form, const char *text)
{
	const struct nos_batch_how how = { .form = form, .now = { 1547812800000 } };

	err = (struct nos_err){ 0 };
	return nos_batch_decode(&batch, &how, nos_str_of(text), 10, &scan, &err);
}

#define A "{\"type\":\"a\",\"value\":1}"
#define B "{\"type\":\"\\u0062\",\"value\":\"\\u0078y\",\"unit\":\"\\u00b0C\"}"

static void lines_are_readings_and_blank_ones_are_none(void **state)
{
	(void)state;
	assert_int_equal(decode(NOS_BATCH_NDJSON, A "\r\n\n  \n" B "\n" A), NOS_OK);
	assert_int_equal(batch.count, 3);
	assert_int_equal(batch.items[2].index, 2);
	assert_str(batch.items[0].reading.type, "a");
	assert_str(batch.items[1].reading.type, "b");
	assert_str(batch.items[1].reading.text, "xy");
	assert_str(batch.items[1].reading.unit, "\xc2\xb0\x43");
	assert_int_equal(decode(NOS_BATCH_NDJSON, ""), NOS_OK);
	assert_int_equal(batch.count, 0);
}

static void a_bad_one_is_noted_with_its_index_and_the_others_are_kept(void **state)
{
	(void)state;
	assert_int_equal(decode(NOS_BATCH_NDJSON, A "\n{\n[" A ",{\"value\":1}]\n" A "\n"), NOS_OK);
	assert_int_equal(batch.count, 3);
	assert_int_equal(batch.reject_count, 2);
	assert_int_equal(batch.rejects[0].index, 1);
	assert_int_equal(batch.rejects[1].index, 3);
	assert_string_equal(batch.rejects[1].err.text, "type is missing");
	assert_int_equal(batch.items[1].index, 2);
	assert_int_equal(batch.items[2].index, 4);
}

static void one_is_taken_off_and_the_rejects_stay_in_order(void **state)
{
	static const uint32_t left[] = { 1, 2, 4 };
	struct nos_err why = { .code = NOS_LARGE, .text = "too many types" };

	(void)state;
	assert_int_equal(decode(NOS_BATCH_NDJSON, A "\n{\n" B "\n" A "\nx"), NOS_OK);
	nos_batch_reject_item(&batch, 1, &why);
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.items[1].index, 3);
	assert_int_equal(batch.reject_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(batch.rejects[i].index, left[i]);
	assert_int_equal(batch.rejects[1].err.code, NOS_LARGE);
}

static void json_is_one_reading_or_an_array(void **state)
{
	(void)state;
	assert_int_equal(decode(NOS_BATCH_JSON, A), NOS_OK);
	assert_int_equal(batch.count, 1);
	assert_int_equal(decode(NOS_BATCH_JSON, "[" A ",1," B "]"), NOS_OK);
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.reject_count, 1);
	assert_int_equal(decode(NOS_BATCH_JSON, "[" A), NOS_DATA);
	assert_int_equal(decode(NOS_BATCH_JSON, A "\n" A), NOS_DATA);
}

static void more_readings_than_the_limit_are_refused_whole(void **state)
{
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 4096);
	for (int i = 0; i < 10; i++)
		nos_buf_add_text(&b, i % 2 ? A "\n" : "x\n");
	assert_int_equal(decode(NOS_BATCH_NDJSON, b.p), NOS_OK);
	nos_buf_add_text(&b, "x\n");
	assert_int_equal(decode(NOS_BATCH_NDJSON, b.p), NOS_LARGE);
	nos_buf_release(&b);
}

static void a_form_is_known_by_its_media_type(void **state)
{
	enum nos_batch_form form;

	(void)state;
	assert_true(nos_batch_form_parse(NOS_STR("application/x-ndjson"), &form));
	assert_int_equal(form, NOS_BATCH_NDJSON);
	assert_true(nos_batch_form_parse(NOS_STR("json"), &form));
	assert_int_equal(form, NOS_BATCH_JSON);
	assert_false(nos_batch_form_parse(NOS_STR("application/cbor"), &form));
	assert_false(nos_batch_form_parse(NOS_STR(""), &form));
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
		cmocka_unit_test(lines_are_readings_and_blank_ones_are_none),
		cmocka_unit_test(a_bad_one_is_noted_with_its_index_and_the_others_are_kept),
		cmocka_unit_test(one_is_taken_off_and_the_rejects_stay_in_order),
		cmocka_unit_test(json_is_one_reading_or_an_array),
		cmocka_unit_test(more_readings_than_the_limit_are_refused_whole),
		cmocka_unit_test(a_form_is_known_by_its_media_type),
	};

	return cmocka_run_group_tests(tests, NULL, drop);
}
