/* SPDX-License-Identifier: MIT */
/*
 * What everything in a schedule shares: the seed that it is drawn from, the clock, which is made
 * up, the node, and how what is wrong is said. There is one at a time in a process.
 */
#ifndef NOS_MODEL_WORLD_H
#define NOS_MODEL_WORLD_H

#include <inttypes.h>

#include "node.h"

#define SOURCE	   "s-7f3a09c2e1"
#define VALUES_MAX 256 /* readings of a schedule: each has its number for a value */
#define MINUTE_MS  INT64_C(60000)
#define HOUR_MS	   (60 * MINUTE_MS)

/* What came about in a process, all its schedules together. */
struct tally {
	uint64_t contacts, asks, deaths, anew, whole;
	uint64_t changes;	/* puts of the source's record, of races */
	uint64_t puts, appends; /* that found another revision, or end, than they expected */
};

extern struct world {
	uint64_t first_seed, schedule; /* whose sum is the schedule's own seed */
	uint64_t rng;
	int64_t clock_ms;
	bool trace;
	bool races; /* several over one store (race.h), instead of what goes wrong with one */
	bool blind; /* in which a put takes whatever revision there is: it is to go wrong */
	const char *scheme; /* of the source */
	uint64_t overlap_ms;
	uint64_t refusals; /* that the source was answered */
	struct node node;
	struct tally tally;
} world;

/* From the schedule's own seed on. */
void world_begin(void);

/* A number below n; something that happens in this share of cases. */
uint64_t world_below(uint64_t n);
bool world_chance(double share);

/* They take turns. */
const char *world_scheme(uint64_t n);

/* A line of --trace. */
void world_trace(const char *what, uint64_t n);

/* Say what is wrong and how to see it again; the process ends. */
_Noreturn void world_wrong(const char *what, uint64_t n);
_Noreturn void world_failed(const char *call, const struct nos_err *err);

/* A call with &fault for its error, which cannot fail in a world as it should be. */
#define MUST(call)                                   \
	do {                                         \
		struct nos_err fault = { 0 };        \
		(void)!(call);                       \
		if (fault.code)                      \
			world_failed(#call, &fault); \
	} while (0)

#endif
