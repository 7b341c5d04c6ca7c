/* SPDX-License-Identifier: MIT */
/*
 * What it takes to go through the raw stream again behind one of its positions, by a pack of one
 * reading: of a pack three quarters are its own, and one is each reading's (measured: 3.7 us with
 * one, 48 us with 50). Packs are of any number of readings, so of some positions it is noted what
 * came before. Pure; belongs to one thread.
 */
#ifndef NOS_LANE_LAG_H
#define NOS_LANE_LAG_H

#include <stddef.h>
#include <stdint.h>

#define NOS_LAG_MARKS 256
#define NOS_LAG_ONE   4 /* of a pack of one reading; lags and totals are in quarters of it */

struct nos_lag_mark {
	uint64_t position;
	uint64_t total; /* up to it */
};

struct nos_lag {
	uint64_t total, step;
	size_t first, count;
	struct nos_lag_mark marks[NOS_LAG_MARKS]; /* a ring, the oldest first */
};

/* most: of so much it is to be told whether there is more. */
void nos_lag_init(struct nos_lag *l, uint64_t most);

/* So many packs, of so many readings, came up to a position, which is above all that were noted. */
void nos_lag_note(struct nos_lag *l, uint64_t position, uint64_t packs, uint64_t readings);

/* As much as came behind it, or more by up to 1 in 128 of the most and what was noted at once;
 * where that is over twice the most, it may be less, but not less than the most. */
uint64_t nos_lag_behind(const struct nos_lag *l, uint64_t position);

#endif
