/* SPDX-License-Identifier: MIT */
/*
 * How far a long run is, in one line of stderr that is drawn over: for people alone, so nothing at
 * all where stderr is no terminal or --quiet was given. Not thread-safe.
 */
#ifndef NOS_CLI_PROGRESS_H
#define NOS_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define NOS_PROGRESS_STEP_US 100000 /* between two drawings, at least */

/* All-zero is valid, and draws nothing. */
struct nos_progress {
	const char *what;
	uint64_t total; /* 0: not known */
	bool on;
	bool drawn;
	struct nos_mono last;
};

/* what: what is counted, "readings"; it must outlive *p. */
void nos_progress_init(struct nos_progress *p, const char *what, uint64_t total);

/* done of total are done; drawn if the last drawing is old enough. Cheap. */
void nos_progress_set(struct nos_progress *p, uint64_t done);

/* Take the line away: before anything else is printed on stderr, and at the end. */
void nos_progress_done(struct nos_progress *p);

#endif
