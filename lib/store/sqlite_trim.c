/* SPDX-License-Identifier: MIT */
#include "store/sqlite_trim.h"

#include "store/sqlite_stream.h"

/* What goes: rows that are old as a whole, and the first entries of the row behind them. */
struct old {
	uint64_t last;	/* of the last such row; 0: there is none */
	uint64_t cut;	/* the row that is cut; 0: none is */
	size_t dropped; /* entries, so far */
};

static bool is_old(
    const struct nos_store_trim *what, const struct old *o, uint64_t position, int64_t ms)
{
	return position <= what->up_to && ms < what->before.ms && o->dropped < what->most;
}

/* No more is read than may be dropped and one more, whatever their age and however many there are:
 * it is done with each group. */
static enum nos_code look(struct nos_sqlite_db *q, const char *stream,
    const struct nos_store_trim *what, struct old *ret, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;
	struct nos_sqlite_stream_row row;
	int rc;

	if (nos_sqlite_db_on_stream(
		q, "SELECT position, ms FROM $ ORDER BY position LIMIT ?", stream, &st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)what->most);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (nos_sqlite_stream_look(st, &row, err) ||
		    !is_old(what, ret, row.first, row.head.first_ms))
			return err->code;
		if (row.last > what->up_to || row.head.latest_ms >= what->before.ms ||
		    row.head.count > what->most - ret->dropped) {
			ret->cut = row.last;
			return NOS_OK;
		}
		ret->last = row.last;
		ret->dropped += row.head.count;
	}
	return rc == SQLITE_DONE ? NOS_OK : nos_sqlite_db_failed(q, "trim", err);
}

static enum nos_code drop_rows(
    struct nos_sqlite_db *q, const char *stream, const struct old *o, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;

	if (!o->last)
		return NOS_OK;
	if (nos_sqlite_db_on_stream(q, "DELETE FROM $ WHERE position<=?", stream, &st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->last);
	return sqlite3_step(st) == SQLITE_DONE ? NOS_OK : nos_sqlite_db_failed(q, "trim", err);
}

static enum nos_code cut_row(struct nos_sqlite_db *q, const char *stream,
    const struct nos_store_trim *what, struct old *o, struct nos_err *err)
{
	struct nos_sqlite_stream_row row;
	struct nos_sqlite_entry entry;
	struct nos_span rest;
	NOS_AUTO(buf) run = { 0 };
	size_t count = 0;

	if (!o->cut)
		return NOS_OK;
	nos_buf_init_secret(&run, NOS_SQLITE_RUN_LONGEST);
	if (nos_sqlite_stream_find(q, stream, o->cut, &row, &run, err))
		return err->code;
	for (rest = nos_buf_span(&run); nos_sqlite_run_next(&rest, &entry); count++) {
		if (!is_old(what, o, row.first + count, entry.ms))
			break;
		o->dropped++;
	}
	return nos_sqlite_stream_cut(q, stream, &row, &run, 0, count, err);
}

enum nos_code nos_sqlite_trim(struct nos_sqlite_db *q, const char *stream,
    const struct nos_store_trim *what, size_t *ret_dropped, struct nos_err *err)
{
	struct old o = { 0 };

	*ret_dropped = 0;
	if (nos_sqlite_stream_flush(q, stream, err) || look(q, stream, what, &o, err) ||
	    drop_rows(q, stream, &o, err) || cut_row(q, stream, what, &o, err))
		return err->code;
	*ret_dropped = o.dropped;
	return NOS_OK;
}
