/* SPDX-License-Identifier: MIT */
#include "node/berth.h"

#include "base/log.h"

void nos_berth_init(struct nos_berth *b, unsigned number, const struct nos_lane_config *config,
    struct nos_rulebook *rules)
{
	b->number = number;
	b->config = config;
	b->rules = rules;
	pthread_mutex_init(&b->lock, NULL);
}

void nos_berth_release(struct nos_berth *b)
{
	pthread_mutex_destroy(&b->lock);
}

static void put(struct nos_berth *b, struct nos_lane *lane)
{
	pthread_mutex_lock(&b->lock);
	b->lane = lane;
	pthread_mutex_unlock(&b->lock);
	atomic_store(&b->here, lane != NULL);
}

enum nos_code nos_berth_open(struct nos_berth *b, struct nos_err *err)
{
	const struct nos_profile *profile = nos_rulebook_begin(b->rules);
	struct nos_lane *lane = NULL;

	if (!nos_lane_open(
		b->config, b->number, profile, b->config->shared ? &b->until_us : NULL, &lane, err))
		put(b, lane);
	nos_rulebook_join(b->rules, lane ? nos_lane_commit(lane) : NULL);
	return err->code;
}

void nos_berth_close(struct nos_berth *b)
{
	struct nos_lane *lane = b->lane;

	put(b, NULL);
	nos_lane_close(lane);
}

static void *work(void *state)
{
	struct nos_berth *b = state;

	if (b->opens)
		(void)!nos_berth_open(b, &b->err);
	else
		nos_berth_close(b);
	atomic_store(&b->done, true);
	b->ended(b->state);
	return NULL;
}

bool nos_berth_begin(struct nos_berth *b, bool opens)
{
	b->opens = opens;
	nos_err_clear(&b->err);
	atomic_store(&b->done, false);
	b->at_work = !pthread_create(&b->thread, NULL, work, b);
	if (b->at_work)
		pthread_setname_np(b->thread, "nos-lane");
	else
		nos_log_line(NOS_LOG_WARN, "lane %u: cannot start a thread", b->number);
	return b->at_work;
}

void nos_berth_end(struct nos_berth *b)
{
	pthread_join(b->thread, NULL);
	b->at_work = false;
}

struct nos_lane *nos_berth_enter(struct nos_berth *b)
{
	pthread_mutex_lock(&b->lock);
	if (b->lane)
		return b->lane;
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

void nos_berth_leave(struct nos_berth *b)
{
	pthread_mutex_unlock(&b->lock);
}
