/* SPDX-License-Identifier: MIT */
/*
 * A SQLite file as a store: opened only by its owner, in one format, with the door through which
 * every transaction goes and statements that are compiled once. For the files of this room.
 */
#ifndef NOS_STORE_SQLITE_DB_H
#define NOS_STORE_SQLITE_DB_H

#include <sqlite3.h>

#include "base/buf.h"
#include "store/sqlite_compress.h"
#include "store/sqlite_scrub.h"
#include "store/sqlite_tail.h"

#define NOS_SQLITE_STATEMENTS_MAX 80 /* a dozen, and nine for each of a few streams */
#define NOS_SQLITE_PENDING_MAX	  4  /* streams that are appended to in a group */

/* A statement is compiled once. sql is a literal, known by its address. */
struct nos_sqlite_cached {
	const char *sql;
	char stream[NOS_SQLITE_STREAM_MAX]; /* whose table stands for '$' in it; empty: none */
	sqlite3_stmt *st;
};

/* What was appended to a stream in the group and is not written yet (sqlite_stream.h). */
struct nos_sqlite_pending {
	char stream[NOS_SQLITE_STREAM_MAX]; /* empty: this place is free */
	uint64_t last;			    /* position that was given last */
	size_t count;
	struct nos_buf run;
};

struct nos_sqlite_db {
	struct nos_sqlite_scrub scrub;
	sqlite3 *db;
	int busy_tries; /* of half a millisecond, that SQLite waits for others */
	int door;
	int folder;	  /* the store's, to ask for free space */
	bool group;	  /* begin was called */
	bool put;	  /* a value of the state was put in it */
	uint64_t rev;	  /* that was given last in it; 0: none was */
	uint64_t version; /* PRAGMA data_version when it was asked last */
	struct nos_sqlite_tails tails;
	struct nos_sqlite_cached cache[NOS_SQLITE_STATEMENTS_MAX];
	size_t cached;
	struct nos_sqlite_pending pending[NOS_SQLITE_PENDING_MAX];
	struct nos_sqlite_compress compress;
	struct nos_buf plain; /* the run of a row that is read, or an entry to be one */
};

/* Open, and make if it is not there and create is set; what nos_store_open returns. */
enum nos_code nos_sqlite_db_open(
    const char *path, bool create, void **ret, struct nos_err *err) NOS_CHECK;
void nos_sqlite_db_close(void *e);

/* Fill *err by what SQLite said last: NOS_BUSY, NOS_INTERNAL, NOS_IO (damaged among them). */
enum nos_code nos_sqlite_db_failed(
    const struct nos_sqlite_db *q, const char *what, struct nos_err *err);

/* Put the log into the file and empty it, on disk; outside a transaction. NOS_BUSY: another holds
 * it.
 */
enum nos_code nos_sqlite_db_purge(struct nos_sqlite_db *q, struct nos_err *err) NOS_CHECK;

/* Statements without a row; one number that one without parameters gives. */
enum nos_code nos_sqlite_db_run(
    const struct nos_sqlite_db *q, const char *sql, struct nos_err *err) NOS_CHECK;
enum nos_code nos_sqlite_db_number(
    struct nos_sqlite_db *q, const char *sql, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/* The compiled statement of sql, a literal; and over a stream's table, whose name stands for '$'.
 */
enum nos_code nos_sqlite_db_prepare(
    struct nos_sqlite_db *q, const char *sql, sqlite3_stmt **ret, struct nos_err *err) NOS_CHECK;
enum nos_code nos_sqlite_db_on_stream(struct nos_sqlite_db *q, const char *sql, const char *stream,
    sqlite3_stmt **ret, struct nos_err *err) NOS_CHECK;

/* Outside a transaction: no page stays in memory, since what is on it may be destroyed by another
 * while this process reads nothing. Within one: nothing is done. */
void nos_sqlite_db_drop_pages(sqlite3 *db);

/* Within a group: the next revision; and at its end, the last that was given is written down. */
enum nos_code nos_sqlite_db_revise(
    struct nos_sqlite_db *q, uint64_t *ret, struct nos_err *err) NOS_CHECK;
enum nos_code nos_sqlite_db_end_revisions(struct nos_sqlite_db *q, struct nos_err *err) NOS_CHECK;

/* Within a group in which a value was put: the space in which SQLite made its cell, which stays for
 * the next one to overwrite, is overwritten. */
enum nos_code nos_sqlite_db_clear_scratch(struct nos_sqlite_db *q, struct nos_err *err) NOS_CHECK;

/* Leave a statement as it was compiled, at the end of its scope; forget all of them. */
void nos_sqlite_db_leave(sqlite3_stmt **p);
void nos_sqlite_db_forget(struct nos_sqlite_db *q);

#define NOS_SQLITE_STATEMENT __attribute__((cleanup(nos_sqlite_db_leave))) sqlite3_stmt *

#endif
