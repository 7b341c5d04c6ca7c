/* SPDX-License-Identifier: MIT */
/*
 * Records that were just committed, on their way from the committer to the publisher, so that it
 * need not read them back from the store. No more than some: where the publisher is behind, the
 * oldest are dropped, and it reads them there. The committer's thread fills it, the publisher's
 * empties it.
 */
#ifndef NOS_LANE_FRESH_H
#define NOS_LANE_FRESH_H

#include "base/err.h"
#include "stream/processed.h"

struct nos_fresh; /* opaque */

/* max: bytes. NOS_INTERNAL alone. */
enum nos_code nos_fresh_new(size_t max, struct nos_fresh **ret, struct nos_err *err) NOS_CHECK;
void nos_fresh_free(struct nos_fresh *f); /* NULL is fine */

/* ---- the committer's; NULL is fine: nobody reads them ---- */

/* A record of the group in hand, with its position: one more than that of the one before. Where
 * memory is short the group is left to the store. */
void nos_fresh_add(struct nos_fresh *f, uint64_t position, const struct nos_processed *r);

/* The group is in the store: its records may be read. Or it is not: they are dropped. */
void nos_fresh_commit(struct nos_fresh *f);
void nos_fresh_rollback(struct nos_fresh *f);

/* Some of them may be taken out of the store: what is here is read there. */
void nos_fresh_forget(struct nos_fresh *f);

/* ---- the publisher's ---- */

/* How many records behind this position are in the store alone, as far as is known here: 0: the
 * next is here; SIZE_MAX: none is. */
size_t nos_fresh_missing(struct nos_fresh *f, uint64_t after);

/* Links are not told. An error ends the reading. */
typedef enum nos_code nos_fresh_each(
    void *state, uint64_t position, const struct nos_processed *r, struct nos_err *err);

/* Up to limit of those behind a position, right after nos_fresh_missing said 0 of it; fewer where a
 * group ends. What each() gives. */
enum nos_code nos_fresh_read(struct nos_fresh *f, uint64_t after, size_t limit,
    nos_fresh_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
