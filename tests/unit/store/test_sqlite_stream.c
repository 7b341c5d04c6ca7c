/* SPDX-License-Identifier: MIT */
/* Entries of one group share rows, and nobody sees it; a store in which none do goes on. */
#include "sqlite_views.h"

#include <sqlite3.h>

/* ---- a store by hand ---- */

static sqlite3 *by_hand(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void do_by_hand(const char *sql)
{
	sqlite3_close(by_hand(sql));
}

static int number_by_hand(const char *sql)
{
	sqlite3 *db = by_hand("");
	sqlite3_stmt *st;
	int n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static int rows(void)
{
	return number_by_hand("SELECT count(*) FROM stream_raw");
}

/* ---- what is there ---- */

static enum nos_code gather(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	(void)e;
	nos_buf_addf(state, "%d:%.*s ", (int)position, (int)entry.len, (const char *)entry.p);
	return NOS_OK;
}

static void assert_entries(struct nos_store *s, const char *want)
{
	struct nos_buf seen;

	nos_buf_init(&seen, 100000);
	assert_int_equal(nos_store_read(s, STREAM, 0, SIZE_MAX, gather, &seen, &err), NOS_OK);
	assert_buf(&seen, want);
	nos_buf_release(&seen);
}

static uint64_t append(struct nos_store *s, int64_t ms, const char *text)
{
	uint64_t position = 0;

	take_turn(s);
	assert_int_equal(nos_store_append(s, STREAM, (struct nos_time){ ms },
			     nos_str_bytes(nos_str_of(text)), &position, &err),
	    NOS_OK);
	return position;
}

/* ---- rows ---- */

static void entries_of_one_group_share_a_row_and_those_of_two_do_not(void **state)
{
	(void)state;
	begin(a);
	for (int i = 0; i < 10; i++)
		append(a, 1, "x");
	commit(a);
	assert_int_equal(rows(), 1);
	append(a, 1, "y");
	append(b, 1, "z");
	assert_int_equal(rows(), 3);
	assert_int_equal(number_by_hand("SELECT max(position) FROM stream_raw"), 12);
	assert_int_equal(
	    number_by_hand("SELECT seq FROM sqlite_sequence WHERE name='stream_raw'"), 12);
}

static void a_row_has_no_more_entries_than_are_cheap_to_read(void **state)
{
	(void)state;
	begin(a);
	for (int i = 0; i < 2 * NOS_SQLITE_RUN_MAX + 1; i++)
		assert_int_equal(append(a, 1, "x"), i + 1);
	commit(a);
	assert_int_equal(rows(), 3);
}

static void streams_that_are_many_in_a_group_are_kept_apart(void **state)
{
	uint64_t position;
	char stream[16];

	(void)state;
	begin(a);
	for (uint64_t i = 0; i < 60; i++) {
		snprintf(stream, sizeof(stream), "s%d", (int)i % 6);
		assert_int_equal(nos_store_append(a, stream, (struct nos_time){ 1 },
				     nos_str_bytes(nos_str_of(stream)), &position, &err),
		    NOS_OK);
		assert_int_equal(position, i / 6 + 1);
	}
	commit(a);
	for (int i = 0; i < 6; i++) {
		struct nos_buf seen;

		snprintf(stream, sizeof(stream), "s%d", i);
		nos_buf_init(&seen, 1000);
		assert_int_equal(nos_store_read(b, stream, 8, 9, gather, &seen, &err), NOS_OK);
		assert_int_equal(seen.len, strlen("9:s0 10:s0 "));
		nos_buf_release(&seen);
	}
}

static void what_is_rolled_back_was_never_appended_and_its_positions_are_given_again(void **state)
{
	(void)state;
	append(a, 1, "a");
	begin(a);
	assert_int_equal(append(a, 1, "gone"), 2);
	assert_int_equal(append(a, 1, "gone"), 3);
	nos_store_rollback(a);
	assert_entries(a, "1:a ");
	begin(a);
	assert_int_equal(append(a, 1, "gone"), 2);
	assert_entries(a, "1:a 2:gone "); /* written, and not durable */
	assert_int_equal(append(a, 1, "gone"), 3);
	nos_store_rollback(a);
	assert_int_equal(append(b, 1, "b"), 2);
	assert_entries(a, "1:a 2:b ");
}

static void two_views_append_in_turns(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct nos_store *s = i % 2 ? b : a;

		begin(s);
		append(s, 1, i % 2 ? "b" : "a");
		append(s, 1, i % 2 ? "b" : "a");
		commit(s);
		append(b, 1, "c");
	}
	assert_entries(a, "1:a 2:a 3:c 4:b 5:b 6:c 7:a 8:a 9:c ");
}

static void a_failed_commit_leaves_nothing_and_the_store_goes_on(void **state)
{
	(void)state;
	append(a, 1, "a");
	do_by_hand("CREATE TRIGGER never BEFORE INSERT ON stream_raw WHEN new.position > 2"
		   " BEGIN SELECT raise(abort, 'never'); END");
	begin(a);
	append(a, 1, "gone");
	append(a, 1, "gone");
	assert_int_equal(nos_store_commit(a, &err), NOS_IO);
	nos_err_clear(&err);
	do_by_hand("DROP TRIGGER never");
	assert_int_equal(append(a, 1, "b"), 2);
	assert_entries(b, "1:a 2:b ");
}

/* ---- an older nos's ---- */

static void a_store_in_which_each_entry_has_a_row_is_read_and_goes_on(void **state)
{
	const struct nos_store_trim what = { { 3000 }, 100, 100 };
	uint64_t first, last;
	size_t dropped;

	(void)state;
	nos_store_close(a);
	nos_store_close(b);
	do_by_hand("PRAGMA user_version=2;"
		   "CREATE TABLE stream_raw(position INTEGER PRIMARY KEY AUTOINCREMENT,"
		   " ms INTEGER, entry BLOB);"
		   "INSERT INTO stream_raw(ms, entry) VALUES"
		   "(1000, x'61'), (2000, x'62'), (3000, x'63'), (4000, x'64'), (5000, x'65');"
		   "DELETE FROM stream_raw WHERE position IN (4, 5)");
	a = open_view(false);
	b = open_view(false);
	assert_int_equal(number_by_hand("PRAGMA user_version"), 4);
	assert_int_equal(rows(), 3);
	assert_int_equal(nos_store_bounds(a, STREAM, &first, &last, &err), NOS_OK);
	assert_true(first == 1 && last == 5);
	begin(b);
	assert_int_equal(append(b, 6000, "f"), 6);
	assert_int_equal(append(b, 7000, "g"), 7);
	commit(b);
	assert_entries(a, "1:a 2:b 3:c 6:f 7:g ");
	assert_int_equal(nos_store_trim(a, STREAM, &what, &dropped, &err), NOS_OK);
	assert_int_equal(dropped, 2);
	assert_int_equal(nos_store_erase(a, STREAM, 3, &err), NOS_OK);
	assert_int_equal(nos_store_erase(a, STREAM, 6, &err), NOS_OK);
	assert_entries(b, "7:g ");
}

static void a_store_in_which_rows_are_as_long_as_what_they_say_is_read_and_goes_on(void **state)
{
	(void)state;
	nos_store_close(a);
	nos_store_close(b);
	/* Two entries of a byte, at 1 and 2 ms. */
	do_by_hand("PRAGMA user_version=3;"
		   "CREATE TABLE stream_raw(position INTEGER PRIMARY KEY AUTOINCREMENT,"
		   " ms INTEGER, entry BLOB);"
		   "INSERT INTO stream_raw VALUES"
		   "(2, x'0200000001000000000000000200000000000000',"
		   " x'01000000000000000100000061'||x'02000000000000000100000062')");
	a = open_view(false);
	b = open_view(false);
	assert_int_equal(number_by_hand("PRAGMA user_version"), 4);
	assert_int_equal(append(b, 3, "c"), 3);
	assert_entries(a, "1:a 2:b 3:c ");
}

/* ---- rows that are shorter than what they say ---- */

static void entries_that_repeat_themselves_take_less_and_nobody_sees_it(void **state)
{
	const struct nos_store_trim what = { { 100 }, 2, 100 };
	char text[2 * NOS_SQLITE_RUN_ALONE] = { 0 }, want[4 * sizeof(text)];
	size_t dropped;

	(void)state;
	memset(text, 'r', NOS_SQLITE_RUN_ALONE / 2);
	begin(a);
	append(a, 1, text);
	append(a, 2, text);
	append(a, 3, text);
	commit(a);
	assert_in_range(
	    number_by_hand("SELECT length(entry) FROM stream_raw"), 1, sizeof(text) / 8);
	snprintf(want, sizeof(want), "1:%s 2:%s 3:%s ", text, text, text);
	assert_entries(b, want);
	assert_int_equal(nos_store_trim(a, STREAM, &what, &dropped, &err), NOS_OK);
	assert_int_equal(nos_store_erase(b, STREAM, 2, &err), NOS_OK);
	snprintf(want, sizeof(want), "3:%s ", text);
	assert_entries(b, want);
	/* One too long for a run that others share. */
	memset(text, 's', sizeof(text) - 1);
	assert_int_equal(append(a, 4, text), 4);
	assert_in_range(number_by_hand("SELECT length(entry) FROM stream_raw WHERE position=4"), 1,
	    sizeof(text) / 8);
	assert_int_equal(nos_store_erase(b, STREAM, 3, &err), NOS_OK);
	snprintf(want, sizeof(want), "4:%s ", text);
	assert_entries(b, want);
}

static void a_store_of_a_newer_nos_is_refused(void **state)
{
	struct nos_store *s = NULL;
	char url[120];

	(void)state;
	snprintf(url, sizeof(url), "sqlite:%s", path);
	do_by_hand("PRAGMA user_version=5");
	assert_int_equal(
	    nos_store_open(&(struct nos_store_where){ .url = url }, false, &s, &err), NOS_CONFIG);
	nos_err_clear(&err);
}

/* ---- damage ---- */

static void a_row_that_cannot_be_made_as_long_as_it_was_is_damage(void **state)
{
	static const char *const faults[] = { "UPDATE stream_raw SET entry=substr(entry, 1, 9)",
		"UPDATE stream_raw SET entry=x''", "UPDATE stream_raw SET entry=zeroblob(20)",
		"UPDATE stream_raw SET ms=cast(substr(ms, 1, 20)||x'ffffffff' AS BLOB)" };
	char text[2 * NOS_SQLITE_RUN_ALONE] = { 0 };
	struct nos_buf seen;

	(void)state;
	memset(text, 'r', sizeof(text) - 1);
	append(a, 0, text);
	do_by_hand("CREATE TABLE kept AS SELECT * FROM stream_raw");
	nos_buf_init(&seen, 1000);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		do_by_hand(faults[i]);
		assert_int_equal(nos_store_read(a, STREAM, 0, 10, gather, &seen, &err), NOS_IO);
		nos_err_clear(&err);
		assert_int_equal(nos_store_erase(a, STREAM, 1, &err), NOS_IO);
		assert_string_equal(err.text, "store: damaged, restore it from a backup (a run)");
		nos_err_clear(&err);
		do_by_hand("DELETE FROM stream_raw; INSERT INTO stream_raw SELECT * FROM kept");
	}
	nos_buf_release(&seen);
}

static void a_row_that_makes_no_sense_is_damage_to_all_who_need_it(void **state)
{
	/* what is done to the row; who notices: read, bounds, trim, erase */
	static const struct {
		const char *sql;
		bool noticed[4];
	} faults[] = {
		{ "UPDATE stream_raw SET ms=x'01'", { true, true, true, true } },
		{ "UPDATE stream_raw SET ms=x'0900000000000000000000000000000000000000'",
		    { true, true, true, true } },
		{ "UPDATE stream_raw SET ms=x'0100000000000000000000000000000000000000'",
		    { true, false, false, true } },
		{ "UPDATE stream_raw SET entry=substr(entry, 1, 20)", { true, false, true, true } },
		{ "UPDATE stream_raw SET entry=entry || x'00'", { true, false, true, true } },
		{ "UPDATE stream_raw SET entry=NULL", { true, false, true, true } },
	};
	const struct nos_store_trim what = { { 100 }, 1, 100 };
	struct nos_buf seen;
	uint64_t first, last;
	size_t dropped;

	(void)state;
	begin(a);
	append(a, 0, "aaa");
	append(a, 0, "bbb");
	commit(a);
	do_by_hand("CREATE TABLE kept AS SELECT * FROM stream_raw");
	nos_buf_init(&seen, 1000);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		enum nos_code codes[4];

		do_by_hand(faults[i].sql);
		codes[0] = nos_store_read(a, STREAM, 0, 10, gather, &seen, &err);
		nos_err_clear(&err);
		codes[1] = nos_store_bounds(a, STREAM, &first, &last, &err);
		nos_err_clear(&err);
		codes[2] = nos_store_trim(a, STREAM, &what, &dropped, &err);
		nos_err_clear(&err);
		codes[3] = nos_store_erase(a, STREAM, 2, &err);
		for (size_t n = 0; n < 4; n++)
			assert_int_equal(codes[n], faults[i].noticed[n] ? NOS_IO : NOS_OK);
		assert_string_equal(err.text, "store: damaged, restore it from a backup (a run)");
		nos_err_clear(&err);
		do_by_hand("DELETE FROM stream_raw; INSERT INTO stream_raw SELECT * FROM kept");
	}
	nos_buf_release(&seen);
	assert_entries(b, "1:aaa 2:bbb ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entries_of_one_group_share_a_row_and_those_of_two_do_not),
		TEST(a_row_has_no_more_entries_than_are_cheap_to_read),
		TEST(streams_that_are_many_in_a_group_are_kept_apart),
		TEST(what_is_rolled_back_was_never_appended_and_its_positions_are_given_again),
		TEST(two_views_append_in_turns),
		TEST(a_failed_commit_leaves_nothing_and_the_store_goes_on),
		TEST(a_store_in_which_each_entry_has_a_row_is_read_and_goes_on),
		TEST(a_store_in_which_rows_are_as_long_as_what_they_say_is_read_and_goes_on),
		TEST(entries_that_repeat_themselves_take_less_and_nobody_sees_it),
		TEST(a_store_of_a_newer_nos_is_refused),
		TEST(a_row_that_cannot_be_made_as_long_as_it_was_is_damage),
		TEST(a_row_that_makes_no_sense_is_damage_to_all_who_need_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
