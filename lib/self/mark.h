/* SPDX-License-Identifier: MIT */
/* How far a node has come in a lane, kept in its store (state node/mark, marks/1, …): that of
 * the view. */
#ifndef NOS_SELF_MARK_H
#define NOS_SELF_MARK_H

#include "self/spaces.h"
#include "store/store.h"

/* All-zero is that of a new store. */
struct nos_mark {
	uint64_t saved; /* raw entries up to it are in the records and in what is kept of sources */
	bool outbox;	/* a broker is, or was, to get the records */
	uint64_t published; /* records up to it were acknowledged by the broker */
};

/* One that is not there is all-zero. NOS_CONFIG: written by a newer nos. */
enum nos_code nos_mark_get(
    struct nos_store *store, struct nos_mark *ret, struct nos_err *err) NOS_CHECK;
enum nos_code nos_mark_put(
    struct nos_store *store, const struct nos_mark *mark, struct nos_err *err) NOS_CHECK;

#endif
