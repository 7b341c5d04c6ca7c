/* SPDX-License-Identifier: MIT */
/* Two views of one SQLite store in a folder of its own, anew for each test. */
#ifndef NOS_TEST_SQLITE_VIEWS_H
#define NOS_TEST_SQLITE_VIEWS_H

#include <stdlib.h>
#include <unistd.h>

#include "store/sqlite_run.h"
#include "views.h"

#define STREAM "raw"

static char folder[] = "/tmp/nos-views-XXXXXX"; /* mkdtemp fills in the X */
static char path[100];

static struct nos_store *open_view(bool create)
{
	char url[120];
	struct nos_store *s = NULL;

	snprintf(url, sizeof(url), "sqlite:%s", path);
	assert_int_equal(
	    nos_store_open(&(struct nos_store_where){ .url = url }, create, &s, &err), NOS_OK);
	return s;
}

static void begin(struct nos_store *s)
{
	assert_int_equal(nos_store_begin(s, &err), NOS_OK);
}

static void commit(struct nos_store *s)
{
	assert_int_equal(nos_store_commit(s, &err), NOS_OK);
}

/* Two views that take turns: the one whose turn it is appends behind what the other did. */
static void take_turn(struct nos_store *s)
{
	static const struct nos_store *last;
	uint64_t first, end;

	if (s != last)
		assert_int_equal(nos_store_claim(s, STREAM, &first, &end, &err), NOS_OK);
	last = s;
}

static int start(void **state)
{
	(void)state;
	nos_err_clear(&err);
	memcpy(strrchr(folder, '-') + 1, "XXXXXX", 6);
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/node.db", folder);
	a = open_view(true);
	b = open_view(false);
	return 0;
}

static int stop(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".door" };
	char name[200];

	(void)state;
	nos_store_close(a);
	nos_store_close(b);
	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
	return rmdir(folder);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

#endif
