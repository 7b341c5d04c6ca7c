/* SPDX-License-Identifier: MIT */
#include "cluster/hosted.h"

#include "base/log.h"

void nos_hosted_init(struct nos_hosted *h, unsigned number, const struct nos_lane_config *config,
    struct nos_rulebook *rules)
{
	h->number = number;
	h->config = config;
	h->rules = rules;
	pthread_mutex_init(&h->lock, NULL);
}

void nos_hosted_release(struct nos_hosted *h)
{
	pthread_mutex_destroy(&h->lock);
}

static void put(struct nos_hosted *h, struct nos_lane *lane)
{
	pthread_mutex_lock(&h->lock);
	h->lane = lane;
	pthread_mutex_unlock(&h->lock);
	atomic_store(&h->here, lane != NULL);
}

enum nos_code nos_hosted_open(struct nos_hosted *h, struct nos_err *err)
{
	const struct nos_profile *profile = nos_rulebook_begin(h->rules);
	struct nos_lane *lane = NULL;

	if (!nos_lane_open(
		h->config, h->number, profile, h->config->shared ? &h->until_us : NULL, &lane, err))
		put(h, lane);
	nos_rulebook_join(h->rules, lane ? nos_lane_commit(lane) : NULL);
	return err->code;
}

void nos_hosted_close(struct nos_hosted *h)
{
	struct nos_lane *lane = h->lane;

	put(h, NULL);
	nos_lane_close(lane);
}

static void *work(void *state)
{
	struct nos_hosted *h = state;

	if (h->opens)
		(void)!nos_hosted_open(h, &h->err);
	else
		nos_hosted_close(h);
	atomic_store(&h->done, true);
	h->ended(h->state);
	return NULL;
}

bool nos_hosted_begin(struct nos_hosted *h, bool opens)
{
	h->opens = opens;
	nos_err_clear(&h->err);
	atomic_store(&h->done, false);
	h->at_work = !pthread_create(&h->thread, NULL, work, h);
	if (h->at_work)
		pthread_setname_np(h->thread, "nos-lane");
	else
		nos_log_line(NOS_LOG_WARN, "lane %u: cannot start a thread", h->number);
	return h->at_work;
}

void nos_hosted_end(struct nos_hosted *h)
{
	pthread_join(h->thread, NULL);
	h->at_work = false;
}

struct nos_lane *nos_hosted_enter(struct nos_hosted *h)
{
	pthread_mutex_lock(&h->lock);
	if (h->lane)
		return h->lane;
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

void nos_hosted_leave(struct nos_hosted *h)
{
	pthread_mutex_unlock(&h->lock);
}
