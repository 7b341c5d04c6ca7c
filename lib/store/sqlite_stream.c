/* SPDX-License-Identifier: MIT */
#include "store/sqlite_stream.h"

#include <stdio.h>
#include <string.h>

#include "store/sqlite_rows.h"

static enum nos_code damaged(struct nos_err *err)
{
	return nos_err_set(err, NOS_IO, "store: damaged, restore it from a backup (a run)");
}

/* ---- rows ---- */

static struct nos_span column(sqlite3_stmt *st, int at)
{
	const uint8_t *p = sqlite3_column_blob(st, at);

	return (struct nos_span){ p, (size_t)sqlite3_column_bytes(st, at) };
}

enum nos_code nos_sqlite_stream_look(
    sqlite3_stmt *st, struct nos_sqlite_stream_row *ret, struct nos_err *err)
{
	const int64_t ms = sqlite3_column_int64(st, 1);

	ret->last = (uint64_t)sqlite3_column_int64(st, 0);
	ret->run = sqlite3_column_type(st, 1) == SQLITE_BLOB;
	ret->head = (struct nos_sqlite_run_head){ 1, ms, ms, 0 };
	if (ret->run &&
	    (!nos_sqlite_run_head_decode(column(st, 1), &ret->head) || ret->head.count > ret->last))
		return damaged(err);
	ret->first = ret->last - ret->head.count + 1;
	return NOS_OK;
}

/* head NULL: an entry by itself. */
static enum nos_code insert(struct nos_sqlite_db *q, const char *stream, uint64_t last, int64_t ms,
    const struct nos_sqlite_run_head *head, struct nos_span bytes, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;
	uint8_t space[NOS_SQLITE_RUN_HEAD_MAX];

	if (nos_sqlite_db_on_stream(
		q, "INSERT INTO $(position, ms, entry) VALUES(?, ?, ?)", stream, &st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)last);
	if (head) {
		sqlite3_bind_blob(
		    st, 2, space, (int)nos_sqlite_run_head_encode(head, space), SQLITE_STATIC);
	} else {
		sqlite3_bind_int64(st, 2, ms);
	}
	sqlite3_bind_blob(
	    st, 3, bytes.len ? (const void *)bytes.p : "", (int)bytes.len, SQLITE_STATIC);
	return sqlite3_step(st) == SQLITE_DONE ? NOS_OK : nos_sqlite_db_failed(q, "append", err);
}

/* What has a single entry, and cannot be made shorter, is that entry by itself. */
static enum nos_code insert_run(struct nos_sqlite_db *q, const char *stream, uint64_t last,
    struct nos_span run, struct nos_err *err)
{
	struct nos_sqlite_run_head head;
	struct nos_sqlite_entry entry;
	struct nos_span bytes = run;

	if (!nos_sqlite_run_measure(run, &head))
		return damaged(err);
	if (nos_sqlite_compress_make(&q->compress, run, &bytes))
		head.plain = (uint32_t)run.len;
	if (head.count > 1 || head.plain)
		return insert(q, stream, last, 0, &head, bytes, err);
	return nos_sqlite_run_next(&run, &entry)
		   ? insert(q, stream, last, entry.ms, NULL, entry.bytes, err)
		   : damaged(err);
}

static enum nos_code insert_alone(struct nos_sqlite_db *q, const char *stream, uint64_t position,
    int64_t ms, struct nos_span entry, struct nos_err *err)
{
	nos_buf_truncate(&q->plain, 0);
	nos_sqlite_run_add(&q->plain, ms, entry);
	return nos_buf_check(&q->plain, "entry", err)
		   ? err->code
		   : insert_run(q, stream, position, nos_buf_span(&q->plain), err);
}

static enum nos_code delete (
    struct nos_sqlite_db *q, const char *stream, uint64_t position, struct nos_err *err) {
	NOS_SQLITE_STATEMENT st = NULL;

	if (nos_sqlite_db_on_stream(
		q, "DELETE FROM $ WHERE position=?", stream, &st, err)) return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)position);
	return sqlite3_step(st) == SQLITE_DONE ? NOS_OK : nos_sqlite_db_failed(q, "erase", err);
}

/* ---- what is gathered ---- */

static struct nos_sqlite_pending *pending(struct nos_sqlite_db *q, const char *stream)
{
	for (size_t i = 0; i < NOS_SQLITE_PENDING_MAX; i++)
		if (strcmp(q->pending[i].stream, stream) == 0)
			return &q->pending[i];
	return NULL;
}

static enum nos_code flush(
    struct nos_sqlite_db *q, struct nos_sqlite_pending *p, struct nos_err *err)
{
	if (!p->count)
		return NOS_OK;
	if (insert_run(q, p->stream, p->last, nos_buf_span(&p->run), err))
		return err->code;
	nos_buf_truncate(&p->run, 0);
	p->count = 0;
	return NOS_OK;
}

/* Nobody else appends while the group lasts. */
static enum nos_code last_given(
    struct nos_sqlite_db *q, const char *stream, uint64_t *ret, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;

	if (nos_sqlite_db_on_stream(q,
		"SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name='$'), 0),"
		" coalesce((SELECT max(position) FROM $), 0))",
		stream, &st, err))
		return err->code;
	if (sqlite3_step(st) != SQLITE_ROW)
		return nos_sqlite_db_failed(q, "read", err);
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	return NOS_OK;
}

/* Where no place is free, one is made so: streams of a group are few. */
static enum nos_code begin_pending(struct nos_sqlite_db *q, const char *stream,
    struct nos_sqlite_pending **ret, struct nos_err *err)
{
	struct nos_sqlite_pending *p = pending(q, "");
	uint64_t last = 0;

	if (last_given(q, stream, &last, err))
		return err->code;
	if (!p)
		p = &q->pending[0];
	if (flush(q, p, err))
		return err->code;
	snprintf(p->stream, sizeof(p->stream), "%s", stream);
	p->last = last;
	*ret = p;
	return NOS_OK;
}

enum nos_code nos_sqlite_stream_append(struct nos_sqlite_db *q, const char *stream,
    struct nos_time now, struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	struct nos_sqlite_pending *p = *stream ? pending(q, stream) : NULL;

	if (!p && begin_pending(q, stream, &p, err))
		return err->code;
	if (!ret_position)
		nos_sqlite_tail_share(&q->tails, stream);
	else if (nos_sqlite_tail_grow(&q->tails, stream, p->last + 1, err))
		return err->code;
	if (!nos_sqlite_run_has_room(&p->run, p->count, entry.len) && flush(q, p, err))
		return err->code;
	if (nos_sqlite_run_has_room(&p->run, 0, entry.len)) {
		nos_sqlite_run_add(&p->run, now.ms, entry);
		if (nos_buf_check(&p->run, "run", err))
			return err->code;
		p->count++;
	} else if (insert_alone(q, stream, p->last + 1, now.ms, entry, err)) {
		return err->code;
	}
	p->last++;
	if (ret_position)
		*ret_position = p->last;
	return NOS_OK;
}

enum nos_code nos_sqlite_stream_flush(
    struct nos_sqlite_db *q, const char *stream, struct nos_err *err)
{
	struct nos_sqlite_pending *p = pending(q, stream);

	return p ? flush(q, p, err) : NOS_OK;
}

enum nos_code nos_sqlite_stream_flush_all(struct nos_sqlite_db *q, struct nos_err *err)
{
	for (size_t i = 0; i < NOS_SQLITE_PENDING_MAX; i++)
		if (flush(q, &q->pending[i], err))
			return err->code;
	return NOS_OK;
}

void nos_sqlite_stream_end(struct nos_sqlite_db *q)
{
	for (size_t i = 0; i < NOS_SQLITE_PENDING_MAX; i++) {
		nos_buf_truncate(&q->pending[i].run, 0);
		q->pending[i].count = 0;
		q->pending[i].stream[0] = '\0';
	}
}

/* ---- reads ---- */

/* The run of a row, by its third column; of an entry by itself that entry. */
static enum nos_code expand(struct nos_sqlite_db *q, sqlite3_stmt *st,
    const struct nos_sqlite_stream_row *row, struct nos_span *ret, struct nos_err *err)
{
	*ret = column(st, 2);
	if (!row->head.plain)
		return NOS_OK;
	nos_buf_truncate(&q->plain, 0);
	if (!nos_sqlite_compress_undo(*ret, row->head.plain, &q->plain))
		return damaged(err);
	*ret = nos_buf_span(&q->plain);
	return NOS_OK;
}

/* What of a row stands behind after, *limit at most, which is counted down. */
static enum nos_code take_row(struct nos_sqlite_db *q, sqlite3_stmt *st, uint64_t after,
    size_t *limit, struct nos_buf *rows, struct nos_err *err)
{
	struct nos_sqlite_stream_row row;
	struct nos_sqlite_entry entry;
	struct nos_span rest;

	if (nos_sqlite_stream_look(st, &row, err) || expand(q, st, &row, &rest, err))
		return err->code;
	entry.bytes = rest;
	for (uint64_t at = row.first; at <= row.last && *limit; at++) {
		if (row.run && !nos_sqlite_run_next(&rest, &entry))
			return damaged(err);
		if (at <= after)
			continue;
		nos_sqlite_rows_add(rows, NOS_STR(""), entry.bytes, at);
		--*limit;
	}
	return row.run && *limit && rest.len ? damaged(err) : NOS_OK;
}

static enum nos_code read_some(struct nos_sqlite_db *q, const char *stream, uint64_t after,
    size_t limit, struct nos_buf *rows, bool *ret_end, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;
	int rc = SQLITE_ROW;

	if (nos_sqlite_db_on_stream(q,
		"SELECT position, ms, entry FROM $ WHERE position>? ORDER BY position", stream, &st,
		err))
		return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)after);
	nos_buf_truncate(rows, 0);
	while (limit && !nos_sqlite_rows_are_enough(rows) && (rc = sqlite3_step(st)) == SQLITE_ROW)
		if (take_row(q, st, after, &limit, rows, err))
			return err->code;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return nos_sqlite_db_failed(q, "read", err);
	*ret_end = rc == SQLITE_DONE || !limit;
	return nos_buf_check(rows, "rows", err);
}

enum nos_code nos_sqlite_stream_read(struct nos_sqlite_db *q, const char *stream, uint64_t after,
    size_t limit, nos_store_entry *each, void *state, struct nos_err *err)
{
	NOS_AUTO(buf) rows = { 0 };
	struct nos_sqlite_row row;
	bool end = false;

	nos_sqlite_rows_init(&rows);
	while (!end) {
		if (nos_sqlite_stream_flush(q, stream, err) ||
		    read_some(q, stream, after, limit, &rows, &end, err))
			return err->code;
		for (size_t at = 0; nos_sqlite_rows_next(&rows, &at, &row); limit--) {
			after = row.number;
			if (each(state, after, nos_str_bytes(row.value), err))
				return err->code;
		}
	}
	return NOS_OK;
}

enum nos_code nos_sqlite_stream_bounds(struct nos_sqlite_db *q, const char *stream,
    uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;
	struct nos_sqlite_stream_row row;

	if (nos_sqlite_stream_flush(q, stream, err) ||
	    nos_sqlite_db_on_stream(q,
		"SELECT position, ms,"
		" coalesce((SELECT seq FROM sqlite_sequence WHERE name='$'), 0) FROM (SELECT 1)"
		" LEFT JOIN (SELECT position, ms FROM $ ORDER BY position LIMIT 1)",
		stream, &st, err))
		return err->code;
	if (sqlite3_step(st) != SQLITE_ROW)
		return nos_sqlite_db_failed(q, "read", err);
	if (nos_sqlite_stream_look(st, &row, err))
		return err->code;
	*ret_last = (uint64_t)sqlite3_column_int64(st, 2);
	*ret_first = sqlite3_column_type(st, 0) == SQLITE_NULL ? *ret_last + 1 : row.first;
	return NOS_OK;
}

/* ---- what goes ---- */

enum nos_code nos_sqlite_stream_find(struct nos_sqlite_db *q, const char *stream, uint64_t position,
    struct nos_sqlite_stream_row *ret, struct nos_buf *run, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;
	struct nos_span bytes;
	int rc;

	if (nos_sqlite_db_on_stream(q,
		"SELECT position, ms, entry FROM $ WHERE position>=? ORDER BY position LIMIT 1",
		stream, &st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)position);
	rc = sqlite3_step(st);
	if (rc == SQLITE_DONE)
		return nos_err_set(err, NOS_ABSENT, "no such entry");
	if (rc != SQLITE_ROW)
		return nos_sqlite_db_failed(q, "read", err);
	if (nos_sqlite_stream_look(st, ret, err) || !ret->run || expand(q, st, ret, &bytes, err))
		return err->code;
	nos_buf_add(run, bytes.p, bytes.len);
	return nos_buf_check(run, "run", err);
}

enum nos_code nos_sqlite_stream_cut(struct nos_sqlite_db *q, const char *stream,
    const struct nos_sqlite_stream_row *row, const struct nos_buf *run, size_t from, size_t to,
    struct nos_err *err)
{
	const struct nos_span all = nos_buf_span(run);
	struct nos_sqlite_run_head head;
	size_t left, gone;

	if (!nos_sqlite_run_measure(all, &head) || head.count != row->head.count)
		return damaged(err);
	left = nos_sqlite_run_len(all, from);
	gone = nos_sqlite_run_len(all, to);
	if (delete (q, stream, row->last, err) ||
	    (from && insert_run(q, stream, row->first + from - 1, (struct nos_span){ all.p, left },
			 err)) ||
	    (to < head.count && insert_run(q, stream, row->last,
				    (struct nos_span){ all.p + gone, all.len - gone }, err)))
		return err->code;
	return NOS_OK;
}

enum nos_code nos_sqlite_stream_erase(
    struct nos_sqlite_db *q, const char *stream, uint64_t position, struct nos_err *err)
{
	struct nos_sqlite_stream_row row;
	NOS_AUTO(buf) run = { 0 };

	nos_buf_init_secret(&run, NOS_SQLITE_RUN_LONGEST);
	if (position > INT64_MAX)
		return NOS_OK;
	if (nos_sqlite_stream_flush(q, stream, err))
		return err->code;
	if (nos_sqlite_stream_find(q, stream, position, &row, &run, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (position < row.first)
		return NOS_OK;
	if (!row.run)
		return delete (q, stream, position, err);
	return nos_sqlite_stream_cut(q, stream, &row, &run, (size_t)(position - row.first),
	    (size_t)(position - row.first) + 1, err);
}
