/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <pty.h>
#include <signal.h>
#include <unistd.h>

#include "cli/table.h"

static const struct nos_table_column columns[] = {
	{ "source" },
	{ "since", NOS_TABLE_TIME },
	{ "age", NOS_TABLE_SPAN },
	{ "kinds" },
	{ 0 },
};

static const char *const rows[] = {
	"{\"source\":\"a\",\"since\":1547812800,\"age\":43200,\"kinds\":[\"x\",\"y\"],\"more\":1}",
	"{\"source\":\"gr\xc3\xbc\xc3\x9f dich\",\"age\":0.25,\"kinds\":null}",
	"{\"since\":1547812800.5,\"source\":\"a,\\\"b\\\"\",\"kinds\":[]}",
};

static struct nos_err err;

/* The rows in a format, as they come out of a file; the caller frees. */
static char *print(const char *format, const char *const *from, size_t count)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct nos_table t;

	nos_table_init(&t, columns, format, out);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(nos_table_add(&t, nos_str_of(from[i]), &err), NOS_OK);
	assert_int_equal(nos_table_finish(&t, &err), NOS_OK);
	nos_table_release(&t);
	fclose(out);
	return text;
}

static void assert_prints(
    const char *format, const char *const *from, size_t count, const char *expected)
{
	char *text = print(format, from, count);

	assert_string_equal(text, expected);
	free(text);
}

static void a_table_is_aligned_and_for_people(void **state)
{
	(void)state;
	assert_prints("table", rows, 3,
	    "source     since                 age    kinds\n"
	    "a          2019-01-18T12:00:00Z  12h    x y\n"
	    "gr\xc3\xbc\xc3\x9f dich  -                     250ms  -\n"
	    "a,\"b\"      2019-01-18T12:00:00Z  -      -\n");
}

static void csv_is_quoted_where_it_must_be_and_keeps_numbers(void **state)
{
	static const char *const lines[] = { "{\"source\":\"a\\nb\",\"kinds\":\"c\\rd\"}" };

	(void)state;
	assert_prints("csv", rows, 3,
	    "source,since,age,kinds\n"
	    "a,1547812800,43200,x y\n"
	    "gr\xc3\xbc\xc3\x9f dich,,0.25,\n"
	    "\"a,\"\"b\"\"\",1547812800.5,,\n");
	assert_prints("csv", lines, 1, "source,since,age,kinds\n\"a\nb\",,,\"c\rd\"\n");
}

static void json_is_a_line_a_row_as_it_came(void **state)
{
	char expected[500];

	(void)state;
	snprintf(expected, sizeof(expected), "%s\n%s\n%s\n", rows[0], rows[1], rows[2]);
	assert_prints("json", rows, 3, expected);
	assert_prints(NULL, rows, 3, expected);
}

static void without_a_row_the_header_alone_is_printed(void **state)
{
	(void)state;
	assert_prints("table", rows, 0, "source  since  age  kinds\n");
	assert_prints("csv", rows, 0, "source,since,age,kinds\n");
	assert_prints("json", rows, 0, "");
}

static void what_is_no_time_and_no_span_is_printed_as_it_is(void **state)
{
	static const char *const odd[] = {
		"{\"source\":true,\"since\":\"soon\",\"age\":-1,\"kinds\":{\"a\": [1]}}",
		"{\"source\":1e3,\"since\":1e30,\"age\":1e30,\"kinds\":\"\"}",
	};

	(void)state;
	assert_prints("table", odd, 2,
	    "source  since  age   kinds\n"
	    "true    soon   -1    {\"a\": [1]}\n"
	    "1e3     1e30   1e30  -\n");
}

static void a_terminal_gets_no_control_byte(void **state)
{
	static const char *const evil[] = {
		"{\"source\":\"\\u001b[2J\\u0000\\n\xc2\x9b\x31m\xc2\xa0\\u007f\"}"
	};

	(void)state;
	assert_prints("table", evil, 1,
	    "source        since  age  kinds\n"
	    "?[2J????1m\xc2\xa0?  -      -    -\n");
}

static void the_widths_are_fixed_by_the_first_rows(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct nos_table t;

	(void)state;
	nos_table_init(&t, columns, "table", out);
	for (int i = 0; i < NOS_TABLE_ROWS_MAX; i++) {
		fflush(out);
		assert_int_equal(len, 0);
		assert_int_equal(nos_table_add(&t, NOS_STR("{\"source\":\"12345678\"}"), &err), 0);
	}
	fflush(out);
	assert_int_equal(len, (NOS_TABLE_ROWS_MAX + 1) * strlen("12345678  -      -    -\n") + 4);
	assert_int_equal(nos_table_add(&t, NOS_STR("{\"source\":\"123456789\"}"), &err), NOS_OK);
	fflush(out);
	assert_string_equal(
	    strrchr(text, '1'), "123456789  -      -    -\n"); /* one wider than its column */
	assert_int_equal(nos_table_finish(&t, &err), NOS_OK);
	nos_table_release(&t);
	fclose(out);
	free(text);
}

static void a_row_that_is_no_object_is_refused(void **state)
{
	struct nos_table t;

	(void)state;
	nos_table_init(&t, columns, "json", stdout);
	assert_int_equal(nos_table_add(&t, NOS_STR("[1]"), &err), NOS_DATA);
	assert_int_equal(nos_table_add(&t, NOS_STR("{\"a\":"), &err), NOS_DATA);
	nos_table_release(&t);
}

static void a_full_disk_is_told_at_the_end_and_a_reader_that_has_gone_is_not(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct nos_table t;
	int ends[2];
	FILE *gone;

	(void)state;
	nos_table_init(&t, columns, "csv", full);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(nos_table_add(&t, nos_str_of(rows[0]), &err), NOS_OK);
	assert_int_equal(nos_table_finish(&t, &err), NOS_IO);
	assert_string_equal(err.text, "output: No space left on device");
	nos_table_release(&t);
	fclose(full);

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	gone = fdopen(ends[1], "w");
	nos_table_init(&t, columns, "table", gone);
	assert_int_equal(nos_table_add(&t, nos_str_of(rows[0]), &err), NOS_OK);
	assert_int_equal(nos_table_finish(&t, &err), NOS_OK);
	nos_table_release(&t);
	fclose(gone);
}

static void a_terminal_gets_a_table_where_no_format_is_given(void **state)
{
	int master, slave;
	struct nos_table t;
	FILE *out;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	out = fdopen(slave, "w");
	nos_table_init(&t, columns, NULL, out);
	assert_int_equal(t.format, NOS_TABLE_TABLE);
	nos_table_release(&t);
	nos_table_init(&t, columns, "json", out);
	assert_int_equal(t.format, NOS_TABLE_JSON);
	nos_table_release(&t);
	fclose(out);
	close(master);
}

/* What stdio held would stay in its memory. */
static void rows_with_secrets_are_the_same_and_are_out_at_once(void **state)
{
	static const char *const formats[] = { "json", "csv", "table" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *expected = print(formats[i], rows, 3), text[1000] = "";
		FILE *out = tmpfile();
		struct nos_table t;

		nos_table_init(&t, columns, formats[i], out);
		nos_table_secret(&t);
		for (size_t row = 0; row < 3; row++)
			assert_int_equal(nos_table_add(&t, nos_str_of(rows[row]), &err), NOS_OK);
		if (i < 2)
			assert_int_equal(
			    pread(fileno(out), text, sizeof(text) - 1, 0), strlen(expected));
		assert_int_equal(nos_table_finish(&t, &err), NOS_OK);
		assert_int_equal(pread(fileno(out), text, sizeof(text) - 1, 0), strlen(expected));
		assert_string_equal(text, expected);
		assert_true(t.row.secret && t.held.secret && t.space.secret);
		nos_table_release(&t);
		fclose(out);
		free(expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_aligned_and_for_people),
		cmocka_unit_test(csv_is_quoted_where_it_must_be_and_keeps_numbers),
		cmocka_unit_test(json_is_a_line_a_row_as_it_came),
		cmocka_unit_test(without_a_row_the_header_alone_is_printed),
		cmocka_unit_test(what_is_no_time_and_no_span_is_printed_as_it_is),
		cmocka_unit_test(a_terminal_gets_no_control_byte),
		cmocka_unit_test(the_widths_are_fixed_by_the_first_rows),
		cmocka_unit_test(a_row_that_is_no_object_is_refused),
		cmocka_unit_test(a_full_disk_is_told_at_the_end_and_a_reader_that_has_gone_is_not),
		cmocka_unit_test(a_terminal_gets_a_table_where_no_format_is_given),
		cmocka_unit_test(rows_with_secrets_are_the_same_and_are_out_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
