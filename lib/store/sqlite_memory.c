/* SPDX-License-Identifier: MIT */
#include "store/sqlite_memory.h"

#include <pthread.h>
#include <string.h>

#include <sqlite3.h>

static sqlite3_mem_methods real; /* set once, before the others are called */

static void wiping_free(void *p)
{
	if (p)
		explicit_bzero(p, (size_t)real.xSize(p));
	real.xFree(p);
}

static void *wiping_realloc(void *p, int size)
{
	void *grown = real.xMalloc(size);
	int have = real.xSize(p);

	if (!grown)
		return NULL;
	memcpy(grown, p, (size_t)(have < size ? have : size));
	wiping_free(p);
	return grown;
}

static void start(void)
{
	sqlite3_mem_methods wiping;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK)
		return;
	wiping = real;
	wiping.xFree = wiping_free;
	wiping.xRealloc = wiping_realloc;
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &wiping);
	(void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	(void)sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
}

void nos_sqlite_memory_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start);
}
