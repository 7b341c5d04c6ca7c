/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/records.h"

static struct nos_err err;
static char space[NOS_PROCESSED_TOPIC_MAX];
static struct nos_records_query query;

static enum nos_code read_query(const char *text)
{
	nos_err_clear(&err);
	return nos_records_query(nos_str_of(text), space, &query, &err);
}

static void a_query_says_topic_place_and_number_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(read_query("topic=nos/1/k/s-1/a=20b&after=12&limit=7"), NOS_OK);
	assert_str(query.topic, "nos/1/k/s-1/a=20b");
	assert_int_equal(query.after, 12);
	assert_int_equal(query.limit, 7);
	assert_int_equal(read_query("after=3&topic=nos%2f1%2Fk/%73-1/a%3D20b"), NOS_OK);
	assert_str(query.topic, "nos/1/k/s-1/a=20b");
	assert_int_equal(query.after, 3);
	assert_int_equal(query.limit, NOS_RECORDS_LIMIT);
	assert_int_equal(read_query("limit=1000&topic=t"), NOS_OK);
	assert_int_equal(query.after, 0);
}

static void any_other_query_is_refused(void **state)
{
	static const char *const bad[] = { "", "topic", "topic=", "after=1", "topic=t&",
		"topic=t&x=1", "topic=t&topic=t", "topic=%4", "topic=%zz", "topic=%",
		"topic=t&after=-1", "topic=t&after=", "topic=t&after=9007199254740993",
		"topic=t&limit=0", "topic=t&limit=1001", "topic=t&limit=1x" };
	char text[2 * NOS_PROCESSED_TOPIC_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_query(bad[i]) != NOS_DATA)
			fail_msg("'%s' was taken", bad[i]);
	memset(text, 'x', sizeof(text));
	memcpy(text, "topic=", 6);
	text[6 + NOS_PROCESSED_TOPIC_MAX] = '\0';
	assert_int_equal(read_query(text), NOS_OK);
	text[6 + NOS_PROCESSED_TOPIC_MAX] = 'x';
	text[6 + NOS_PROCESSED_TOPIC_MAX + 1] = '\0';
	assert_int_equal(read_query(text), NOS_DATA);
}

static void a_topic_names_its_source_and_its_type(void **state)
{
	struct nos_job_newest newest;

	(void)state;
	nos_err_clear(&err);
	assert_int_equal(nos_records_topic(NOS_STR("nos/3/station/s-7f3a09c2e1/soil=20temp=2E"), 3,
			     &newest, &err),
	    NOS_OK);
	assert_string_equal(newest.track, "s-7f3a09c2e1");
	assert_str(((struct nos_str){ newest.type, newest.type_len }), "soil temp.");
	assert_int_equal(
	    nos_records_topic(NOS_STR("nos/3/station/anonymous/t"), 3, &newest, &err), NOS_OK);
	assert_string_equal(newest.track, "anonymous/station");
	assert_int_equal(
	    nos_records_topic(NOS_STR("nos/3/station/anonymous/t"), 4, &newest, &err), NOS_ABSENT);
}

static void what_is_no_data_topic_is_refused(void **state)
{
	static const char *const bad[] = { "", "nos", "nos/3", "nos/3/k", "nos/3/k/s-1",
		"nos/3/k/s-1/", "nos/3/k/s-1/t/u", "nos/0/k/s-1/t", "nos/x/k/s-1/t", "x/3/k/s-1/t",
		"nos/3//s-1/t", "nos/3/k//t", "nos/3/k/other/t", "nos/3/k/s-00000000000000000/t",
		"nos/3/k/s-1/t=2", "nos/3/k/s-1/t=zz", "nos/3/k+/s-1/t", "nos/3/only/f/k/s-1/t",
		"nos/3/k/s-1/"
		"12345678901234567890123456789012345678901234567890123456789012345" };
	struct nos_job_newest newest;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		nos_err_clear(&err);
		if (nos_records_topic(nos_str_of(bad[i]), 3, &newest, &err) != NOS_DATA)
			fail_msg("'%s' was taken", bad[i]);
	}
}

/* ---- tokens ---- */

static char path[] = "/tmp/nos-readers-XXXXXX";
static struct nos_readers readers;

static enum nos_code read_tokens(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
	nos_err_clear(&err);
	return nos_readers_read(path, &readers, &err);
}

static int make_file(void **state)
{
	(void)state;
	return close(mkstemp(path));
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void each_line_is_a_token_and_nothing_else_is_one(void **state)
{
	static const char *const not [] = { "", "Bearer", "Bearer ", "Bearer 0123456789abcde",
		"Bearer 0123456789abcdef0", "Bearer  0123456789abcdef", "Basic 0123456789abcdef",
		"0123456789abcdef", "Bearer 0123456789abcdef,another-token-of-mine" };

	(void)state;
	assert_int_equal(
	    read_tokens("0123456789abcdef\n\n another-token-of-mine \r\n", 0600), NOS_OK);
	assert_int_equal(readers.count, 2);
	assert_true(nos_readers_know(&readers, NOS_STR("Bearer 0123456789abcdef")));
	assert_true(nos_readers_know(&readers, NOS_STR("bearer another-token-of-mine")));
	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (nos_readers_know(&readers, nos_str_of(not [i])))
			fail_msg("'%s' was taken", not [i]);
	readers.count = 0;
	assert_false(nos_readers_know(&readers, NOS_STR("Bearer 0123456789abcdef")));
}

static void a_file_without_good_tokens_is_refused_by_its_line(void **state)
{
	NOS_AUTO(buf) many = { 0 };

	(void)state;
	assert_int_equal(read_tokens("", 0600), NOS_CONFIG);
	assert_int_equal(read_tokens("\n\n", 0600), NOS_CONFIG);
	assert_int_equal(read_tokens("0123456789abcdef\n0123456789abcde\n", 0600), NOS_CONFIG);
	assert_non_null(strstr(err.text, "line 2: a token is 16 to 512 bytes without a blank"));
	assert_null(strstr(err.text, "0123456789"));
	assert_int_equal(read_tokens("0123456789 abcdef\n", 0600), NOS_CONFIG);
	assert_int_equal(read_tokens("0123456789abcdef\n", 0644), NOS_DENIED);
	nos_buf_init(&many, 1 << 16);
	for (int i = 0; i < NOS_READERS_MAX; i++)
		nos_buf_addf(&many, "0123456789abcdef%d\n", i);
	nos_buf_add_char(&many, '\0');
	assert_int_equal(read_tokens(many.p, 0600), NOS_OK);
	many.p[many.len - 1] = 'x';
	nos_buf_add_text(&many, "123456789abcdef");
	nos_buf_add_char(&many, '\0');
	assert_int_equal(read_tokens(many.p, 0600), NOS_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_says_topic_place_and_number_in_any_order),
		cmocka_unit_test(any_other_query_is_refused),
		cmocka_unit_test(a_topic_names_its_source_and_its_type),
		cmocka_unit_test(what_is_no_data_topic_is_refused),
		cmocka_unit_test(each_line_is_a_token_and_nothing_else_is_one),
		cmocka_unit_test(a_file_without_good_tokens_is_refused_by_its_line),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
