/* SPDX-License-Identifier: MIT */
/*
 * A stream's table: (position, ms, entry). A row is one entry, with its time in ms; or a run
 * (sqlite_run.h), with the run's head in ms, a blob, and the position of its last entry. What is
 * appended in a group is gathered, and written as few rows when the group ends or somebody asks for
 * the stream. For the files of this room.
 */
#ifndef NOS_STORE_SQLITE_STREAM_H
#define NOS_STORE_SQLITE_STREAM_H

#include "store/sqlite_db.h"
#include "store/sqlite_run.h"
#include "store/store.h"

struct nos_sqlite_stream_row {
	bool run;
	struct nos_sqlite_run_head head; /* of an entry by itself: of a run that has no other */
	uint64_t first, last;		 /* positions */
};

/* Within a group: nos_store_append, nos_store_erase. */
enum nos_code nos_sqlite_stream_append(struct nos_sqlite_db *q, const char *stream,
    struct nos_time now, struct nos_span entry, uint64_t *ret_position,
    struct nos_err *err) NOS_CHECK;
enum nos_code nos_sqlite_stream_erase(
    struct nos_sqlite_db *q, const char *stream, uint64_t position, struct nos_err *err) NOS_CHECK;

/* nos_store_read, nos_store_bounds. */
enum nos_code nos_sqlite_stream_read(struct nos_sqlite_db *q, const char *stream, uint64_t after,
    size_t limit, nos_store_entry *each, void *state, struct nos_err *err) NOS_CHECK;
enum nos_code nos_sqlite_stream_bounds(struct nos_sqlite_db *q, const char *stream,
    uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err) NOS_CHECK;

/* Write what was gathered: of one stream; of all, before a commit. */
enum nos_code nos_sqlite_stream_flush(
    struct nos_sqlite_db *q, const char *stream, struct nos_err *err) NOS_CHECK;
enum nos_code nos_sqlite_stream_flush_all(struct nos_sqlite_db *q, struct nos_err *err) NOS_CHECK;

/* The group has ended: what was gathered and not written is gone, and others may append. */
void nos_sqlite_stream_end(struct nos_sqlite_db *q);

/* What the columns position and ms, the first two of st, say of a row. NOS_IO: damaged. */
enum nos_code nos_sqlite_stream_look(
    sqlite3_stmt *st, struct nos_sqlite_stream_row *ret, struct nos_err *err) NOS_CHECK;

/* The first row that ends at position or behind it; its run, where it is one, is added to *run.
 * NOS_ABSENT, with no text: there is none. */
enum nos_code nos_sqlite_stream_find(struct nos_sqlite_db *q, const char *stream, uint64_t position,
    struct nos_sqlite_stream_row *ret, struct nos_buf *run, struct nos_err *err) NOS_CHECK;

/* Of a row that is a run the entries with numbers from and up to before to, counted from 0, go; the
 * others stay where they are. */
enum nos_code nos_sqlite_stream_cut(struct nos_sqlite_db *q, const char *stream,
    const struct nos_sqlite_stream_row *row, const struct nos_buf *run, size_t from, size_t to,
    struct nos_err *err) NOS_CHECK;

#endif
