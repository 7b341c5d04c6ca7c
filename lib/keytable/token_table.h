/* SPDX-License-Identifier: MIT */
/* The rows of the table of tokens (keytable/keytable.h): of enrolments, then of bearers. Belongs to
 * the thread whose store it is given. */
#ifndef NOS_KEYTABLE_TOKEN_TABLE_H
#define NOS_KEYTABLE_TOKEN_TABLE_H

#include "keytable/keytable.h"

/* As nos_keytable_scan. */
enum nos_code nos_token_table_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
