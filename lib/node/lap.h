/* SPDX-License-Identifier: MIT */
/*
 * Where a thread's processor time goes: the stages of a pack, for
 * nos_stage_cpu_seconds_total. Its clock is a system call: the whole of a thread is read at the end
 * of a turn, and borders inside a pack are looked at in one pack of 16, which then stands for all.
 * What falls to no other stage is the thread's own. Belongs to the one thread that turns.
 */
#ifndef NOS_NODE_LAP_H
#define NOS_NODE_LAP_H

#include "node/metric.h"

#define NOS_LAP_EVERY 16

struct nos_lap {
	struct nos_metric *metric;
	enum nos_metric_stage own;
	uint64_t cost;	/* ns that one look at the clock takes */
	uint64_t begun; /* ns of the thread's clock up to which all is counted; 0: not begun */
	uint64_t mark;	/* the last border in a pack */
	uint64_t lent[NOS_METRIC_STAGE_COUNT]; /* ns that stages are to be given of the next turn */
	unsigned turns, packs;
	bool looks; /* at the pack in hand */
};

/* From any thread. */
void nos_lap_init(struct nos_lap *l, struct nos_metric *metric, enum nos_metric_stage own);

/* The end of a turn. What was before the first is of no stage. whole: count it now; else one turn
 * in 16 is, with those before it. */
void nos_lap_turn(struct nos_lap *l, bool whole);

/* A pack begins, and with it what is its first stage. True: it is one that is looked at. */
bool nos_lap_pack(struct nos_lap *l);

/* A border: what went since the one before was of this stage. Nothing where the pack in hand is not
 * looked at. */
void nos_lap_stage(struct nos_lap *l, enum nos_metric_stage stage);

/* The same of what is counted each time, between two calls of this thread. */
uint64_t nos_lap_look(void);
void nos_lap_lend(struct nos_lap *l, enum nos_metric_stage stage, uint64_t since);

#endif
