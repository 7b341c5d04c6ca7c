/* SPDX-License-Identifier: MIT */
/* A SQLite store in a folder of its own: set-up and tear-down. reads counts the reads of streams.
 */
#ifndef NOS_TEST_FOLDER_H
#define NOS_TEST_FOLDER_H

#include "../test.h"

#include <stdio.h>

#include "store/engine.h"

static char folder[32];
static struct nos_store_engine folder_engine;
static struct nos_store *store;
static struct nos_err err;
static unsigned reads;

static enum nos_code folder_read(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *e_err)
{
	reads++;
	return nos_sqlite_engine.read(e, stream, after, limit, each, state, e_err);
}

static int folder_start(void **state)
{
	char path[64];

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/nos-folder-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/node.db", folder);
	folder_engine = nos_sqlite_engine;
	folder_engine.read = folder_read;
	nos_err_clear(&err);
	return (int)nos_store_open_engine(&folder_engine, path, true, &store, &err);
}

static int folder_stop(void **state)
{
	char command[64];

	(void)state;
	nos_store_close(store);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* The oldest entries of a stream go. */
static inline void folder_trim(const char *stream, uint64_t up_to)
{
	const struct nos_store_trim what = {
		.before = { INT64_MAX }, .up_to = up_to, .most = 1 << 20
	};
	size_t dropped;

	assert_int_equal(nos_store_trim(store, stream, &what, &dropped, &err), NOS_OK);
}

#endif
