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

static enum nos_code line(enum nos_batch_form form, const char *text, bool *ret_many)
{
	const struct nos_batch_how how = { .form = form, .now = { 1547812800000 } };

	err = (struct nos_err){ 0 };
	return nos_batch_line(&batch, &how, nos_str_of(text), 10, &scan, ret_many, &err);
}

#define A    "{\"type\":\"a\",\"value\":1}"
#define PACK "[{\"bn\":\"d:\",\"n\":\"m\",\"v\":1},{\"n\":\"n\",\"v\":2}]"
#define B    "{\"type\":\"\\u0062\",\"value\":\"\\u0078y\",\"unit\":\"\\u00b0C\"}"

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

static void a_pack_of_senml_is_known_by_its_look_in_every_form_of_json(void **state)
{
	(void)state;
	assert_int_equal(decode(NOS_BATCH_JSON, PACK), NOS_OK);
	assert_int_equal(batch.count, 2);
	assert_str(batch.items[1].reading.type, "n");
	assert_int_equal(batch.items[1].text.len, 0);
	assert_null(batch.items[1].object);
	assert_int_equal(decode(NOS_BATCH_JSON, "[{\"v\":1}]"), NOS_DATA);
	assert_int_equal(decode(NOS_BATCH_NDJSON, A "\n" PACK "\n[{\"v\":1}]\n" A), NOS_OK);
	assert_int_equal(batch.count, 4);
	assert_str(batch.items[3].reading.type, "a");
	assert_int_equal(batch.rejects[0].index, 3);
	assert_string_equal(batch.rejects[0].err.text, "record 1: no name");
	/* As SenML it is one whatever its look. */
	assert_int_equal(decode(NOS_BATCH_SENML, A), NOS_DATA);
	assert_int_equal(decode(NOS_BATCH_SENML, "[" A "]"), NOS_DATA);
}

/* What a line stands for may be longer than all of the body, and others stand before it. */
static void what_a_line_stands_for_does_not_move_what_was_read_before(void **state)
{
	const struct nos_batch_how how = { .form = NOS_BATCH_NDJSON };
	const int lines = 100;
	struct nos_buf b;

	(void)state;
	err = (struct nos_err){ 0 };
	nos_buf_init(&b, 1 << 20);
	for (int i = 0; i < lines; i++) {
		nos_buf_addf(&b, "{\"type\":\"\\u0061%d\",\"value\":\"\\u0062%d\"}\n", i, i);
		nos_buf_addf(&b, "[{\"bn\":\"\\u0063%040d\",\"bu\":\"W\",\"bs\":0.5,", i);
		nos_buf_addf(&b, "\"t\":%d,\"s\":1},{\"s\":2},{\"s\":3},{\"s\":4}]\n", i);
	}
	assert_int_equal(
	    nos_batch_decode(&batch, &how, nos_buf_str(&b), 1000, &scan, &err), NOS_OK);
	assert_int_equal(batch.count, 5 * lines);
	for (int i = 0; i < lines; i++) {
		const struct nos_batch_item *own = &batch.items[5 * i];
		char text[64];

		snprintf(text, sizeof(text), "a%d", i);
		assert_str(own->reading.type, text);
		snprintf(text, sizeof(text), "b%d", i);
		assert_str(own->reading.text, text);
		snprintf(text, sizeof(text), "c%040d_sum", i);
		assert_str(own[1].reading.type, text);
		assert_str(own[4].reading.type, text);
		assert_str(own[4].reading.unit, "W.s");
		assert_str(own[4].reading.text, "4.5");
		assert_null(own->object);
	}
	nos_buf_release(&b);
}

static void a_line_tells_whether_it_is_one_reading_or_several(void **state)
{
	bool many;

	(void)state;
	assert_int_equal(line(NOS_BATCH_NDJSON, " " A "\r", &many), NOS_OK);
	assert_false(many);
	assert_int_equal(batch.count, 1);
	assert_str(batch.items[0].text, A);
	assert_ptr_equal(batch.items[0].object, scan.values);
	assert_int_equal(line(NOS_BATCH_NDJSON, "[" A "]", &many), NOS_OK);
	assert_true(many);
	assert_str(batch.items[0].text, A);
	assert_non_null(nos_scan_get(&scan, batch.items[0].object, "type"));
	assert_int_equal(line(NOS_BATCH_NDJSON, PACK, &many), NOS_OK);
	assert_true(many);
	assert_int_equal(batch.count, 2);
	assert_int_equal(line(NOS_BATCH_NDJSON, "{\"value\":1}", &many), NOS_OK);
	assert_int_equal(batch.reject_count, 1);
	assert_int_equal(batch.rejects[0].index, 0);
}

static void a_line_that_is_not_good_as_a_whole_is_an_error(void **state)
{
	bool many;

	(void)state;
	assert_int_equal(line(NOS_BATCH_NDJSON, "{", &many), NOS_DATA);
	assert_int_equal(line(NOS_BATCH_NDJSON, "[{\"v\":1}]", &many), NOS_DATA);
	assert_int_equal(line(NOS_BATCH_SENML, A, &many), NOS_DATA);
	assert_int_equal(batch.count + batch.reject_count, 0);
}

static void items_and_rejects_are_stepped_through_together(void **state)
{
	const struct nos_batch_item *item;
	const struct nos_batch_reject *reject;
	size_t at[2] = { 0 };
	char seen[8] = "";

	(void)state;
	assert_int_equal(decode(NOS_BATCH_NDJSON, "x\n" A "\n{\n" A "\n" A "\ny"), NOS_OK);
	for (uint32_t i = 0; i < 7 && nos_batch_next(&batch, at, &item, &reject); i++) {
		assert_true(!item != !reject);
		assert_int_equal(item ? item->index : reject->index, i);
		seen[i] = item ? '+' : '-';
	}
	assert_string_equal(seen, "-+-++-");
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
	assert_true(nos_batch_form_parse(NOS_STR("application/senml+json"), &form));
	assert_int_equal(form, NOS_BATCH_SENML);
	assert_true(nos_batch_form_parse(NOS_STR("text/csv"), &form));
	assert_int_equal(form, NOS_BATCH_CSV);
	for (int i = NOS_BATCH_JSON; i <= NOS_BATCH_CSV; i++) {
		assert_true(nos_batch_form_parse(
		    nos_str_of(nos_batch_form_text((enum nos_batch_form)i)), &form));
		assert_int_equal(form, i);
	}
	assert_false(nos_batch_form_parse(NOS_STR("csv"), &form));
	assert_false(nos_batch_form_parse(NOS_STR("application/text/csv"), &form));
	assert_false(nos_batch_form_parse(NOS_STR("application/cbor"), &form));
	assert_false(nos_batch_form_parse(NOS_STR(""), &form));
}

static void a_byte_order_mark_before_a_body_is_passed_over(void **state)
{
	(void)state;
	for (int form = NOS_BATCH_JSON; form <= NOS_BATCH_NDJSON; form++) {
		assert_int_equal(decode((enum nos_batch_form)form, "\xef\xbb\xbf" A), NOS_OK);
		assert_int_equal(batch.count, 1);
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
		cmocka_unit_test(lines_are_readings_and_blank_ones_are_none),
		cmocka_unit_test(a_bad_one_is_noted_with_its_index_and_the_others_are_kept),
		cmocka_unit_test(one_is_taken_off_and_the_rejects_stay_in_order),
		cmocka_unit_test(json_is_one_reading_or_an_array),
		cmocka_unit_test(a_pack_of_senml_is_known_by_its_look_in_every_form_of_json),
		cmocka_unit_test(what_a_line_stands_for_does_not_move_what_was_read_before),
		cmocka_unit_test(a_line_tells_whether_it_is_one_reading_or_several),
		cmocka_unit_test(a_line_that_is_not_good_as_a_whole_is_an_error),
		cmocka_unit_test(items_and_rejects_are_stepped_through_together),
		cmocka_unit_test(more_readings_than_the_limit_are_refused_whole),
		cmocka_unit_test(a_form_is_known_by_its_media_type),
		cmocka_unit_test(a_byte_order_mark_before_a_body_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, drop);
}
