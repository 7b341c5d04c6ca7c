/* SPDX-License-Identifier: MIT */
/*
 * Follows the audit stream: whose keys have been changed since it was asked last, by whomever.
 * Every change of a key has an entry there, of the same group (lifecycle/life.h). Belongs to the
 * thread whose store it is given.
 */
#ifndef NOS_AUDIT_FOLLOWER_H
#define NOS_AUDIT_FOLLOWER_H

#include "store/store.h"

struct nos_follower {
	uint64_t position; /* of the last entry that was looked at */
	bool more;	   /* there may be entries that were not */
};

/* From the end of the stream on. NOS_IO, NOS_BUSY: the store failed. */
enum nos_code nos_follower_init(
    struct nos_follower *f, struct nos_store *store, struct nos_err *err) NOS_CHECK;

/* A source's id, good until it returns. */
typedef void nos_follower_each(void *state, struct nos_str source);

/* The source of each new entry, of most entries at once. One that is of no source, or that means
 * nothing, is passed over. NOS_IO, NOS_BUSY: the store failed; NOS_INTERNAL. */
enum nos_code nos_follower_run(struct nos_follower *f, struct nos_store *store, size_t most,
    nos_follower_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
