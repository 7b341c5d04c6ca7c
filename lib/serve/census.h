/* SPDX-License-Identifier: MIT */
/*
 * How many sources are registered, whoever registers or forgets them: counted once, and from then
 * on by what the audit stream says, so that it costs what has changed. Belongs to the thread whose
 * store it is given.
 */
#ifndef NOS_SERVE_CENSUS_H
#define NOS_SERVE_CENSUS_H

#include "base/time.h"
#include "node/metric.h"
#include "store/store.h"

/* All-zero is valid: they were not counted. */
struct nos_census {
	bool known;
	uint64_t sources;
	uint64_t position;   /* of the last entry of the audit stream that was looked at */
	bool news;	     /* in: the store has changed; out: it is not all looked at */
	struct nos_mono due; /* when it is to be said again */
};

/* Count, or look at what is new. NOS_IO, NOS_BUSY: the store failed; NOS_INTERNAL: as far as it was
 * looked at. */
enum nos_code nos_census_run(
    struct nos_census *c, struct nos_store *store, struct nos_err *err) NOS_CHECK;

/* The metric, by a look where there is news; what fails is tried again. */
void nos_census_say(struct nos_census *c, struct nos_store *store, struct nos_metric *metric);

#endif
