/* SPDX-License-Identifier: MIT */
#include "store/sqlite_db.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/sqlite_memory.h"
#include "store/sqlite_run.h"
#include "store/store.h"

/* PRAGMA user_version of what this file writes. 1: pages were not scrubbed; 2: a row was an entry,
 * and 3: as long as what it says, both of which it still may be. */
#define FORMAT	      4
#define BUSY_TRIES    20000
#define PURGE_TRIES   40
#define BUSY_SLEEP_US 500
#define FULL_MIN      65536 /* bytes that are free */

#define TEXT(x)	   TEXT_OF(x)
#define TEXT_OF(x) #x

/* Less than this nothing is written in: SQLite begins its index of the log with 32 KiB. */
static bool is_full(const struct nos_sqlite_db *q)
{
	struct statvfs fs;

	return q->folder >= 0 && fstatvfs(q->folder, &fs) == 0 &&
	       ((uint64_t)fs.f_bavail * fs.f_frsize < FULL_MIN || (fs.f_files && !fs.f_favail));
}

enum nos_code nos_sqlite_db_failed(
    const struct nos_sqlite_db *q, const char *what, struct nos_err *err)
{
	int rc = sqlite3_errcode(q->db) & 0xff;

	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return nos_err_set(err, NOS_BUSY, "store: %s: locked by another process", what);
	if (rc == SQLITE_NOMEM)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB)
		return nos_err_set(err, NOS_IO, "store: damaged, restore it from a backup (%s)",
		    sqlite3_errmsg(q->db));
	if ((rc == SQLITE_FULL || rc == SQLITE_IOERR || rc == SQLITE_CANTOPEN) && is_full(q))
		return nos_err_set(err, NOS_IO, "the disk of the store is full: make room on it");
	return nos_err_set(err, NOS_IO, "store: %s: %s", what, sqlite3_errmsg(q->db));
}

enum nos_code nos_sqlite_db_run(const struct nos_sqlite_db *q, const char *sql, struct nos_err *err)
{
	return sqlite3_exec(q->db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? NOS_OK
		   : nos_sqlite_db_failed(q, sql, err);
}

void nos_sqlite_db_drop_pages(sqlite3 *db)
{
	if (sqlite3_get_autocommit(db))
		sqlite3_db_release_memory(db);
}

/* Left as it was compiled, so that no read lock stays and no binding outlives what it points to. */
void nos_sqlite_db_leave(sqlite3_stmt **p)
{
	if (!*p)
		return;
	sqlite3_reset(*p);
	sqlite3_clear_bindings(*p);
	nos_sqlite_db_drop_pages(sqlite3_db_handle(*p));
}

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

static enum nos_code prepare_on(struct nos_sqlite_db *q, const char *sql, const char *stream,
    sqlite3_stmt **ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_sqlite_cached *c;

	for (size_t i = 0; i < q->cached; i++)
		if (q->cache[i].sql == sql && strcmp(q->cache[i].stream, stream) == 0) {
			*ret = q->cache[i].st;
			return NOS_OK;
		}
	if (q->cached == NOS_SQLITE_STATEMENTS_MAX)
		return nos_err_set(err, NOS_INTERNAL, "store: too many statements");
	if (spell(sql, stream, &text, err))
		return err->code;
	c = &q->cache[q->cached];
	if (sqlite3_prepare_v3(q->db, text.p, -1, SQLITE_PREPARE_PERSISTENT, &c->st, NULL) !=
	    SQLITE_OK)
		return nos_sqlite_db_failed(q, "read", err);
	c->sql = sql;
	snprintf(c->stream, sizeof(c->stream), "%s", stream);
	q->cached++;
	*ret = c->st;
	return NOS_OK;
}

enum nos_code nos_sqlite_db_prepare(
    struct nos_sqlite_db *q, const char *sql, sqlite3_stmt **ret, struct nos_err *err)
{
	return prepare_on(q, sql, "", ret, err);
}

static enum nos_code step(struct nos_sqlite_db *q, const char *sql, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;

	if (nos_sqlite_db_prepare(q, sql, &st, err))
		return err->code;
	return sqlite3_step(st) == SQLITE_DONE ? NOS_OK : nos_sqlite_db_failed(q, "write", err);
}

/* By a row that is longer than any cell of the state that is not on pages of its own: those are of
 * an index, a quarter of a page at most. Its page is written with the group anyway. */
enum nos_code nos_sqlite_db_clear_scratch(struct nos_sqlite_db *q, struct nos_err *err)
{
	if (step(q, "INSERT INTO revision VALUES(0, zeroblob(2000))", err))
		return err->code;
	return step(q, "DELETE FROM revision WHERE one=0", err);
}

static int wait_busy(void *state, int tries)
{
	const struct nos_sqlite_db *q = state;

	usleep(BUSY_SLEEP_US);
	return tries < q->busy_tries;
}

/* One number that a statement without parameters gives. */
enum nos_code nos_sqlite_db_number(
    struct nos_sqlite_db *q, const char *sql, uint64_t *ret, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;

	if (nos_sqlite_db_prepare(q, sql, &st, err))
		return err->code;
	if (sqlite3_step(st) != SQLITE_ROW)
		return nos_sqlite_db_failed(q, "read", err);
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	return NOS_OK;
}

enum nos_code nos_sqlite_db_revise(struct nos_sqlite_db *q, uint64_t *ret, struct nos_err *err)
{
	if (!q->rev &&
	    nos_sqlite_db_number(q, "SELECT rev FROM revision WHERE one=1", &q->rev, err))
		return err->code;
	*ret = ++q->rev;
	return NOS_OK;
}

enum nos_code nos_sqlite_db_end_revisions(struct nos_sqlite_db *q, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;

	if (!q->rev)
		return NOS_OK;
	if (nos_sqlite_db_prepare(q, "UPDATE revision SET rev=? WHERE one=1", &st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)q->rev);
	return sqlite3_step(st) == SQLITE_DONE ? NOS_OK : nos_sqlite_db_failed(q, "write", err);
}

/* That the log is cut off is not yet on disk: after a power failure it could be back. */
static enum nos_code sync_log(const struct nos_sqlite_db *q, struct nos_err *err)
{
	sqlite3_file *log = NULL;

	if (sqlite3_file_control(q->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
	    (!log || !log->pMethods || log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) == SQLITE_OK))
		return NOS_OK;
	return nos_err_set(err, NOS_IO, "store: purge: the log is not synced");
}

static enum nos_code empty_log(const struct nos_sqlite_db *q, struct nos_err *err)
{
	int frames = 0;
	int rc =
	    sqlite3_wal_checkpoint_v2(q->db, "main", SQLITE_CHECKPOINT_TRUNCATE, &frames, NULL);

	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED || (rc == SQLITE_OK && frames > 0))
		return nos_err_set(
		    err, NOS_BUSY, "store: purge: another writes, or reads an older state");
	return rc == SQLITE_OK ? sync_log(q, err) : nos_sqlite_db_failed(q, "purge", err);
}

enum nos_code nos_sqlite_db_purge(struct nos_sqlite_db *q, struct nos_err *err)
{
	enum nos_code code;

	q->busy_tries = PURGE_TRIES;
	code = empty_log(q, err);
	q->busy_tries = BUSY_TRIES;
	/* A page in the cache still has its gap, and would bring it into the log when it is
	 * changed. The caches of others go since the log is a new one. */
	sqlite3_db_release_memory(q->db);
	return code;
}

void nos_sqlite_db_forget(struct nos_sqlite_db *q)
{
	for (size_t i = 0; i < q->cached; i++)
		sqlite3_finalize(q->cache[i].st);
	q->cached = 0;
}

void nos_sqlite_db_close(void *e)
{
	struct nos_sqlite_db *q = e;

	nos_sqlite_db_forget(q);
	for (size_t i = 0; i < NOS_SQLITE_PENDING_MAX; i++)
		nos_buf_release(&q->pending[i].run);
	nos_buf_release(&q->plain);
	nos_sqlite_compress_release(&q->compress);
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

	if (lstat(path, &st) == 0) {
		if (S_ISLNK(st.st_mode))
			return nos_err_set(
			    err, NOS_DENIED, "store '%s' is a link: name the file itself", path);
		if (st.st_uid != geteuid())
			return nos_err_set(err, NOS_DENIED,
			    "store '%s' belongs to another user: run as its owner", path);
		if (st.st_mode & (S_IRWXG | S_IRWXO))
			return nos_err_set(err, NOS_DENIED,
			    "store '%s' is open to others: chmod 600 %s", path, path);
		return NOS_OK;
	}
	if (errno != ENOENT)
		return nos_err_set_errno(err, NOS_IO, errno, "store '%s'", path);
	return create ? NOS_OK : nos_err_set(err, NOS_ABSENT, "no store '%s'", path);
}

static enum nos_code open_door(struct nos_sqlite_db *q, const char *path, struct nos_err *err)
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

/* The file of a nos that left rows in its pages: cleaned once. Rows of an older nos are read as
 * they are. Behind the door, so nobody writes. */
static enum nos_code renew(struct nos_sqlite_db *q, struct nos_err *err)
{
	uint64_t format;

	if (nos_sqlite_db_number(q, "PRAGMA user_version", &format, err))
		return err->code;
	if (format >= FORMAT)
		return NOS_OK; /* another was faster */
	if (format == 1) {
		if (empty_log(q, err))
			return err->code;
		if (nos_sqlite_scrub_file(q->db) != SQLITE_OK)
			return nos_err_set(
			    err, NOS_IO, "store: an old page cannot be written again");
	}
	return nos_sqlite_db_run(q, "PRAGMA user_version=" TEXT(FORMAT), err);
}

static enum nos_code upgrade(struct nos_sqlite_db *q, struct nos_err *err)
{
	enum nos_code code;

	while (flock(q->door, LOCK_EX) < 0)
		if (errno != EINTR)
			return nos_err_set_errno(err, NOS_IO, errno, "store: lock");
	code = renew(q, err);
	flock(q->door, LOCK_UN);
	return code;
}

static enum nos_code prepare_file(struct nos_sqlite_db *q, struct nos_err *err)
{
	uint64_t format;

	if (nos_sqlite_db_run(q, "PRAGMA journal_mode=WAL", err) ||
	    nos_sqlite_db_run(q, "PRAGMA synchronous=FULL", err) ||
	    nos_sqlite_db_run(q, "PRAGMA secure_delete=ON", err) ||
	    nos_sqlite_db_run(q, "PRAGMA journal_size_limit=4194304", err) ||
	    nos_sqlite_db_run(q, "PRAGMA temp_store=MEMORY", err) ||
	    nos_sqlite_db_run(q, "PRAGMA max_page_count=" TEXT(NOS_SQLITE_SCRUB_PAGES_MAX), err) ||
	    nos_sqlite_db_number(q, "PRAGMA user_version", &format, err))
		return err->code;
	if (format > FORMAT)
		return nos_err_set(err, NOS_CONFIG, "store: written by a newer nos");
	if (format == FORMAT)
		return NOS_OK;
	if (format)
		return upgrade(q, err);
	return nos_sqlite_db_run(q,
	    "BEGIN IMMEDIATE;"
	    "CREATE TABLE IF NOT EXISTS state(ns TEXT, key TEXT, rev INTEGER, value BLOB,"
	    " PRIMARY KEY(ns, key)) WITHOUT ROWID;"
	    "CREATE TABLE IF NOT EXISTS revision(one INTEGER PRIMARY KEY, rev INTEGER);"
	    "INSERT OR IGNORE INTO revision VALUES(1, 0);"
	    "PRAGMA user_version=" TEXT(FORMAT) ";"
						"COMMIT",
	    err);
}

enum nos_code nos_sqlite_db_open(const char *path, bool create, void **ret, struct nos_err *err)
{
	struct nos_sqlite_db *q;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int rc, fd = -1;

	nos_sqlite_memory_start();
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
	q->busy_tries = BUSY_TRIES;
	for (size_t i = 0; i < NOS_SQLITE_PENDING_MAX; i++)
		nos_sqlite_run_init(&q->pending[i].run);
	nos_buf_init_secret(&q->plain, NOS_SQLITE_RUN_LONGEST);
	rc = nos_sqlite_scrub_open(&q->scrub, path, flags, &q->db);
	if (rc == SQLITE_OK) {
		sqlite3_busy_handler(q->db, wait_busy, q);
		if (!open_door(q, path, err) && !prepare_file(q, err))
			(void)!nos_sqlite_db_number(q, "PRAGMA data_version", &q->version, err);
	} else {
		nos_sqlite_db_failed(q, path, err);
	}
	if (err->code) {
		nos_sqlite_db_close(q);
		return err->code;
	}
	*ret = q;
	return NOS_OK;
}

/* A statement over a stream's table, which is made when it is first needed. */
enum nos_code nos_sqlite_db_on_stream(struct nos_sqlite_db *q, const char *sql, const char *stream,
    sqlite3_stmt **ret, struct nos_err *err)
{
	/* AUTOINCREMENT: a position never comes again, also after the newest was trimmed. */
	static const char make[] =
	    "CREATE TABLE IF NOT EXISTS $(position INTEGER PRIMARY KEY AUTOINCREMENT,"
	    " ms INTEGER, entry BLOB)";
	NOS_AUTO(buf) text = { 0 };

	if (!*stream || strlen(stream) >= NOS_SQLITE_STREAM_MAX)
		return nos_err_set(err, NOS_INTERNAL, "no stream can be called '%s'", stream);
	for (const char *p = stream; *p; p++)
		if ((*p < 'a' || *p > 'z') && (p == stream || *p < '0' || *p > '9'))
			return nos_err_set(
			    err, NOS_INTERNAL, "no stream can be called '%s'", stream);
	for (size_t i = 0; i < q->cached; i++)
		if (strcmp(q->cache[i].stream, stream) == 0)
			return prepare_on(q, sql, stream, ret, err);
	if (spell(make, stream, &text, err) || nos_sqlite_db_run(q, text.p, err))
		return err->code;
	return prepare_on(q, sql, stream, ret, err);
}
