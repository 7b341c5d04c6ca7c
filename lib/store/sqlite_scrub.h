/* SPDX-License-Identifier: MIT */
/*
 * No copy of a row stays in the unused part of a page. Where SQLite lays a page out anew (its
 * rebuildPage) it leaves the old rows in the gap between the cell pointers and the cells, and
 * secure_delete does not see to it: a row that is overwritten later in another page lives on there.
 * So a store's file is written through a VFS that clears what no cell of a page uses, whenever a
 * page leaves the log for the file. For the files of this room.
 */
#ifndef NOS_STORE_SQLITE_SCRUB_H
#define NOS_STORE_SQLITE_SCRUB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pages of the largest store: 128 GiB of 4 KiB. Below it the first byte of what is no b-tree page,
 * the highest of a page number, is less than 2, and so is never taken for a b-tree page's. */
#define NOS_SQLITE_SCRUB_PAGES_MAX 33554431

/* Outlives the connection that was opened by it. */
struct nos_sqlite_scrub {
	sqlite3_vfs vfs; /* first: SQLite hands it back */
	sqlite3_vfs *real;
	char name[40];
};

/* Open as sqlite3_open_v2 does, whose code it returns. */
int nos_sqlite_scrub_open(struct nos_sqlite_scrub *s, const char *path, int flags, sqlite3 **ret);

/* Write each page of the file again that is not clean, and sync it: for a file that was written
 * without the VFS. The log is empty, and nobody writes. Returns SQLite's code. */
int nos_sqlite_scrub_file(sqlite3 *db);

/* Clear what no cell uses in a page of size bytes, which stands at the file's start if first is
 * set. One that is no b-tree page, or makes no sense, stays as it is. */
void nos_sqlite_scrub_page(uint8_t *page, size_t size, bool first);

#endif
