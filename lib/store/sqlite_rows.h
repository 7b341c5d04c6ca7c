/* SPDX-License-Identifier: MIT */
/*
 * Rows taken out of SQLite some at a time, so that no statement is open, and no older state of the
 * store held, while who asked for them looks at them. For the files of this room.
 */
#ifndef NOS_STORE_SQLITE_ROWS_H
#define NOS_STORE_SQLITE_ROWS_H

#include "store/sqlite_db.h"

/* Views into the rows that were taken. */
struct nos_sqlite_row {
	struct nos_str key, value;
	uint64_t number;
};

/* For nos_sqlite_rows_take. */
void nos_sqlite_rows_init(struct nos_buf *rows);

/* In place of what is in rows, the next that a bound statement gives: key, value, number; at least
 * one, if there is one. *ret_end: there are no more. The caller leaves the statement. */
enum nos_code nos_sqlite_rows_take(struct nos_sqlite_db *q, sqlite3_stmt *st, struct nos_buf *rows,
    bool *ret_end, struct nos_err *err) NOS_CHECK;

/* The same by hand: one row more; is it time to look at them? */
void nos_sqlite_rows_add(
    struct nos_buf *rows, struct nos_str key, struct nos_span value, uint64_t number);
bool nos_sqlite_rows_are_enough(const struct nos_buf *rows);

/* The row at *at, from 0, and step over it; false: there is none. */
bool nos_sqlite_rows_next(const struct nos_buf *rows, size_t *at, struct nos_sqlite_row *ret);

#endif
