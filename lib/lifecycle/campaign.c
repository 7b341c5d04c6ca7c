/* SPDX-License-Identifier: MIT */
#include "lifecycle/campaign.h"

#include <assert.h>
#include <inttypes.h>
#include <time.h>

#include "roam/stay.h"

#define GAP_NS	1000000	 /* between two groups: others who write get in */
#define LOOK_NS 50000000 /* between two looks for confirmations */
#define NAMES	20

void nos_campaign_init(struct nos_campaign *c)
{
	*c = (struct nos_campaign){ .group = NOS_CAMPAIGN_GROUP_MAX };
	nos_roster_init(&c->sources, false);
	nos_roster_init(&c->pending, true);
}

void nos_campaign_release(struct nos_campaign *c)
{
	nos_roster_release(&c->sources);
	nos_roster_release(&c->pending);
}

static void rest(long ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

static bool is_stopped(const struct nos_campaign *c)
{
	return c->calls.stop(c->calls.state);
}

/* A source that has gone meanwhile; of those that were not named nobody asks. */
static void absent(const struct nos_campaign *c, struct nos_err *err)
{
	if (c->named)
		c->calls.absent(c->calls.state, err);
	nos_err_clear(err);
}

/* ---- orders ---- */

/* What visits has no keys that could be replaced, but can be put out, and what it sent corrected.
 */
static enum nos_code resolve(const struct nos_campaign *c, const char *word,
    struct nos_roster_item *ret, struct nos_err *err)
{
	return nos_order_is_of_visitors(c->order.what)
		   ? nos_stay_resolve(c->life->store, nos_str_of(word), ret->id, err)
		   : nos_registry_resolve(c->life->store, nos_str_of(word), ret->id, err);
}

enum nos_code nos_campaign_name(
    struct nos_campaign *c, char **words, size_t count, struct nos_err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct nos_roster_item item = { 0 };

		if (!resolve(c, words[i], &item, err)) {
			if (nos_roster_add(&c->sources, &item, err))
				return err->code;
			continue;
		}
		if (err->code != NOS_ABSENT)
			return err->code;
		absent(c, err);
	}
	return NOS_OK;
}

/* One group's. */
struct group {
	struct nos_order_done done[NOS_CAMPAIGN_GROUP_MAX];
	size_t count;
};

static enum nos_code give_one(
    struct nos_campaign *c, size_t i, struct group *g, struct nos_err *err)
{
	struct nos_order_done *done = &g->done[g->count];
	struct nos_roster_item item;

	nos_roster_get(&c->sources, i, &item);
	if (!nos_order_give(c->life, &c->order, item.id, nos_time_now(), done, err))
		g->count += c->named || done->status == NOS_ORDER_PENDING;
	else if (err->code == NOS_ABSENT)
		absent(c, err);
	else
		return nos_err_within(err, "%s", item.id);
	return NOS_OK;
}

static enum nos_code give_all(
    struct nos_campaign *c, size_t from, size_t to, struct group *g, struct nos_err *err)
{
	g->count = 0;
	for (; from < to; from++)
		if (give_one(c, from, g, err))
			return err->code;
	return NOS_OK;
}

static enum nos_code give_group(
    struct nos_campaign *c, size_t from, size_t to, struct group *g, struct nos_err *err)
{
	struct nos_store *store = c->life->store;

	if (c->order.dry_run)
		return give_all(c, from, to, g, err);
	nos_audit_begin(c->life->audit);
	if (nos_store_begin(store, err))
		return err->code;
	if (give_all(c, from, to, g, err)) {
		nos_store_rollback(store);
		return err->code;
	}
	return nos_store_commit(store, err);
}

/* Behind the commit. */
static enum nos_code tell(
    struct nos_campaign *c, const struct nos_order_done *done, struct nos_err *err)
{
	struct nos_roster_item item = {
		.letter = done->letter, .key = done->key, .replaces = done->replaces
	};

	if (!c->waits || done->status != NOS_ORDER_PENDING)
		return c->calls.done(c->calls.state, done, err);
	nos_str_copy(nos_str_of(done->id), item.id, sizeof(item.id));
	c->ordered++;
	return nos_roster_add(&c->pending, &item, err);
}

enum nos_code nos_campaign_give(struct nos_campaign *c, struct nos_err *err)
{
	const size_t count = c->sources.count;
	struct group g;
	size_t to;

	assert(c->group && c->group <= NOS_CAMPAIGN_GROUP_MAX);
	for (size_t from = 0; from < count && !is_stopped(c); from = to) {
		to = count - from > c->group ? from + c->group : count;
		if (from && !c->order.dry_run)
			rest(GAP_NS);
		if (give_group(c, from, to, &g, err))
			return err->code;
		for (size_t i = 0; i < g.count; i++)
			if (tell(c, &g.done[i], err))
				return err->code;
		c->calls.progress(c->calls.state, to);
	}
	return NOS_OK;
}

/* ---- confirmations ---- */

static void recall(const struct nos_campaign *c, size_t i, struct nos_order_done *ret)
{
	struct nos_roster_item item;

	nos_roster_get(&c->pending, i, &item);
	*ret = (struct nos_order_done){ .status = NOS_ORDER_PENDING,
		.letter = item.letter,
		.key = item.key,
		.replaces = item.replaces };
	nos_str_copy(nos_str_of(item.id), ret->id, sizeof(ret->id));
}

/* *ret_pending: it still is. */
static enum nos_code look_at(
    struct nos_campaign *c, size_t i, bool *ret_pending, struct nos_err *err)
{
	struct nos_order_done done;

	recall(c, i, &done);
	if (nos_order_look(c->life, &c->order, &done, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		*ret_pending = false;
		absent(c, err);
		return NOS_OK;
	}
	*ret_pending = done.status == NOS_ORDER_PENDING;
	return *ret_pending ? NOS_OK : c->calls.done(c->calls.state, &done, err);
}

static bool is_late(const struct nos_mono *end)
{
	return end && nos_mono_now().us >= end->us;
}

/* Once through them, or up to end where there is one. */
static enum nos_code look(struct nos_campaign *c, const struct nos_mono *end, struct nos_err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->pending.count; i++) {
		bool pending = true;

		if (!err->code && !is_stopped(c) && !is_late(end))
			(void)!look_at(c, i, &pending, err);
		if (pending)
			nos_roster_move(&c->pending, i, kept++);
	}
	nos_roster_cut(&c->pending, kept);
	c->calls.progress(c->calls.state, c->ordered - kept);
	return err->code;
}

enum nos_code nos_campaign_wait(struct nos_campaign *c, uint64_t wait_ms, struct nos_err *err)
{
	const struct nos_mono end = { nos_mono_now().us + wait_ms * 1000 };
	struct nos_store *store = c->life->store;
	bool changed;

	/* Asked before it is read, so that no change in between is missed. */
	if (nos_store_changed(store, &changed, err) || look(c, NULL, err))
		return err->code;
	while (c->pending.count && !is_stopped(c) && !is_late(&end)) {
		rest(LOOK_NS);
		if (nos_store_changed(store, &changed, err) || (changed && look(c, &end, err)))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_campaign_tell(struct nos_campaign *c, struct nos_err *err)
{
	for (size_t i = 0; i < c->pending.count; i++) {
		struct nos_order_done done;

		recall(c, i, &done);
		if (c->calls.done(c->calls.state, &done, err))
			return err->code;
	}
	return NOS_OK;
}

void nos_campaign_names(const struct nos_campaign *c, struct nos_buf *b)
{
	const size_t count = c->pending.count;

	nos_buf_addf(b, "%zu of %" PRIu64 " have not confirmed:", count, c->ordered);
	for (size_t i = 0; i < count && i < NAMES; i++) {
		struct nos_order_done done;

		recall(c, i, &done);
		nos_buf_addf(b, "%s %s", i ? "," : "", done.id);
	}
	if (count > NAMES)
		nos_buf_addf(b, " (and %zu more)", count - NAMES);
}
