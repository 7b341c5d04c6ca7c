/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <stdlib.h>

#include "json/handwritten.h"

static const struct nos_handwritten_kind lists = {
	.is = "a list is", .begins = "a list begins", .max = 40, .members = 3
};

static struct nos_err err;
static struct nos_handwritten file;

static void open_file(const char *text)
{
	nos_err_clear(&err);
	assert_int_equal(nos_handwritten_open(&file, &lists, nos_str_of(text), &err), NOS_OK);
}

static const struct nos_scan_value *get(const char *name)
{
	const struct nos_scan_value *v = nos_scan_get(&file.scan, file.scan.values, name);

	assert_non_null(v);
	return v;
}

static void what_is_no_such_file_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "{\"v\":1,\n \"\xc3\xa4\" 2}", "line 2, column 3: " },
		{ "", "line 1, column 1: " },
		{ "{\"v\":1,\"a\":1,\"b\":1,\"c\":1}", "over 3 members in one object" },
		{ "                                         ", "a list is over 40 bytes" },
		{ "[1]", "a list is a JSON object" },
		{ "{}", "'v' is missing: a list begins with {\"v\":1" },
		{ "{\"b\":0}", "'v' is missing: a list begins with {\"v\":1" },
		{ "{\"v\":0}", "line 1, column 6: 'v' is not 1" },
		{ "{\"v\":1.0}", "line 1, column 6: 'v' is not 1" },
		{ "{\n\"v\":\"1\"}", "line 2, column 5: 'v' is not 1" },
		{ "{\"b\":0,\"v\":2}", "line 1, column 12: written by a newer nos" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		nos_err_clear(&err);
		assert_int_equal(
		    nos_handwritten_open(&file, &lists, nos_str_of(cases[i].text), &err),
		    NOS_CONFIG);
		assert_int_equal(err.code, NOS_CONFIG);
		assert_false(err.has_offset);
		if (!strstr(err.text, cases[i].why))
			fail_msg("%s: %s", cases[i].text, err.text);
		nos_handwritten_release(&file);
	}
}

static void the_version_is_no_member_however_it_is_written(void **state)
{
	static const char *const texts[] = { "{\"v\":1,\"a\":2}", "{\"a\":2,\"\\u0076\":1}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct nos_scan_value *name, *v;
		uint32_t at = 0;

		open_file(texts[i]);
		assert_true(nos_handwritten_member(&file, &at, &name, &v));
		assert_true(nos_str_is(name->raw, "a"));
		assert_true(nos_str_is(v->raw, "2"));
		assert_false(nos_handwritten_member(&file, &at, &name, &v));
		nos_handwritten_release(&file);
	}
}

static void a_fault_is_at_its_value_and_a_text_at_its_quote(void **state)
{
	const struct nos_scan_value *name, *v;
	uint32_t at = 0;

	(void)state;
	open_file("{\"v\":1,\n\"ab\":  7,\n\"c\": \"d\"}");
	assert_int_equal(nos_handwritten_wrong(&file, get("ab"), "ab", "is odd"), NOS_CONFIG);
	assert_string_equal(err.text, "line 2, column 8: 'ab' is odd");
	assert_int_equal(nos_handwritten_wrong(&file, get("c"), "c", "is odd"), NOS_CONFIG);
	assert_string_equal(err.text, "line 3, column 6: 'c' is odd");
	assert_true(nos_handwritten_member(&file, &at, &name, &v));
	assert_int_equal(nos_handwritten_unknown(&file, name), NOS_CONFIG);
	assert_string_equal(err.text, "line 2, column 1: 'ab' is not known");
	nos_err_set(&err, NOS_INTERNAL, "x");
	assert_int_equal(nos_handwritten_at(&file, v), NOS_INTERNAL);
	assert_string_equal(err.text, "line 2, column 8: x");
	nos_handwritten_release(&file);
}

static void a_string_alone_is_a_text(void **state)
{
	struct nos_str text;

	(void)state;
	open_file("{\"v\":1,\"a\":\"\\u00e4\\u0000b\",\"c\":\"\\ud800\"}");
	assert_false(nos_handwritten_text(&file, get("v"), &text));
	assert_false(nos_handwritten_text(&file, get("c"), &text));
	assert_true(nos_handwritten_text(&file, get("a"), &text));
	assert_true(nos_str_eq(text, NOS_STR("\xc3\xa4\0b")));
	nos_handwritten_release(&file);
}

/* Of the densest file: the sanitizer would see one that is kept behind the end. */
static void all_texts_and_numbers_of_a_file_are_kept_and_outlive_it(void **state)
{
	const struct nos_scan_value *name, *v;
	struct nos_str kept[24];
	size_t count = 0;
	uint32_t at = 0;
	char *texts;

	(void)state;
	open_file("{\"v\":1,\"\":[0,1,\"\",\"a\",\"\\n\",4,5,6,7,8]}");
	assert_true(nos_handwritten_member(&file, &at, &name, &v));
	kept[count++] = nos_handwritten_keep(&file, name->raw);
	for (at = 0; nos_scan_element(&file.scan, v, &at, &name);) {
		struct nos_str text = name->raw;

		(void)nos_handwritten_text(&file, name, &text);
		kept[count++] = nos_handwritten_keep(&file, text);
	}
	texts = nos_handwritten_take(&file);
	nos_handwritten_release(&file);
	assert_int_equal(count, 11);
	assert_string_equal(kept[0].p, "");
	assert_string_equal(kept[2].p, "1");
	assert_string_equal(kept[4].p, "a");
	assert_string_equal(kept[5].p, "\n");
	assert_string_equal(kept[10].p, "8");
	assert_ptr_equal(kept[0].p, texts);
	free(texts);
}

static void what_is_all_zero_or_was_not_taken_is_released(void **state)
{
	(void)state;
	file = (struct nos_handwritten){ 0 };
	nos_handwritten_release(&file);
	open_file("{\"v\":1,\"a\":\"b\"}");
	(void)nos_handwritten_keep(&file, get("a")->raw);
	nos_handwritten_release(&file);
	nos_handwritten_release(&file);
}

static void a_byte_order_mark_before_it_is_passed_over_and_no_column(void **state)
{
	(void)state;
	open_file("\xef\xbb\xbf{\"v\":1,\"a\":2}");
	assert_int_equal(nos_handwritten_wrong(&file, get("a"), "a", "is 2"), NOS_CONFIG);
	assert_string_equal(err.text, "line 1, column 12: 'a' is 2");
	nos_handwritten_release(&file);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_handwritten_open(&file, &lists, NOS_STR("\xef\xbb\xbf{\"v\":1,\n\"a\" 2}"), &err),
	    NOS_CONFIG);
	assert_non_null(strstr(err.text, "line 2, column "));
	nos_handwritten_release(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_such_file_is_refused_with_its_place),
		cmocka_unit_test(the_version_is_no_member_however_it_is_written),
		cmocka_unit_test(a_fault_is_at_its_value_and_a_text_at_its_quote),
		cmocka_unit_test(a_string_alone_is_a_text),
		cmocka_unit_test(all_texts_and_numbers_of_a_file_are_kept_and_outlive_it),
		cmocka_unit_test(what_is_all_zero_or_was_not_taken_is_released),
		cmocka_unit_test(a_byte_order_mark_before_it_is_passed_over_and_no_column),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
