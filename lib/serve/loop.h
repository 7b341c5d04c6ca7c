/* SPDX-License-Identifier: MIT */
/*
 * What one HTTP loop has for itself: its view of the store, what it reads packs with, and the jobs
 * that it has taken in this turn, which go to their lanes together. Touched by its thread alone.
 */
#ifndef NOS_SERVE_LOOP_H
#define NOS_SERVE_LOOP_H

#include "cluster/placement.h"
#include "ingest/ingest.h"

/* Jobs of one lane. */
struct nos_loop_hand {
	struct nos_job *jobs, **tail;
	size_t count;
};

struct nos_loop {
	struct nos_ingest_loop ingest;
	struct nos_loop_hand *hands; /* one a lane */
	unsigned lanes;
};

/* What nos_store_open returns; after an error nothing is to be closed. */
enum nos_code nos_loop_open(struct nos_loop *l, const struct nos_store_where *where, unsigned lanes,
    struct nos_metric *metric, struct nos_err *err) NOS_CHECK;
/* Once the jobs that it took are freed. */
void nos_loop_close(struct nos_loop *l);

/* A job for the lane that stands in it goes with this turn. */
void nos_loop_take(struct nos_loop *l, struct nos_job *job);

/* The turn is over. */
void nos_loop_turn(struct nos_loop *l, struct nos_placement *placement);

#endif
