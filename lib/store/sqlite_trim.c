/* SPDX-License-Identifier: MIT */
#include "store/sqlite_trim.h"

/* The last of the oldest that are all old; 0: none is. No more is read than may be dropped and one
 * more, whatever their age and however many there are: it is done with each group. */
static enum nos_code last_old(struct nos_sqlite_db *q, const char *stream,
    const struct nos_store_trim *what, sqlite3_int64 *ret, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;
	int rc;

	if (nos_sqlite_db_on_stream(q,
		"SELECT position, ms FROM $ WHERE position<=? ORDER BY position LIMIT ?", stream,
		&st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)what->up_to);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)what->most);
	*ret = 0;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (sqlite3_column_int64(st, 1) >= what->before.ms)
			return NOS_OK;
		*ret = sqlite3_column_int64(st, 0);
	}
	return rc == SQLITE_DONE ? NOS_OK : nos_sqlite_db_failed(q, "trim", err);
}

enum nos_code nos_sqlite_trim(struct nos_sqlite_db *q, const char *stream,
    const struct nos_store_trim *what, size_t *ret_dropped, struct nos_err *err)
{
	NOS_SQLITE_STATEMENT st = NULL;
	sqlite3_int64 last = 0;

	*ret_dropped = 0;
	if (last_old(q, stream, what, &last, err) || !last)
		return err->code;
	if (nos_sqlite_db_on_stream(q, "DELETE FROM $ WHERE position<=?", stream, &st, err))
		return err->code;
	sqlite3_bind_int64(st, 1, last);
	if (sqlite3_step(st) != SQLITE_DONE)
		return nos_sqlite_db_failed(q, "trim", err);
	*ret_dropped = (size_t)sqlite3_changes(q->db);
	return NOS_OK;
}
