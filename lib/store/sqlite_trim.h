/* SPDX-License-Identifier: MIT */
/* What of a stream is dropped (store.h, nos_store_trim), within a transaction. For the files of
 * this room. */
#ifndef NOS_STORE_SQLITE_TRIM_H
#define NOS_STORE_SQLITE_TRIM_H

#include "store/sqlite_db.h"
#include "store/store.h"

enum nos_code nos_sqlite_trim(struct nos_sqlite_db *q, const char *stream,
    const struct nos_store_trim *what, size_t *ret_dropped, struct nos_err *err) NOS_CHECK;

#endif
