/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "reading/csv.h"

static struct nos_csv csv;
static struct nos_err err;

/* The fields of a line, '|' behind each. */
static const char *fields(const char *line, char separator)
{
	static char text[256];
	size_t len = 0;

	err = (struct nos_err){ 0 };
	if (nos_csv_split(&csv, nos_str_of(line), separator, &err))
		return err.text;
	for (size_t i = 0; i < csv.count; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "%.*s|", NOS_STR_ARG(csv.fields[i]));
	return text;
}

static void fields_stand_between_separators(void **state)
{
	(void)state;
	assert_string_equal(fields("a,b,c", ','), "a|b|c|");
	assert_string_equal(fields("a;b,c;", ';'), "a|b,c||");
	assert_string_equal(fields("", ','), "|");
	assert_string_equal(fields(",", ','), "||");
	assert_string_equal(fields("a\t\tb\t", '\t'), "a||b||");
}

static void blanks_around_a_field_are_not_of_it(void **state)
{
	(void)state;
	assert_string_equal(fields("  a b\t, c ,\t,d\r", ','), "a b|c||d|");
	assert_string_equal(fields(" \" a \" , \"b\"\r", ','), " a |b|");
	assert_string_equal(fields(" a \t b ", '\t'), "a|b|");
}

static void what_is_quoted_may_hold_all_but_a_quote_alone(void **state)
{
	(void)state;
	assert_string_equal(
	    fields("\"a,b\",\"say \"\"x\"\"\",\"\",\"\"\"\"", ','), "a,b|say \"x\"||\"|");
	assert_string_equal(fields("5\" pipe,b\"", ','), "5\" pipe|b\"|");
}

static void a_quote_that_is_not_closed_is_refused(void **state)
{
	static const char *const lines[] = { "\"", "a,\"b", "\"a\"\"", "\"\"\"", "\"a,b" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_string_equal(fields(lines[i], ','), "a quote is not closed");
		assert_int_equal(err.code, NOS_DATA);
	}
	assert_string_equal(fields("\"a\"b,c", ','), "something stands behind a closing quote");
}

static void text_is_utf8_and_a_mark_before_it_is_passed_over(void **state)
{
	(void)state;
	assert_string_equal(fields("\xef\xbb\xbf\"a\",\xc2\xb0\x43", ','), "a|\xc2\xb0\x43|");
	assert_string_equal(fields("a,\xb0\x43", ','), "not UTF-8");
}

static void columns_have_a_limit(void **state)
{
	char line[NOS_CSV_COLUMNS_MAX + 1];

	(void)state;
	memset(line, ',', sizeof(line));
	line[NOS_CSV_COLUMNS_MAX - 1] = '\0';
	assert_int_equal(nos_csv_split(&csv, nos_str_of(line), ',', &err), NOS_OK);
	assert_int_equal(csv.count, NOS_CSV_COLUMNS_MAX);
	line[NOS_CSV_COLUMNS_MAX - 1] = ',';
	line[NOS_CSV_COLUMNS_MAX] = '\0';
	assert_int_equal(nos_csv_split(&csv, nos_str_of(line), ',', &err), NOS_LARGE);
}

static void a_header_names_the_columns_of_the_lines_behind_it(void **state)
{
	size_t at = 0;

	(void)state;
	nos_csv_begin(&csv);
	assert_false(nos_csv_column(&csv, NOS_STR("b"), &at));
	fields("a,\"b,\",,", ',');
	assert_int_equal(nos_csv_name(&csv, &err), NOS_OK);
	fields("\"1\",2,3,4", ',');
	assert_true(csv.has_names);
	assert_int_equal(csv.name_count, 4);
	assert_str(csv.names[0], "a");
	assert_true(nos_csv_column(&csv, NOS_STR("b,"), &at));
	assert_int_equal(at, 1);
	assert_false(nos_csv_column(&csv, NOS_STR("c"), &at));
	nos_csv_begin(&csv);
	assert_false(csv.has_names);
}

static void of_two_columns_with_one_name_none_is_known(void **state)
{
	size_t at;

	(void)state;
	nos_csv_begin(&csv);
	fields("b,a,b", ',');
	assert_int_equal(nos_csv_name(&csv, &err), NOS_DATA);
	assert_string_equal(err.text, "two columns are named 'b'");
	assert_true(csv.has_names);
	assert_false(nos_csv_column(&csv, NOS_STR("a"), &at));
}

static void a_carriage_return_ends_a_line_or_is_quoted(void **state)
{
	static const char *const lines[] = { "type,value\ra,1\rb,2\r", "a\r,b", "\ra", "\"a\"\r,b",
		"a,\"b\" \r\"c\"" };

	(void)state;
	assert_string_equal(fields("a,b\r", ','), "a|b|");
	assert_string_equal(fields("a,\"b\"\r\r", ','), "a|b|");
	assert_string_equal(fields("\"a\rb\",c", ','), "a\rb|c|");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_non_null(
		    strstr(fields(lines[i], ','), "a carriage return stands within the line"));
		assert_int_equal(err.code, NOS_DATA);
	}
}

static int drop(void **state)
{
	(void)state;
	nos_csv_release(&csv);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_stand_between_separators),
		cmocka_unit_test(blanks_around_a_field_are_not_of_it),
		cmocka_unit_test(what_is_quoted_may_hold_all_but_a_quote_alone),
		cmocka_unit_test(a_quote_that_is_not_closed_is_refused),
		cmocka_unit_test(text_is_utf8_and_a_mark_before_it_is_passed_over),
		cmocka_unit_test(columns_have_a_limit),
		cmocka_unit_test(a_header_names_the_columns_of_the_lines_behind_it),
		cmocka_unit_test(of_two_columns_with_one_name_none_is_known),
		cmocka_unit_test(a_carriage_return_ends_a_line_or_is_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, drop);
}
