/* SPDX-License-Identifier: MIT */
/* The ends of the streams that a view appends to alone: whether another has come between. For the
 * files of this room. */
#ifndef NOS_STORE_SQLITE_TAIL_H
#define NOS_STORE_SQLITE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define NOS_SQLITE_STREAM_MAX 16
#define NOS_SQLITE_TAILS_MAX  160 /* streams of one store: two a lane, and some more */

struct nos_sqlite_tail {
	char stream[NOS_SQLITE_STREAM_MAX];
	bool known;
	uint64_t last;	/* what the next entry goes behind */
	uint64_t grown; /* entries of the group in hand */
};

struct nos_sqlite_tails {
	struct nos_sqlite_tail of[NOS_SQLITE_TAILS_MAX];
	size_t count;
};

/* The stream ends at a position, whoever appended up to it. */
enum nos_code nos_sqlite_tail_claim(
    struct nos_sqlite_tails *t, const char *stream, uint64_t last, struct nos_err *err) NOS_CHECK;

/* An entry is to be appended, and comes to stand at a position. NOS_EXISTS: another has come
 * between. */
enum nos_code nos_sqlite_tail_grow(struct nos_sqlite_tails *t, const char *stream,
    uint64_t position, struct nos_err *err) NOS_CHECK;

/* One was appended beside others. */
void nos_sqlite_tail_share(struct nos_sqlite_tails *t, const char *stream);

/* The group in hand has ended: what it appended stands, or is as if it had never been. */
void nos_sqlite_tail_end(struct nos_sqlite_tails *t, bool stands);

#endif
