/* SPDX-License-Identifier: MIT */
/*
 * The embedded engine: SQLite, WAL, synchronous=FULL always, since a group of a hundred makes the
 * fsync free. One table for the state, one for each stream, in which a row is a run of entries.
 * Tools beside a busy nos-serve would starve under SQLite's own waiting, so each transaction goes
 * through a door, a file under flock.
 */
#include "store/engine.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>

#include "store/sqlite_rows.h"
#include "store/sqlite_stream.h"
#include "store/sqlite_trim.h"

#define LOG_ROOM (8u << 20) /* bytes: twice what the log is to have */

static void bind_str(sqlite3_stmt *st, int at, struct nos_str s)
{
	sqlite3_bind_text(st, at, s.len ? s.p : "", (int)s.len, SQLITE_STATIC);
}

static struct nos_str column(sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_blob(st, at);

	return (struct nos_str){ p ? p : "", (size_t)sqlite3_column_bytes(st, at) };
}

static enum nos_code sqlite_begin(void *e, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;

	while (flock(q->door, LOCK_EX) < 0)
		if (errno != EINTR)
			return nos_err_set_errno(err, NOS_IO, errno, "store: lock");
	if (nos_sqlite_db_run(q, "BEGIN IMMEDIATE", err)) {
		flock(q->door, LOCK_UN);
		return err->code;
	}
	q->group = true;
	q->put = false;
	q->rev = 0;
	return NOS_OK;
}

static void sqlite_rollback(void *e)
{
	struct nos_sqlite_db *q = e;

	nos_sqlite_stream_end(q);
	sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
	nos_sqlite_tail_end(&q->tails, false);
	nos_sqlite_db_forget(q); /* a stream's table that was made in the group is gone */
	nos_sqlite_db_drop_pages(q->db);
	flock(q->door, LOCK_UN);
	q->group = false;
}

static enum nos_code sqlite_commit(void *e, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;

	if (nos_sqlite_stream_flush_all(q, err) || nos_sqlite_db_end_revisions(q, err) ||
	    (q->put && nos_sqlite_db_clear_scratch(q, err)) ||
	    nos_sqlite_db_run(q, "COMMIT", err)) {
		sqlite_rollback(q);
		return err->code;
	}
	nos_sqlite_stream_end(q);
	nos_sqlite_tail_end(&q->tails, true);
	nos_sqlite_db_drop_pages(q->db);
	flock(q->door, LOCK_UN);
	q->group = false;
	return NOS_OK;
}

/* A change outside a group is a group of its own: *ret_own tells leave whether it was opened here.
 */
static enum nos_code enter(struct nos_sqlite_db *q, bool *ret_own, struct nos_err *err)
{
	*ret_own = !q->group;
	return *ret_own ? sqlite_begin(q, err) : NOS_OK;
}

static enum nos_code leave(
    struct nos_sqlite_db *q, bool own, enum nos_code code, struct nos_err *err)
{
	if (!own)
		return code;
	if (!code)
		return sqlite_commit(q, err);
	sqlite_rollback(q);
	return code;
}

static enum nos_code sqlite_changed(void *e, bool *ret, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;
	uint64_t version;

	if (nos_sqlite_db_number(q, "PRAGMA data_version", &version, err))
		return err->code;
	*ret = version != q->version;
	q->version = version;
	return NOS_OK;
}

/* A read by itself looks for the newest state, and has to read its pages again where that is
 * another than before: within a transaction that is done once. */
static enum nos_code sqlite_look(void *e, struct nos_err *err)
{
	const struct nos_sqlite_db *q = e;

	assert(!q->group);
	return nos_sqlite_db_run(q, "BEGIN", err);
}

static void sqlite_look_end(void *e)
{
	const struct nos_sqlite_db *q = e;

	sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
}

static enum nos_code sqlite_get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;
	NOS_SQLITE_STATEMENT st = NULL;

	if (nos_sqlite_db_prepare(q, "SELECT rev, value FROM state WHERE ns=? AND key=?", &st, err))
		return err->code;
	bind_str(st, 1, nos_str_of(ns));
	bind_str(st, 2, key);
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		break;
	case SQLITE_DONE:
		return nos_err_set(err, NOS_ABSENT, "no '%.*s' in %s", NOS_STR_ARG(key), ns);
	default:
		return nos_sqlite_db_failed(q, "read", err);
	}
	*ret_rev = (uint64_t)sqlite3_column_int64(st, 0);
	if (!ret)
		return NOS_OK;
	nos_buf_add_str(ret, column(st, 1));
	return nos_buf_check(ret, "value", err);
}

static enum nos_code write_value(struct nos_sqlite_db *q, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t rev, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;
	static const char put[] =
	    "INSERT OR REPLACE INTO state(ns, key, rev, value) VALUES(?, ?, ?, ?)";
	static const char del[] = "DELETE FROM state WHERE ns=? AND key=?";

	if (nos_sqlite_db_prepare(q, value ? put : del, &st, err))
		return err->code;
	bind_str(st, 1, nos_str_of(ns));
	bind_str(st, 2, key);
	q->put |= value != NULL;
	if (value) {
		sqlite3_bind_int64(st, 3, (sqlite3_int64)rev);
		sqlite3_bind_blob(
		    st, 4, value->len ? value->p : "", (int)value->len, SQLITE_STATIC);
	}
	return sqlite3_step(st) == SQLITE_DONE ? NOS_OK : nos_sqlite_db_failed(q, "write", err);
}

static enum nos_code check_rev(struct nos_sqlite_db *q, const char *ns, struct nos_str key,
    uint64_t expect_rev, struct nos_err *err)
{
	uint64_t have = NOS_STORE_NEW;

	if (sqlite_get(q, ns, key, NULL, &have, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
	}
	return expect_rev == have
		   ? NOS_OK
		   : nos_err_set(err, NOS_EXISTS, "'%.*s' in %s was changed by another",
			 NOS_STR_ARG(key), ns);
}

/* Within a transaction. */
static enum nos_code put_now(struct nos_sqlite_db *q, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	uint64_t rev;

	if ((expect_rev != NOS_STORE_ANY && check_rev(q, ns, key, expect_rev, err)) ||
	    nos_sqlite_db_revise(q, &rev, err) || write_value(q, ns, key, value, rev, err))
		return err->code;
	if (ret_rev)
		*ret_rev = rev;
	return NOS_OK;
}

static enum nos_code sqlite_put(void *e, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;
	bool own;

	if (enter(q, &own, err))
		return err->code;
	return leave(q, own, put_now(q, ns, key, value, expect_rev, ret_rev, err), err);
}

/* Some of the keys from low on, before high; no high: all. */
static enum nos_code scan_some(struct nos_sqlite_db *q, const char *ns, struct nos_str low,
    struct nos_str high, struct nos_buf *rows, bool *ret_end, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;

	if (nos_sqlite_db_prepare(q,
		"SELECT key, value, rev FROM state WHERE ns=?1 AND key>=?2 AND key<?3 ORDER BY key",
		&st, err))
		return err->code;
	bind_str(st, 1, nos_str_of(ns));
	bind_str(st, 2, low);
	if (high.len)
		bind_str(st, 3, high);
	else
		sqlite3_bind_zeroblob(st, 3, 0); /* every text is less than any blob */
	return nos_sqlite_rows_take(q, st, rows, ret_end, err);
}

/* *next: the key that could stand first behind those that were shown. */
static enum nos_code show_some(const struct nos_buf *rows, nos_store_each *each, void *state,
    struct nos_buf *next, struct nos_err *err)
{
	struct nos_sqlite_row row = { 0 };
	size_t at = 0;

	while (nos_sqlite_rows_next(rows, &at, &row))
		if (each(state, row.key, row.value, row.number, err))
			return err->code;
	nos_buf_truncate(next, 0);
	nos_buf_add_str(next, row.key);
	nos_buf_add_char(next, '\0');
	return nos_buf_check(next, "key", err);
}

static enum nos_code sqlite_scan(void *e, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err)
{
	NOS_AUTO(buf) low = { 0 };
	NOS_AUTO(buf) high = { 0 };
	NOS_AUTO(buf) rows = { 0 };
	bool end = false;

	nos_buf_init(&low, NOS_STORE_KEY_MAX + 1);
	nos_buf_init(&high, NOS_STORE_KEY_MAX + 1);
	nos_sqlite_rows_init(&rows);
	if (prefix.len) {
		nos_buf_add_str(&low, prefix);
		nos_buf_add_char(&low, '/');
		nos_buf_add_str(&high, prefix);
		nos_buf_add_char(&high, '0'); /* the byte behind '/' */
	}
	while (!end)
		if (scan_some(e, ns, nos_buf_str(&low), nos_buf_str(&high), &rows, &end, err) ||
		    show_some(&rows, each, state, &low, err))
			return err->code;
	return NOS_OK;
}

static enum nos_code sqlite_append(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;
	bool own;

	if (enter(q, &own, err))
		return err->code;
	return leave(
	    q, own, nos_sqlite_stream_append(q, stream, now, entry, ret_position, err), err);
}

static enum nos_code sqlite_read(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	return nos_sqlite_stream_read(e, stream, after, limit, each, state, err);
}

static enum nos_code sqlite_bounds(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	return nos_sqlite_stream_bounds(e, stream, ret_first, ret_last, err);
}

static enum nos_code sqlite_claim(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;

	return sqlite_bounds(e, stream, ret_first, ret_last, err)
		   ? err->code
		   : nos_sqlite_tail_claim(&q->tails, stream, *ret_last, err);
}

static enum nos_code sqlite_append_behind(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t last, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;
	uint64_t first, end;
	bool own;

	if (enter(q, &own, err))
		return err->code;
	if (!sqlite_bounds(e, stream, &first, &end, err) && end != last)
		nos_err_set(err, NOS_EXISTS, "store: another writes '%s'", stream);
	if (!err->code)
		(void)!nos_sqlite_stream_append(q, stream, now, entry, NULL, err);
	return leave(q, own, err->code, err);
}

static enum nos_code sqlite_trim(void *e, const char *stream, const struct nos_store_trim *what,
    size_t *ret_dropped, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;
	bool own;

	if (enter(q, &own, err))
		return err->code;
	return leave(q, own, nos_sqlite_trim(q, stream, what, ret_dropped, err), err);
}

static enum nos_code sqlite_erase(
    void *e, const char *stream, uint64_t position, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;
	bool own;

	if (enter(q, &own, err))
		return err->code;
	return leave(q, own, nos_sqlite_stream_erase(q, stream, position, err), err);
}

/* Not through the door: SQLite's own locks keep writers out, and it does not wait in their queue.
 */
static enum nos_code sqlite_purge(void *e, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;

	assert(!q->group);
	return nos_sqlite_db_purge(q, err);
}

static enum nos_code sqlite_space(
    void *e, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err)
{
	struct nos_sqlite_db *q = e;
	uint64_t pages, spare, size;
	struct statvfs fs;

	if (nos_sqlite_db_number(q, "PRAGMA page_count", &pages, err) ||
	    nos_sqlite_db_number(q, "PRAGMA freelist_count", &spare, err) ||
	    nos_sqlite_db_number(q, "PRAGMA page_size", &size, err))
		return err->code;
	if (fstatvfs(q->folder, &fs) < 0)
		return nos_err_set_errno(err, NOS_IO, errno, "store");
	*ret_used = (pages - spare) * size;
	*ret_free = (uint64_t)fs.f_bavail * fs.f_frsize;
	/* Pages that are free in the file are, too, where the log finds room. */
	if (*ret_free >= LOG_ROOM)
		*ret_free += spare * size;
	return NOS_OK;
}

static enum nos_code sqlite_open(
    const struct nos_store_where *where, bool create, void **ret, struct nos_err *err)
{
	if (where->creds || where->ca)
		return nos_err_set(err, NOS_USAGE,
		    "credentials and authorities of a store are for nats: and tls: alone");
	return nos_sqlite_db_open(where->url, create, ret, err);
}

const struct nos_store_engine nos_sqlite_engine = {
	.kind = "sqlite",
	.atomic = true,
	.open = sqlite_open,
	.close = nos_sqlite_db_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.changed = sqlite_changed,
	.look = sqlite_look,
	.look_end = sqlite_look_end,
	.get = sqlite_get,
	.put = sqlite_put,
	.scan = sqlite_scan,
	.append = sqlite_append,
	.append_behind = sqlite_append_behind,
	.read = sqlite_read,
	.bounds = sqlite_bounds,
	.claim = sqlite_claim,
	.trim = sqlite_trim,
	.erase = sqlite_erase,
	.purge = sqlite_purge,
	.space = sqlite_space,
};
