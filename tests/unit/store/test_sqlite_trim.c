/* SPDX-License-Identifier: MIT */
/* A stream that is trimmed for as long as it is written: what it takes does not grow. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "store/engine.h"
#include "store/sqlite_db.h"

#define STREAM "raw"
#define ENTRY  700 /* bytes */

static char folder[] = "/tmp/nos-trim-XXXXXX"; /* mkdtemp fills in the X */
static char path[100];
static struct nos_sqlite_db *q;
static struct nos_err err;

static void append(int64_t ms, size_t count)
{
	static const uint8_t entry[ENTRY];
	uint64_t position;

	assert_int_equal(nos_sqlite_engine.begin(q, &err), NOS_OK);
	while (count--)
		assert_int_equal(nos_sqlite_engine.append(q, STREAM, (struct nos_time){ ms },
				     (struct nos_span){ entry, sizeof(entry) }, &position, &err),
		    NOS_OK);
	assert_int_equal(nos_sqlite_engine.commit(q, &err), NOS_OK);
}

static size_t trim(int64_t before, size_t most)
{
	const struct nos_store_trim what = { { before }, UINT64_MAX >> 1, most };
	size_t dropped;

	assert_int_equal(nos_sqlite_engine.trim(q, STREAM, &what, &dropped, &err), NOS_OK);
	return dropped;
}

static int count_step(void *state)
{
	++*(size_t *)state;
	return 0;
}

/* Instructions of SQLite's machine. */
static size_t steps_of_a_trim(int64_t before, size_t most)
{
	size_t steps = 0;

	sqlite3_progress_handler(q->db, 1, count_step, &steps);
	assert_int_equal(trim(before, most), most);
	sqlite3_progress_handler(q->db, 0, NULL, NULL);
	return steps;
}

static void a_trim_takes_as_long_whatever_is_old_and_however_much_there_is(void **state)
{
	size_t few_by_age, few_by_size;

	(void)state;
	append(1000, 100);
	few_by_age = steps_of_a_trim(2000, 10);
	few_by_size = steps_of_a_trim(INT64_MAX, 10);
	append(1000, 5000);
	assert_in_range(steps_of_a_trim(2000, 10), 1, few_by_age * 2);
	assert_in_range(steps_of_a_trim(INT64_MAX, 10), 1, few_by_size * 2);
	while (trim(INT64_MAX, 1000))
		;
}

static uint64_t bytes_of_the_file(void)
{
	struct stat st;

	/* What is in the log alone is no growth yet. */
	assert_int_equal(nos_sqlite_engine.purge(q, &err), NOS_OK);
	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_size;
}

static void behind_many_trims_the_file_is_as_large_as_behind_a_few(void **state)
{
	uint64_t few = 0;

	(void)state;
	for (int64_t round = 1; round <= 60; round++) {
		append(round, 100);
		trim(round - 4, 200);
		if (round == 20)
			few = bytes_of_the_file();
	}
	/* A page more or less hangs on where entries end. */
	assert_in_range(bytes_of_the_file(), 1, few + 4 * 4096);
}

static int start(void **state)
{
	void *e;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/node.db", folder);
	if (nos_sqlite_engine.open(&(struct nos_store_where){ .url = path }, true, &e, &err))
		return -1;
	q = e;
	return 0;
}

static int stop(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".door" };
	char name[200];

	(void)state;
	nos_sqlite_engine.close(q);
	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trim_takes_as_long_whatever_is_old_and_however_much_there_is),
		cmocka_unit_test(behind_many_trims_the_file_is_as_large_as_behind_a_few),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
