/* SPDX-License-Identifier: MIT */
/*
 * The visits that a node refused (peer/visits.h): what was asked for in vain is not asked for again
 * at once, and any number of ids that never were, which anybody can make up, cost no more than few
 * questions a second. Each is counted by its cause, and said in one line, the same one once a
 * minute and not many a second. Belongs to one thread.
 */
#ifndef NOS_PEER_REFUSALS_H
#define NOS_PEER_REFUSALS_H

#include "lane/job.h"
#include "node/metric.h"

#define NOS_REFUSALS_MAX      256 /* that are remembered */
#define NOS_REFUSALS_SAID_MAX 64  /* lines that are */

struct nos_refusals_one {
	struct nos_job_visit visit; /* id empty: the home was not reached */
	struct nos_mono until;
};

/* All-zero but for metric is valid: none yet. */
struct nos_refusals {
	struct nos_metric *metric;
	struct nos_refusals_one of[NOS_REFUSALS_MAX];
	size_t next;
	struct nos_mono strangers; /* when all refusals so far are made up for */
	struct {
		struct nos_refusals_one one;
		enum nos_metric_refusal cause;
	} said[NOS_REFUSALS_SAID_MAX];
	size_t said_next;
	struct nos_mono lines; /* as strangers, of what was said */
	uint64_t unsaid;       /* since the last line */
};

/* Was it refused a moment ago, or, with an empty id, its home not reached? */
bool nos_refusals_has(const struct nos_refusals *r, const struct nos_job_visit *visit);

/* Its home refused it; or, away, was not reached. */
void nos_refusals_note(struct nos_refusals *r, const struct nos_job_visit *visit, bool away);

/* Are there too many strangers at once to ask for one more? */
bool nos_refusals_are_too_many(const struct nos_refusals *r);

/* Count it, and say why, with text behind where it is not empty. */
void nos_refusals_say(struct nos_refusals *r, const struct nos_job_visit *visit,
    enum nos_metric_refusal cause, const char *text);

#endif
