/* SPDX-License-Identifier: MIT */
/*
 * How many of a lane's records the broker does not have yet: those that are on their way to it, and
 * those that were not handed over. Positions alone do not tell it: where another process has had a
 * source forgotten nothing stands at some of them. The publisher's own.
 */
#ifndef NOS_LANE_BACKLOG_H
#define NOS_LANE_BACKLOG_H

#include "lane/publish.h"

/* All-zero is valid. */
struct nos_backlog {
	uint64_t flying; /* handed over, and not acknowledged */
	uint64_t gaps;	 /* positions behind the last that was handed over where nothing stands, */
	uint64_t erased; /* counted when the committer had heard so often of what may make some */
	uint64_t said;	 /* its part of the metric */
};

/* Behind sent, the last that was handed over, as far as last, the newest that there is. */
uint64_t nos_backlog_count(const struct nos_backlog *b, uint64_t sent, uint64_t last);

/* The one at this position is next behind sent: what was between them is not there. */
void nos_backlog_pass(struct nos_backlog *b, uint64_t sent, uint64_t position);

/* Count the gaps anew. NOS_IO, NOS_BUSY: the store failed, and they are as they were. */
enum nos_code nos_backlog_look(struct nos_backlog *b, struct nos_store *store, uint64_t sent,
    uint64_t last, struct nos_err *err) NOS_CHECK;

/* The metric, in which each lane has its part. The gaps are counted anew where there may be others;
 * what the store cannot tell now stays, and is asked again. */
void nos_backlog_say(
    struct nos_backlog *b, const struct nos_publish_config *config, uint64_t sent, uint64_t last);
void nos_backlog_leave(struct nos_backlog *b, struct nos_metric *metric);

/* Nothing was read behind sent: is nothing left there as far as last? Also false where the store
 * cannot tell. */
bool nos_backlog_is_gone(struct nos_backlog *b, struct nos_store *store, uint64_t last);

#endif
