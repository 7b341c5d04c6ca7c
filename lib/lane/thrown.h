/* SPDX-License-Identifier: MIT */
/*
 * Is a client thrown out by another of its name? Then each of its connections comes about, and ends
 * at once: the broker is there, and takes the newer. Time comes in.
 */
#ifndef NOS_LANE_THROWN_H
#define NOS_LANE_THROWN_H

#include <stdbool.h>

#include "base/time.h"

#define NOS_THROWN_TIMES    3
#define NOS_THROWN_SHORT_US UINT64_C(30000000) /* that a connection stood which did not stand */

/* All-zero is valid. */
struct nos_thrown {
	unsigned times; /* in a row */
	bool up;
	struct nos_mono since;
};

/* connected: it came about; else it was lost, or did not come about. True: it looks like it, which
 * is told once in a row. */
bool nos_thrown_turned(struct nos_thrown *t, bool connected, struct nos_mono now);

/* Say so: what it may be, and what is to be done, for a client of this node. */
void nos_thrown_say(uint64_t node);

#endif
