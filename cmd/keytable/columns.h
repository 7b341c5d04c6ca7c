/* SPDX-License-Identifier: MIT */
/* Which columns the tables of nos-keytable have. */
#ifndef NOS_CMD_KEYTABLE_COLUMNS_H
#define NOS_CMD_KEYTABLE_COLUMNS_H

#include "cli/table.h"
#include "keytable/keytable.h"

#define COLUMNS_MAX 16

/* Those that are of no keys, sources or enrolments. */
enum stream {
	STREAM_NONE,
	STREAM_AUDIT,
	STREAM_TAINT,
};

/* Room for those that are put together. */
struct columns {
	struct nos_table_column space[COLUMNS_MAX];
};

/* keyring: of one, not of a store; verdict: on the audit stream; values: with those of keys. They
 * are good as long as *c is. */
const struct nos_table_column *columns_of(struct columns *c, enum nos_keytable_which which,
    enum stream stream, bool keyring, bool verdict, bool values);

#endif
