/* SPDX-License-Identifier: MIT */
/*
 * When to try again: pauses that double, with jitter, so that a thousand sources do not come back
 * at once; a node that says Retry-After is heeded. The pauses go on from try to try until one is
 * good. Not thread-safe.
 */
#ifndef NOS_SOURCE_ATTEMPT_H
#define NOS_SOURCE_ATTEMPT_H

#include "base/err.h"
#include "base/time.h"

#define NOS_ATTEMPT_FIRST_MS	    200
#define NOS_ATTEMPT_LAST_MS	    10000
#define NOS_ATTEMPT_TRY_LEAST_MS    1000    /* of what a try may take */
#define NOS_ATTEMPT_REFUSED_MS	    60000   /* behind a 401 … */
#define NOS_ATTEMPT_REFUSED_LAST_MS 3600000 /* … doubling up to this */

/* All-zero is valid: nothing has failed yet. */
struct nos_attempt {
	uint64_t pause_ms;	  /* the last one without its jitter, 0: none */
	uint64_t refused_ms;	  /* as above, of those behind a 401 */
	struct nos_mono earliest; /* of the next try */
};

/* A try was good. */
void nos_attempt_good(struct nos_attempt *a);

/* A try failed. retry_s: what Retry-After said, 0: nothing; refused: it was a 401. */
void nos_attempt_failed(struct nos_attempt *a, uint64_t retry_s, bool refused);

/* How long a try that begins now may take, in ms: until that moment, but NOS_ATTEMPT_TRY_LEAST_MS
 * at least, so that a node that is there can answer. */
uint64_t nos_attempt_limit_ms(struct nos_mono until);

/* May it be tried now? */
bool nos_attempt_is_due(const struct nos_attempt *a);

/*
 * Wait until it may be tried. False at once if that is behind until, and false once *stop is not 0,
 * which a handler of SIGINT or SIGTERM sets (cli/start.h).
 */
bool nos_attempt_wait(const struct nos_attempt *a, struct nos_mono until, const volatile int *stop);

#endif
