/* SPDX-License-Identifier: MIT */
#include "lane/backlog.h"

#include "stream/processed.h"

#define PAGE 1000 /* entries that are read at once */

uint64_t nos_backlog_count(const struct nos_backlog *b, uint64_t sent, uint64_t last)
{
	/* A record is read as soon as the store has it: the last that is known may be behind. */
	const uint64_t behind = last > sent ? last - sent : 0;

	return b->flying + (behind > b->gaps ? behind - b->gaps : 0);
}

void nos_backlog_pass(struct nos_backlog *b, uint64_t sent, uint64_t position)
{
	const uint64_t between = position - sent - 1;

	b->gaps -= between < b->gaps ? between : b->gaps;
}

struct look {
	uint64_t at, last, count;
};

static enum nos_code count_one(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct look *k = state;

	(void)entry, (void)err;
	k->at = position;
	k->count += position <= k->last;
	return NOS_OK;
}

enum nos_code nos_backlog_look(struct nos_backlog *b, struct nos_store *store, uint64_t sent,
    uint64_t last, struct nos_err *err)
{
	struct look k = { .at = sent, .last = last };
	uint64_t before;

	do {
		before = k.at;
		if (k.at < last &&
		    nos_store_read(store, NOS_PROCESSED_STREAM, k.at, PAGE, count_one, &k, err))
			return err->code;
	} while (k.at != before);
	b->gaps = last > sent ? last - sent - k.count : 0;
	return NOS_OK;
}

void nos_backlog_say(
    struct nos_backlog *b, const struct nos_publish_config *config, uint64_t sent, uint64_t last)
{
	const uint64_t erased = nos_commit_erased(config->commit);
	struct nos_err err = { 0 };

	if (erased != b->erased && !nos_backlog_look(b, config->store, sent, last, &err))
		b->erased = erased;
	nos_metric_part(
	    config->metric, NOS_METRIC_OUTBOX, &b->said, nos_backlog_count(b, sent, last));
}

void nos_backlog_leave(struct nos_backlog *b, struct nos_metric *metric)
{
	nos_metric_part(metric, NOS_METRIC_OUTBOX, &b->said, 0);
}

/* Who is asked must know of the last: a server that is behind the others would find nothing, too.
 */
bool nos_backlog_is_gone(struct nos_backlog *b, struct nos_store *store, uint64_t last)
{
	struct nos_err err = { 0 };
	uint64_t first, end;

	if (nos_store_bounds(store, NOS_PROCESSED_STREAM, &first, &end, &err) || end < last)
		return false;
	b->gaps = 0;
	return true;
}
