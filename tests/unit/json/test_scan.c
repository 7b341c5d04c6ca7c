/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <jansson.h>

#include "json/encode.h"
#include "json/scan.h"

static struct nos_err err;

static enum nos_code scan_of(const char *text)
{
	struct nos_scan s = { 0 };
	enum nos_code code = nos_scan_parse(&s, nos_str_of(text), &err);

	nos_scan_release(&s);
	return code;
}

static void what_is_not_json_is_refused(void **state)
{
	static const char *const texts[] = { "", " ", "{", "[", "\"a", "{\"a\"}", "{\"a\":}",
		"{\"a\":1,}", "{,\"a\":1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\",\"b\"}",
		"{a:1}", "{1:2}", "{\"a\":1:2}", "[1,]", "[,1]", "[1 2]", "[1,,2]", "[1}",
		"{\"a\":1]", "1 2", "{} {}", "truex", "nul", "01", "+1", ".5", "1.", "1e", "0x1",
		"NaN", "-nan", "'a'", "\"\t\"", "\"\\x\"", "\"\\u12g4\"", "\"\xff\"",
		"{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "]", "}", ":", ",", "{]",
		"[\"a\":1]", "{\"a\":{\"b\":1,\"b\":1}}", "{\"a\":1}x", "x{\"a\":1}", "\"a\"\"b\"",
		"[\"a\"\"b\"]", "{\"a\"\"b\":1}", "[1:2]", "{\"a\":1,2}", "{\"a\":[1}", "/**/1" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (scan_of(texts[i]) != NOS_DATA)
			fail_msg("taken: %s", texts[i]);
}

static void what_is_json_is_taken(void **state)
{
	static const char *const texts[] = { "0", "-0.5e+10", "true", "null", "\"\"", "[]", "{}",
		" [ ] ", "{ \"a\" : [ 1 , {\"b\":\"c\"} , \"d\" ] , \"e\" : null }\r\n",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"", "[[[[1]]]]", "{\"a\":{\"a\":{\"a\":1}}}",
		"\"\xc3\xa4\"", "{\"a b\":\"]}\"}", "-1e999" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (scan_of(texts[i]) != NOS_OK)
			fail_msg("refused: %s: %s", texts[i], err.text);
}

static void nesting_and_members_have_limits(void **state)
{
	struct nos_scan s = { .depth = 16 };
	char deep[100];
	struct nos_buf b;

	(void)state;
	memset(deep, '[', 16);
	memset(deep + 16, ']', 16);
	assert_int_equal(nos_scan_parse(&s, (struct nos_str){ deep, 32 }, &err), NOS_OK);
	memset(deep, '[', 17);
	memset(deep + 17, ']', 17);
	assert_int_equal(nos_scan_parse(&s, (struct nos_str){ deep, 34 }, &err), NOS_LARGE);
	nos_buf_init(&b, 1 << 20);
	nos_buf_add_char(&b, '{');
	for (int i = 0; i <= NOS_SCAN_MEMBERS_MAX; i++)
		nos_buf_addf(&b, "%s\"m%d\":0", i ? "," : "", i);
	nos_buf_add_char(&b, '}');
	assert_int_equal(nos_scan_parse(&s, nos_buf_str(&b), &err), NOS_LARGE);
	nos_buf_release(&b);
	nos_scan_release(&s);
}

static void members_are_found_by_what_their_name_means(void **state)
{
	struct nos_scan s = { .not_finite = true };
	const struct nos_scan_value *v;
	struct nos_buf space;
	struct nos_str text;
	uint32_t at = 0;

	(void)state;
	nos_buf_init(&space, 100);
	assert_int_equal(
	    nos_scan_parse(&s,
		NOS_STR("{\"x\":[1,[2],\"\\ud83d\\ude00\"],\"t\\u0079pe\":\"rain\",\"v\":-nan}"),
		&err),
	    NOS_OK);
	v = nos_scan_get(&s, &s.values[0], "type");
	assert_non_null(v);
	assert_str(v->raw, "rain");
	assert_int_equal(nos_scan_get(&s, &s.values[0], "v")->kind, NOS_SCAN_NOT_FINITE);
	assert_null(nos_scan_get(&s, &s.values[0], "y"));
	v = nos_scan_get(&s, &s.values[0], "x");
	for (int i = 0; i < 3; i++) {
		const struct nos_scan_value *element;

		assert_true(nos_scan_element(&s, v, &at, &element));
		if (i == 2) {
			assert_true(nos_scan_text(element, &space, &text));
			assert_str(text, "\xf0\x9f\x98\x80");
		}
	}
	assert_false(nos_scan_element(&s, v, &at, &v));
	nos_buf_release(&space);
	nos_scan_release(&s);
}

static void an_unpaired_surrogate_is_no_text(void **state)
{
	static const char *const texts[] = { "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83dx\"",
		"\"\\ud83d\\u0041\"" };
	struct nos_scan s = { 0 };
	struct nos_buf space;
	struct nos_str text;

	(void)state;
	nos_buf_init(&space, 100);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(nos_scan_parse(&s, nos_str_of(texts[i]), &err), NOS_OK);
		assert_false(nos_scan_text(&s.values[0], &space, &text));
	}
	nos_buf_release(&space);
	nos_scan_release(&s);
}

/* Mutations of a good text: jansson, which is strict, and the scan must say the same of each. */
static void the_scan_and_jansson_agree_on_mutated_texts(void **state)
{
	static const char good[] =
	    "{\"type\":\"air\",\"value\":-7.9,\"list\":[1,true,null,{\"a\":\"b\\n\"}],\"t\":15e2}";
	static const char alphabet[] = "{}[]:,\"\\ 0123456789.-+eEtrufalsn\tx";
	unsigned seed = (unsigned)time(NULL);
	struct nos_scan s = { 0 };

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 20000; round++) {
		char text[sizeof(good)];
		json_error_t why = { 0 };
		json_t *twin;
		enum nos_code code;
		bool takes;

		memcpy(text, good, sizeof(good));
		for (int n = 0; n < 1 + round % 3; n++) {
			size_t at = (size_t)rand_r(&seed) % (sizeof(good) - 1);

			text[at] = alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
		}
		twin = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
		/* A number over a double's range is one, which a reading keeps as missing. */
		takes = twin || json_error_code(&why) == json_error_numeric_overflow;
		code = nos_scan_parse(&s, nos_str_of(text), &err);
		if (takes != (code == NOS_OK))
			fail_msg("jansson %s, the scan %s: %s", takes ? "takes" : "refuses",
			    code ? "refuses" : "takes", text);
		json_decref(twin);
	}
	nos_scan_release(&s);
}

static void what_is_encoded_is_read_back_as_it_was(void **state)
{
	struct nos_buf b;
	struct nos_scan s = { 0 };
	struct nos_buf space;
	struct nos_str text;

	(void)state;
	nos_buf_init(&b, 1000);
	nos_buf_init(&space, 1000);
	nos_buf_add_char(&b, '{');
	nos_encode_member_text(&b, "a", NOS_STR("q\" b\\ n\n c\x01 \xc3\xa4"));
	nos_encode_member_uint(&b, "n", 17);
	nos_encode_member_number(&b, "v", 0.8665333333);
	nos_encode_member_time(&b, "t", (struct nos_time){ 1547813280480 });
	nos_encode_member_bytes(&b, "k", "\xfb\xff", 2);
	nos_encode_member_bool(&b, "f", true);
	nos_buf_add_char(&b, '}');
	assert_buf(&b,
	    "{\"a\":\"q\\\" b\\\\ n\\n c\\u0001 \xc3\xa4\",\"n\":17,\"v\":0.866533,\"t\":1547813280.48,\"k\":\"-_8\",\"f\":true}");
	assert_int_equal(nos_scan_parse(&s, nos_buf_str(&b), &err), NOS_OK);
	assert_true(nos_scan_text(nos_scan_get(&s, &s.values[0], "a"), &space, &text));
	assert_str(text, "q\" b\\ n\n c\x01 \xc3\xa4");
	nos_buf_truncate(&b, 0);
	nos_encode_text(&b, NOS_STR("a\xff\xc3\xa4\xc3"));
	assert_buf(&b, "\"a\\ufffd\xc3\xa4\\ufffd\"");
	nos_buf_release(&b);
	nos_buf_release(&space);
	nos_scan_release(&s);
}

/* Two names that are equal but for their last letter; found by fuzzing, under asan. */
static void long_names_with_escapes_are_compared_by_all_that_they_mean(void **state)
{
	struct nos_scan s = { 0 };
	char name[300], text[700];

	(void)state;
	memset(name, 'I', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "{\"\\\\%sa\":1,\"\\\\%sb\":2}", name, name);
	assert_int_equal(nos_scan_parse(&s, nos_str_of(text), &err), NOS_OK);
	snprintf(text, sizeof(text), "{\"\\\\%sa\":1,\"\\\\%s\\u0061\":2}", name, name);
	assert_int_equal(nos_scan_parse(&s, nos_str_of(text), &err), NOS_DATA);
	assert_string_equal(err.text, "a member stands twice");
	nos_scan_release(&s);
}

static void an_object_may_have_as_many_members_as_the_scan_says(void **state)
{
	struct nos_scan s = { .members = 1000 };
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	nos_buf_init(&b, 1 << 20);
	nos_buf_add_char(&b, '{');
	for (int i = 0; i < 999; i++)
		nos_buf_addf(&b, "\"m%d\":%d,", i, i);
	nos_buf_add_text(&b, "\"n\":1}");
	assert_int_equal(nos_scan_parse(&s, nos_buf_str(&b), &err), NOS_OK);
	assert_str(nos_scan_get(&s, s.values, "m998")->raw, "998");
	/* The same name, written in another way. */
	nos_buf_truncate(&b, b.len - strlen("\"n\":1}"));
	nos_buf_add_text(&b, "\"\\u006d500\":1}");
	assert_int_equal(nos_scan_parse(&s, nos_buf_str(&b), &err), NOS_DATA);
	assert_string_equal(err.text, "a member stands twice");
	assert_int_equal(err.offset, b.len - strlen("\\u006d500\":1}"));
	nos_buf_truncate(&b, b.len - strlen("\"\\u006d500\":1}"));
	nos_buf_add_text(&b, "\"n\":1,\"o\":1}");
	assert_int_equal(nos_scan_parse(&s, nos_buf_str(&b), &err), NOS_LARGE);
	nos_scan_release(&s);
}

static void a_place_is_a_line_and_a_character(void **state)
{
	struct nos_str text = NOS_STR("{\n \xc3\xa4!\n\n?");
	static const char *const places[] = { "line 1, column 1: x", "line 1, column 2: x",
		"line 2, column 1: x", "line 2, column 2: x", NULL, "line 2, column 3: x",
		"line 2, column 4: x", "line 3, column 1: x", "line 4, column 1: x",
		"line 4, column 2: x", "line 4, column 2: x" };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		nos_err_set(&err, NOS_DATA, "x");
		nos_err_at(&err, i);
		assert_int_equal(nos_scan_place(text, i, &err), NOS_DATA);
		assert_false(err.has_offset);
		if (places[i])
			assert_string_equal(err.text, places[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(what_is_json_is_taken),
		cmocka_unit_test(nesting_and_members_have_limits),
		cmocka_unit_test(members_are_found_by_what_their_name_means),
		cmocka_unit_test(long_names_with_escapes_are_compared_by_all_that_they_mean),
		cmocka_unit_test(an_object_may_have_as_many_members_as_the_scan_says),
		cmocka_unit_test(a_place_is_a_line_and_a_character),
		cmocka_unit_test(an_unpaired_surrogate_is_no_text),
		cmocka_unit_test(the_scan_and_jansson_agree_on_mutated_texts),
		cmocka_unit_test(what_is_encoded_is_read_back_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
