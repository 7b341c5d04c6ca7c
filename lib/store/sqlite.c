/* SPDX-License-Identifier: MIT */
/*
 * The embedded engine: SQLite, WAL, synchronous=FULL always, since a group of a hundred makes the
 * fsync free. One table for the state, one for each stream. Tools beside a busy nos-serve would
 * starve under SQLite's own waiting, so each transaction goes through a door, a file under flock.
 */
#include "store/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sqlite3.h>

#define FORMAT	      1 /* PRAGMA user_version of what this file writes */
#define BUSY_TRIES    20000
#define BUSY_SLEEP_US 500

#define STATEMENTS_MAX 48 /* a dozen, and half a dozen for each of a few streams */
#define STREAM_MAX     16

/* A statement is compiled once. sql is a literal, known by its address. */
struct cached {
	const char *sql;
	char stream[STREAM_MAX]; /* whose table stands for '$' in it; empty: none */
	sqlite3_stmt *st;
};

struct sqlite {
	sqlite3 *db;
	int door;
	int folder;	  /* the store's, to ask for free space */
	bool group;	  /* begin was called */
	uint64_t version; /* PRAGMA data_version when it was asked last */
	struct cached cache[STATEMENTS_MAX];
	size_t cached;
};

static enum nos_code failed(const struct sqlite *q, const char *what, struct nos_err *err)
{
	int rc = sqlite3_errcode(q->db) & 0xff;

	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return nos_err_set(err, NOS_BUSY, "store: %s: locked by another process", what);
	if (rc == SQLITE_NOMEM)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB)
		return nos_err_set(err, NOS_IO, "store: damaged, restore it from a backup (%s)",
		    sqlite3_errmsg(q->db));
	return nos_err_set(err, NOS_IO, "store: %s: %s", what, sqlite3_errmsg(q->db));
}

static enum nos_code run(const struct sqlite *q, const char *sql, struct nos_err *err)
{
	return sqlite3_exec(q->db, sql, NULL, NULL, NULL) == SQLITE_OK ? NOS_OK
								       : failed(q, sql, err);
}

/* Left as it was compiled, so that no read lock stays and no binding outlives what it points to. */
static void leave_statement(sqlite3_stmt **p)
{
	if (!*p)
		return;
	sqlite3_reset(*p);
	sqlite3_clear_bindings(*p);
}

static void drop_statement(sqlite3_stmt **p)
{
	sqlite3_finalize(*p);
}

#define OWN_STATEMENT __attribute__((cleanup(drop_statement))) sqlite3_stmt *
#define STATEMENT     __attribute__((cleanup(leave_statement))) sqlite3_stmt *

/* sql with the stream's table for each '$'. */
static enum nos_code spell(
    const char *sql, const char *stream, struct nos_buf *ret, struct nos_err *err)
{
	nos_buf_init(ret, 1000);
	for (const char *p = sql; *p; p++) {
		if (*p == '$')
			nos_buf_addf(ret, "stream_%s", stream);
		else
			nos_buf_add_char(ret, *p);
	}
	return nos_buf_check(ret, "statement", err);
}

static enum nos_code prepare_on(
    struct sqlite *q, const char *sql, const char *stream, sqlite3_stmt **ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct cached *c;

	for (size_t i = 0; i < q->cached; i++)
		if (q->cache[i].sql == sql && strcmp(q->cache[i].stream, stream) == 0) {
			*ret = q->cache[i].st;
			return NOS_OK;
		}
	if (q->cached == STATEMENTS_MAX)
		return nos_err_set(err, NOS_INTERNAL, "store: too many statements");
	if (spell(sql, stream, &text, err))
		return err->code;
	c = &q->cache[q->cached];
	if (sqlite3_prepare_v3(q->db, text.p, -1, SQLITE_PREPARE_PERSISTENT, &c->st, NULL) !=
	    SQLITE_OK)
		return failed(q, "read", err);
	c->sql = sql;
	snprintf(c->stream, sizeof(c->stream), "%s", stream);
	q->cached++;
	*ret = c->st;
	return NOS_OK;
}

static enum nos_code prepare(
    struct sqlite *q, const char *sql, sqlite3_stmt **ret, struct nos_err *err)
{
	return prepare_on(q, sql, "", ret, err);
}

static void bind_str(sqlite3_stmt *st, int at, struct nos_str s)
{
	sqlite3_bind_text(st, at, s.len ? s.p : "", (int)s.len, SQLITE_STATIC);
}

static struct nos_str column(sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_blob(st, at);

	return (struct nos_str){ p ? p : "", (size_t)sqlite3_column_bytes(st, at) };
}

static int wait_busy(void *state, int tries)
{
	(void)state;
	usleep(BUSY_SLEEP_US);
	return tries < BUSY_TRIES;
}

/* One number that a statement without parameters gives. */
static enum nos_code number(struct sqlite *q, const char *sql, uint64_t *ret, struct nos_err *err)
{
	STATEMENT st = NULL;

	if (prepare(q, sql, &st, err))
		return err->code;
	if (sqlite3_step(st) != SQLITE_ROW)
		return failed(q, "read", err);
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	return NOS_OK;
}

static void forget_statements(struct sqlite *q)
{
	for (size_t i = 0; i < q->cached; i++)
		sqlite3_finalize(q->cache[i].st);
	q->cached = 0;
}

static void sqlite_close(void *e)
{
	struct sqlite *q = e;

	forget_statements(q);
	sqlite3_close(q->db);
	if (q->door >= 0)
		close(q->door);
	if (q->folder >= 0)
		close(q->folder);
	free(q);
}

/* Only its owner opens a store, so that cron never leaves root's files in it. */
static enum nos_code check_owner(const char *path, bool create, struct nos_err *err)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return st.st_uid == geteuid()
			   ? NOS_OK
			   : nos_err_set(err, NOS_DENIED,
				 "store '%s' belongs to another user: run as its owner", path);
	if (errno != ENOENT)
		return nos_err_set_errno(err, NOS_IO, errno, "store '%s'", path);
	return create ? NOS_OK : nos_err_set(err, NOS_ABSENT, "no store '%s'", path);
}

static enum nos_code open_door(struct sqlite *q, const char *path, struct nos_err *err)
{
	char name[4096];

	if (snprintf(name, sizeof(name), "%s.door", path) >= (int)sizeof(name))
		return nos_err_set(err, NOS_USAGE, "store: the path is too long");
	q->door = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (q->door < 0)
		return nos_err_set_errno(err, NOS_IO, errno, "store '%s'", name);
	q->folder = open(dirname(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return q->folder >= 0 ? NOS_OK : nos_err_set_errno(err, NOS_IO, errno, "store '%s'", name);
}

static enum nos_code prepare_file(struct sqlite *q, struct nos_err *err)
{
	uint64_t format;

	if (run(q, "PRAGMA journal_mode=WAL", err) || run(q, "PRAGMA synchronous=FULL", err) ||
	    run(q, "PRAGMA secure_delete=ON", err) ||
	    run(q, "PRAGMA journal_size_limit=4194304", err) ||
	    number(q, "PRAGMA user_version", &format, err))
		return err->code;
	if (format > FORMAT)
		return nos_err_set(err, NOS_CONFIG, "store: written by a newer nos");
	if (format == FORMAT)
		return NOS_OK;
	return run(q,
	    "BEGIN IMMEDIATE;"
	    "CREATE TABLE IF NOT EXISTS state(ns TEXT, key TEXT, rev INTEGER, value BLOB,"
	    " PRIMARY KEY(ns, key)) WITHOUT ROWID;"
	    "CREATE TABLE IF NOT EXISTS revision(one INTEGER PRIMARY KEY, rev INTEGER);"
	    "INSERT OR IGNORE INTO revision VALUES(1, 0);"
	    "PRAGMA user_version=1;"
	    "COMMIT",
	    err);
}

static enum nos_code sqlite_open(const char *path, bool create, void **ret, struct nos_err *err)
{
	struct sqlite *q;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int rc, fd = -1;

	if (check_owner(path, create, err))
		return err->code;
	q = calloc(1, sizeof(*q));
	if (!q)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	q->door = q->folder = -1;
	/* Made 0600 before SQLite sees it, which gives its other files the same mode. */
	if (create)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (create && fd < 0) {
		free(q);
		return nos_err_set_errno(err, NOS_IO, errno, "store '%s'", path);
	}
	if (create)
		close(fd);
	rc = sqlite3_open_v2(path, &q->db, flags, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_busy_handler(q->db, wait_busy, NULL);
		if (!open_door(q, path, err) && !prepare_file(q, err))
			number(q, "PRAGMA data_version", &q->version, err);
	} else {
		failed(q, path, err);
	}
	if (err->code) {
		sqlite_close(q);
		return err->code;
	}
	*ret = q;
	return NOS_OK;
}

static enum nos_code sqlite_begin(void *e, struct nos_err *err)
{
	struct sqlite *q = e;

	while (flock(q->door, LOCK_EX) < 0)
		if (errno != EINTR)
			return nos_err_set_errno(err, NOS_IO, errno, "store: lock");
	if (run(q, "BEGIN IMMEDIATE", err)) {
		flock(q->door, LOCK_UN);
		return err->code;
	}
	q->group = true;
	return NOS_OK;
}

static void sqlite_rollback(void *e)
{
	struct sqlite *q = e;

	sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
	forget_statements(q); /* a stream's table that was made in the group is gone */
	flock(q->door, LOCK_UN);
	q->group = false;
}

static enum nos_code sqlite_commit(void *e, struct nos_err *err)
{
	struct sqlite *q = e;

	if (run(q, "COMMIT", err)) {
		sqlite_rollback(q);
		return err->code;
	}
	flock(q->door, LOCK_UN);
	q->group = false;
	return NOS_OK;
}

/* A change outside a group is a group of its own: *ret_own tells leave whether it was opened here.
 */
static enum nos_code enter(struct sqlite *q, bool *ret_own, struct nos_err *err)
{
	*ret_own = !q->group;
	return *ret_own ? sqlite_begin(q, err) : NOS_OK;
}

static enum nos_code leave(struct sqlite *q, bool own, enum nos_code code, struct nos_err *err)
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
	struct sqlite *q = e;
	uint64_t version;

	if (number(q, "PRAGMA data_version", &version, err))
		return err->code;
	*ret = version != q->version;
	q->version = version;
	return NOS_OK;
}

static enum nos_code sqlite_get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *err)
{
	struct sqlite *q = e;
	STATEMENT st = NULL;

	if (prepare(q, "SELECT rev, value FROM state WHERE ns=? AND key=?", &st, err))
		return err->code;
	bind_str(st, 1, nos_str_of(ns));
	bind_str(st, 2, key);
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		break;
	case SQLITE_DONE:
		return nos_err_set(err, NOS_ABSENT, "no '%.*s' in %s", NOS_STR_ARG(key), ns);
	default:
		return failed(q, "read", err);
	}
	*ret_rev = (uint64_t)sqlite3_column_int64(st, 0);
	if (!ret)
		return NOS_OK;
	nos_buf_add_str(ret, column(st, 1));
	return nos_buf_check(ret, "value", err);
}

static enum nos_code write_value(struct sqlite *q, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t rev, struct nos_err *err)
{
	STATEMENT st = NULL;
	static const char put[] =
	    "INSERT OR REPLACE INTO state(ns, key, rev, value) VALUES(?, ?, ?, ?)";
	static const char del[] = "DELETE FROM state WHERE ns=? AND key=?";

	if (prepare(q, value ? put : del, &st, err))
		return err->code;
	bind_str(st, 1, nos_str_of(ns));
	bind_str(st, 2, key);
	if (value) {
		sqlite3_bind_int64(st, 3, (sqlite3_int64)rev);
		sqlite3_bind_blob(
		    st, 4, value->len ? value->p : "", (int)value->len, SQLITE_STATIC);
	}
	return sqlite3_step(st) == SQLITE_DONE ? NOS_OK : failed(q, "write", err);
}

/* Within a transaction. */
static enum nos_code put_now(struct sqlite *q, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	uint64_t have = NOS_STORE_NEW, rev;

	if (sqlite_get(q, ns, key, NULL, &have, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
	}
	if (expect_rev != NOS_STORE_ANY && expect_rev != have)
		return nos_err_set(
		    err, NOS_EXISTS, "'%.*s' in %s was changed by another", NOS_STR_ARG(key), ns);
	if (number(q, "UPDATE revision SET rev = rev + 1 RETURNING rev", &rev, err) ||
	    write_value(q, ns, key, value, rev, err))
		return err->code;
	*ret_rev = rev;
	return NOS_OK;
}

static enum nos_code sqlite_put(void *e, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	struct sqlite *q = e;
	bool own;

	if (enter(q, &own, err))
		return err->code;
	return leave(q, own, put_now(q, ns, key, value, expect_rev, ret_rev, err), err);
}

static enum nos_code step_through(
    struct sqlite *q, sqlite3_stmt *st, nos_store_each *each, void *state, struct nos_err *err)
{
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		if (each(state, column(st, 0), column(st, 1), (uint64_t)sqlite3_column_int64(st, 2),
			err))
			return err->code;
	return rc == SQLITE_DONE ? NOS_OK : failed(q, "scan", err);
}

static enum nos_code sqlite_scan(void *e, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err)
{
	/* Two, so that both ends of a prefix are ends of the search and it costs what it finds. */
	static const char all[] = "SELECT key, value, rev FROM state WHERE ns=?1 ORDER BY key",
			  below[] = "SELECT key, value, rev FROM state WHERE ns=?1 AND key>=?2"
				    " AND key<?3 ORDER BY key";
	const char *sql = prefix.len ? below : all;
	struct sqlite *q = e;
	STATEMENT cached = NULL;
	OWN_STATEMENT own = NULL;
	NOS_AUTO(buf) low = { 0 };
	NOS_AUTO(buf) high = { 0 };
	sqlite3_stmt *st;

	if (prepare(q, sql, &cached, err))
		return err->code;
	st = cached;
	if (sqlite3_stmt_busy(st)) { /* by a scan that called what asks for this one */
		cached = NULL;
		if (sqlite3_prepare_v2(q->db, sql, -1, &own, NULL) != SQLITE_OK)
			return failed(q, "scan", err);
		st = own;
	}
	bind_str(st, 1, nos_str_of(ns));
	if (!prefix.len)
		return step_through(q, st, each, state, err);
	/* '0' is the byte behind '/'. */
	nos_buf_init(&low, NOS_STORE_KEY_MAX + 1);
	nos_buf_init(&high, NOS_STORE_KEY_MAX + 1);
	nos_buf_add_str(&low, prefix);
	nos_buf_add_char(&low, '/');
	nos_buf_add_str(&high, prefix);
	nos_buf_add_char(&high, '0');
	bind_str(st, 2, nos_buf_str(&low));
	bind_str(st, 3, nos_buf_str(&high));
	return step_through(q, st, each, state, err);
}

/* A statement over a stream's table, which is made when it is first needed. */
static enum nos_code on_stream(
    struct sqlite *q, const char *sql, const char *stream, sqlite3_stmt **ret, struct nos_err *err)
{
	/* AUTOINCREMENT: a position never comes again, also after the newest was trimmed. */
	static const char make[] =
	    "CREATE TABLE IF NOT EXISTS $(position INTEGER PRIMARY KEY AUTOINCREMENT,"
	    " ms INTEGER, entry BLOB)";
	NOS_AUTO(buf) text = { 0 };

	if (!*stream || strlen(stream) >= STREAM_MAX)
		return nos_err_set(err, NOS_INTERNAL, "no stream can be called '%s'", stream);
	for (const char *p = stream; *p; p++)
		if (*p < 'a' || *p > 'z')
			return nos_err_set(
			    err, NOS_INTERNAL, "no stream can be called '%s'", stream);
	for (size_t i = 0; i < q->cached; i++)
		if (strcmp(q->cache[i].stream, stream) == 0)
			return prepare_on(q, sql, stream, ret, err);
	if (spell(make, stream, &text, err) || run(q, text.p, err))
		return err->code;
	return prepare_on(q, sql, stream, ret, err);
}

static enum nos_code append_now(struct sqlite *q, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	STATEMENT st = NULL;

	if (on_stream(q, "INSERT INTO $(ms, entry) VALUES(?, ?)", stream, &st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, now.ms);
	sqlite3_bind_blob(
	    st, 2, entry.len ? (const void *)entry.p : "", (int)entry.len, SQLITE_STATIC);
	if (sqlite3_step(st) != SQLITE_DONE)
		return failed(q, "append", err);
	*ret_position = (uint64_t)sqlite3_last_insert_rowid(q->db);
	return NOS_OK;
}

static enum nos_code sqlite_append(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	struct sqlite *q = e;
	bool own;

	if (enter(q, &own, err))
		return err->code;
	return leave(q, own, append_now(q, stream, now, entry, ret_position, err), err);
}

static enum nos_code sqlite_read(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	struct sqlite *q = e;
	STATEMENT st = NULL;
	int rc;

	if (on_stream(q, "SELECT position, entry FROM $ WHERE position>? ORDER BY position LIMIT ?",
		stream, &st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)after);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)limit);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		if (each(state, (uint64_t)sqlite3_column_int64(st, 0), nos_str_bytes(column(st, 1)),
			err))
			return err->code;
	return rc == SQLITE_DONE ? NOS_OK : failed(q, "read", err);
}

static enum nos_code sqlite_bounds(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	struct sqlite *q = e;
	STATEMENT st = NULL;

	if (on_stream(q,
		"SELECT coalesce(min(position), (SELECT seq + 1 FROM sqlite_sequence WHERE name='$'), 1),"
		" coalesce((SELECT seq FROM sqlite_sequence WHERE name='$'), 0) FROM $",
		stream, &st, err))
		return err->code;
	if (sqlite3_step(st) != SQLITE_ROW)
		return failed(q, "read", err);
	*ret_first = (uint64_t)sqlite3_column_int64(st, 0);
	*ret_last = (uint64_t)sqlite3_column_int64(st, 1);
	return NOS_OK;
}

static enum nos_code trim_now(struct sqlite *q, const char *stream,
    const struct nos_store_trim *what, size_t *ret_dropped, struct nos_err *err)
{
	STATEMENT st = NULL;

	/* Oldest first, and only as far as they are old without a gap. */
	if (on_stream(q,
		"DELETE FROM $ WHERE position IN"
		" (SELECT position FROM $ WHERE position<=?3 ORDER BY position LIMIT ?1)"
		" AND position < coalesce((SELECT min(position) FROM $ WHERE ms>=?2), 9223372036854775807)",
		stream, &st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)what->most);
	sqlite3_bind_int64(st, 2, what->before.ms);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)what->up_to);
	if (sqlite3_step(st) != SQLITE_DONE)
		return failed(q, "trim", err);
	*ret_dropped = (size_t)sqlite3_changes(q->db);
	return NOS_OK;
}

static enum nos_code sqlite_trim(void *e, const char *stream, const struct nos_store_trim *what,
    size_t *ret_dropped, struct nos_err *err)
{
	struct sqlite *q = e;
	bool own;

	if (enter(q, &own, err))
		return err->code;
	return leave(q, own, trim_now(q, stream, what, ret_dropped, err), err);
}

static enum nos_code sqlite_space(
    void *e, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err)
{
	struct sqlite *q = e;
	uint64_t pages, spare, size;
	struct statvfs fs;

	if (number(q, "PRAGMA page_count", &pages, err) ||
	    number(q, "PRAGMA freelist_count", &spare, err) ||
	    number(q, "PRAGMA page_size", &size, err))
		return err->code;
	if (fstatvfs(q->folder, &fs) < 0)
		return nos_err_set_errno(err, NOS_IO, errno, "store");
	*ret_used = (pages - spare) * size;
	*ret_free = (uint64_t)fs.f_bavail * fs.f_frsize;
	return NOS_OK;
}

const struct nos_store_engine nos_sqlite_engine = {
	.kind = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.changed = sqlite_changed,
	.get = sqlite_get,
	.put = sqlite_put,
	.scan = sqlite_scan,
	.append = sqlite_append,
	.read = sqlite_read,
	.bounds = sqlite_bounds,
	.trim = sqlite_trim,
	.space = sqlite_space,
};
