/* SPDX-License-Identifier: MIT */
/*
 * The row in hand of a table (keytable/keytable.h): made member by member in one buffer, given out,
 * and made anew. The buffer is wiped where rows have values. Belongs to one thread.
 */
#ifndef NOS_KEYTABLE_ROW_H
#define NOS_KEYTABLE_ROW_H

#include "keytable/keytable.h"
#include "scheme/group.h"

struct nos_row {
	const struct nos_keytable *t;
	nos_keytable_each *each;
	void *state;
	struct nos_buf text;
	struct nos_group group; /* that was read last */
};

/* What is pointed to must outlive *r. t: which rows; NULL: of no table, all of them and no values.
 */
void nos_row_init(
    struct nos_row *r, const struct nos_keytable *t, nos_keytable_each *each, void *state);
void nos_row_release(struct nos_row *r);

/* Are rows in that state asked for? */
bool nos_row_wants(const struct nos_row *r, unsigned state);

/* Begin one: its buffer, for members that those below do not write. */
struct nos_buf *nos_row_begin(struct nos_row *r);

/* Give it out. NOS_LARGE, NOS_INTERNAL: it could not be made; what each gave. */
enum nos_code nos_row_end(struct nos_row *r, struct nos_err *err) NOS_CHECK;

/* Members: a text, unless it is empty; how long ago since was, by the table's clock; a value. */
void nos_row_text(struct nos_row *r, const char *name, const char *text);
void nos_row_age(struct nos_row *r, struct nos_time since);
void nos_row_value(struct nos_row *r, const struct nos_secret *value);

/*
 * The group of a number, with its keys where rows have values; it stays the row's, and is good
 * until the next call. *ret is NULL for 0, and where there is none. NOS_DENIED: its keys do not
 * open under this vault; NOS_IO, NOS_BUSY: the store failed; NOS_INTERNAL.
 */
enum nos_code nos_row_group(struct nos_row *r, struct nos_store *store, uint64_t number,
    const struct nos_group **ret, struct nos_err *err) NOS_CHECK;

#endif
