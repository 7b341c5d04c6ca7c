/* SPDX-License-Identifier: MIT */
/*
 * How many readings stand in the raw stream behind one of its positions. Packs are of any number of
 * readings, so of some positions it is noted how many came before. Pure; belongs to one thread.
 */
#ifndef NOS_LANE_LAG_H
#define NOS_LANE_LAG_H

#include <stddef.h>
#include <stdint.h>

#define NOS_LAG_MARKS 256

struct nos_lag_mark {
	uint64_t position;
	uint64_t total; /* of readings up to it */
};

struct nos_lag {
	uint64_t total, step;
	size_t first, count;
	struct nos_lag_mark marks[NOS_LAG_MARKS]; /* a ring, the oldest first */
};

/* most: of so many it is to be told whether there are more. */
void nos_lag_init(struct nos_lag *l, uint64_t most);

/* So many readings came up to a position, which is above all that were noted. */
void nos_lag_note(struct nos_lag *l, uint64_t position, uint64_t readings);

/* As many as came behind it, or more by up to 1 in 128 of the most and what was noted at once;
 * where those are over twice the most, it may be less, but not less than the most. */
uint64_t nos_lag_behind(const struct nos_lag *l, uint64_t position);

#endif
