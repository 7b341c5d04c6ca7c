/* SPDX-License-Identifier: MIT */
#include "store/sqlite_rows.h"

#include <string.h>

#include "store/store.h"

#define ENOUGH	(64u << 10) /* bytes of rows; the one that reaches it may be the largest */
#define ROW_MAX (sizeof(struct head) + NOS_STORE_KEY_MAX + NOS_STORE_ENTRY_MAX)

/* What stands before a row's key and value. */
struct head {
	uint64_t number;
	size_t key, value;
};

void nos_sqlite_rows_init(struct nos_buf *rows)
{
	nos_buf_init_secret(rows, ENOUGH + ROW_MAX);
}

void nos_sqlite_rows_add(
    struct nos_buf *rows, struct nos_str key, struct nos_span value, uint64_t number)
{
	const struct head h = { number, key.len, value.len };

	nos_buf_add(rows, &h, sizeof(h));
	if (h.key)
		nos_buf_add(rows, key.p, h.key);
	if (h.value)
		nos_buf_add(rows, value.p, h.value);
}

bool nos_sqlite_rows_are_enough(const struct nos_buf *rows)
{
	return rows->len >= ENOUGH || rows->fail;
}

static void add(struct nos_buf *rows, sqlite3_stmt *st)
{
	const char *key = sqlite3_column_blob(st, 0);
	const uint8_t *value = sqlite3_column_blob(st, 1);

	nos_sqlite_rows_add(rows, (struct nos_str){ key, (size_t)sqlite3_column_bytes(st, 0) },
	    (struct nos_span){ value, (size_t)sqlite3_column_bytes(st, 1) },
	    (uint64_t)sqlite3_column_int64(st, 2));
}

enum nos_code nos_sqlite_rows_take(struct nos_sqlite_db *q, sqlite3_stmt *st, struct nos_buf *rows,
    bool *ret_end, struct nos_err *err)
{
	int rc = SQLITE_ROW;

	nos_buf_truncate(rows, 0);
	while (!nos_sqlite_rows_are_enough(rows) && (rc = sqlite3_step(st)) == SQLITE_ROW)
		add(rows, st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return nos_sqlite_db_failed(q, "read", err);
	*ret_end = rc == SQLITE_DONE;
	return nos_buf_check(rows, "rows", err);
}

bool nos_sqlite_rows_next(const struct nos_buf *rows, size_t *at, struct nos_sqlite_row *ret)
{
	struct head h;
	const char *p = rows->p + *at;

	if (*at == rows->len)
		return false;
	memcpy(&h, p, sizeof(h));
	p += sizeof(h);
	*ret = (struct nos_sqlite_row){ { p, h.key }, { p + h.key, h.value }, h.number };
	*at += sizeof(h) + h.key + h.value;
	return true;
}
