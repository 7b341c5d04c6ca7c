/* SPDX-License-Identifier: MIT */
/*
 * Many sources in one process: they come by turns over a few connections, a thread each. A turn is
 * the caller's; what it is given belongs to its thread. A crowd is used by one thread.
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "source/carrier.h"

#define CROWD_JOBS 16 /* connections */

/* A carrier whose answers come later by so much for each hop: distance that loopback has not. */
struct crowd_far {
	struct nos_carrier straight;
	uint64_t rtt_ms;
	unsigned hops;
};

/* *f must not move while it is used. NOS_BUSY: stopped while it waited. */
struct nos_carrier crowd_far_carrier(struct crowd_far *f);

struct crowd; /* opaque */

/* NOS_INTERNAL. */
enum nos_code crowd_open(uint64_t rtt_ms, struct crowd **ret, struct nos_err *err) NOS_CHECK;
void crowd_close(struct crowd *c); /* NULL is fine */

/* Source i's turn, from a thread. */
typedef enum nos_code crowd_turn(
    void *state, size_t i, const struct nos_carrier *carrier, struct nos_err *err);

/* A turn for each of count. The first error ends it, once the turns in hand are over; so does
 * Ctrl-C: NOS_BUSY. */
enum nos_code crowd_run(
    struct crowd *c, size_t count, crowd_turn *turn, void *state, struct nos_err *err) NOS_CHECK;

/* The connection of the caller's own thread, while no turn is run. */
const struct nos_carrier *crowd_carrier(const struct crowd *c);

#endif
