/* SPDX-License-Identifier: MIT */
/*
 * How long a lane keeps what it holds: entries of its streams that are old enough go, and, where
 * the store is over its size, the oldest whatever their age. What is still needed stays, which its
 * ledger says.
 */
#ifndef NOS_LANE_RETAIN_H
#define NOS_LANE_RETAIN_H

#include "base/time.h"
#include "node/metric.h"
#include "store/store.h"

/* All-zero but for the first four is valid. */
struct nos_retain {
	struct nos_store *store; /* its view is in the lane */
	struct nos_metric *metric;
	uint64_t keep_ms;    /* 0: for ever */
	uint64_t keep_bytes; /* of the store; 0: whatever it takes */
	struct nos_mono last;
	bool more; /* than was dropped the last time is to go */
	bool held; /* what is old enough, or too much, waits for tracks to be saved */
};

/* What nobody needs any more. */
struct nos_retain_spare {
	uint64_t raw, records; /* positions: entries up to them */
	size_t came;	       /* records with this group: more than that are dropped at once */
};

/* Is it time for a run? */
bool nos_retain_is_due(const struct nos_retain *r);

/* Within a group. NOS_IO, NOS_BUSY: the store failed. */
enum nos_code nos_retain_run(
    struct nos_retain *r, const struct nos_retain_spare *spare, struct nos_err *err) NOS_CHECK;

#endif
