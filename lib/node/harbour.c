/* SPDX-License-Identifier: MIT */
#include "node/harbour.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "node/berth.h"
#include "node/carry.h"
#include "registry/lanes.h"

#define REST_US UINT64_C(2000000) /* after a lane that could not be opened */

struct slot {
	struct nos_berth berth;
	char url[NOS_LEASE_URL_MAX]; /* guarded by the harbour's lock: of who has it, or empty; */
	bool elsewhere;		     /* so also: it is known to live */
	/* The harbour's thread's: */
	bool lost;	       /* what is here, or comes, or goes, is another's */
	struct nos_mono rests; /* until then it is not tried again */
};

struct nos_harbour {
	struct nos_harbour_config config;
	unsigned lanes;
	struct slot slots[NOS_STORE_LANES_MAX];
	struct nos_rulebook rules;
	pthread_mutex_t print;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop, news;      /* guarded by lock, so also: */
	struct nos_err fault; /* of the last turn */

	/* Where lanes are shared. */
	struct nos_store *store;
	struct nos_lease lease; /* the thread's */
	bool started;
	pthread_t thread;
};

/* ---- the thread ---- */

static void give(struct nos_harbour *h, const struct slot *s)
{
	struct nos_err err = { 0 };

	if (nos_lease_give(&h->lease, s->berth.number, &err))
		nos_log_line(
		    NOS_LOG_WARN, "lane %u is not given back: %s", s->berth.number, err.text);
}

/* A lane that cannot be opened here may be elsewhere. */
static void ended(struct nos_harbour *h, struct slot *s, struct nos_mono now)
{
	const unsigned number = s->berth.number;

	nos_berth_end(&s->berth);
	if (!s->berth.opens) {
		nos_log_line(
		    NOS_LOG_INFO, "lane %u is %s", number, s->lost ? "lost" : "given back");
		give(h, s);
		return;
	}
	if (!s->berth.err.code) {
		nos_log_line(NOS_LOG_INFO, "lane %u is here", number);
		if (h->config.came)
			h->config.came(h->config.state, number);
		return;
	}
	nos_log_line(NOS_LOG_WARN, "lane %u: %s", number, s->berth.err.text);
	s->rests.us = now.us + REST_US;
	give(h, s);
}

/* One that was lost stays so until it is closed, even where it is this one's again. */
static void settle(struct nos_harbour *h, struct slot *s, struct nos_mono now, bool stop)
{
	struct nos_berth *b = &s->berth;
	bool held;

	if (b->at_work && atomic_load(&b->done))
		ended(h, s, now);
	held = nos_lease_is_held(&h->lease, b->number, now);
	s->lost = !held || (s->lost && (b->at_work || b->lane));
	atomic_store(&b->until_us, s->lost ? 0 : h->lease.lane[b->number].until.us);
	if (b->at_work)
		return;
	if (b->lane && (s->lost || stop))
		nos_berth_begin(b, false);
	else if (!b->lane && held && !stop && now.us >= s->rests.us)
		nos_berth_begin(b, true);
}

/* One at a time, so that no more is given than is too much. */
static void share(struct nos_harbour *h)
{
	unsigned lane;

	for (unsigned i = 0; i < h->lanes; i++)
		if (h->slots[i].berth.at_work)
			return;
	if (nos_lease_is_much(&h->lease, &lane) && h->slots[lane].berth.lane)
		nos_berth_begin(&h->slots[lane].berth, false);
}

static void turn(struct nos_harbour *h, struct nos_mono now)
{
	struct nos_err err = { 0 };
	bool was;

	(void)!nos_lease_turn(&h->lease, now, &err);
	pthread_mutex_lock(&h->lock);
	for (unsigned i = 0; i < h->lanes; i++) {
		const char *url = nos_lease_url(&h->lease, i);

		snprintf(h->slots[i].url, sizeof(h->slots[i].url), "%s", url ? url : "");
		h->slots[i].elsewhere = nos_lease_is_elsewhere(&h->lease, i);
	}
	was = h->fault.code != NOS_OK;
	h->fault = err;
	pthread_mutex_unlock(&h->lock);
	if (err.code && !was)
		nos_log_line(NOS_LOG_WARN, "no lane is taken: %s", err.text);
}

static bool wait_until(struct nos_harbour *h, struct nos_mono at)
{
	const struct timespec until = { .tv_sec = (time_t)(at.us / 1000000),
		.tv_nsec = (long)(at.us % 1000000) * 1000 };
	bool stop;

	pthread_mutex_lock(&h->lock);
	while (!h->news && pthread_cond_timedwait(&h->wake, &h->lock, &until) == 0)
		;
	h->news = false;
	stop = h->stop;
	pthread_mutex_unlock(&h->lock);
	return stop;
}

static bool is_empty(const struct nos_harbour *h)
{
	for (unsigned i = 0; i < h->lanes; i++)
		if (h->slots[i].berth.at_work || h->slots[i].berth.lane)
			return false;
	return true;
}

static void leave(struct nos_harbour *h)
{
	struct nos_err err = { 0 };

	(void)!nos_lease_end(&h->lease, &err); /* otherwise its beat ends by itself */
}

static void *run(void *state)
{
	struct nos_harbour *h = state;
	struct nos_mono due = nos_mono_now(), now;
	bool stop = false;

	while (!stop || !is_empty(h)) {
		now = nos_mono_now();
		if (stop)
			leave(h);
		if (now.us >= due.us) {
			due.us = now.us + NOS_LEASE_BEAT_US;
			turn(h, now);
		}
		now = nos_mono_now();
		for (unsigned i = 0; i < h->lanes; i++)
			settle(h, &h->slots[i], now, stop);
		if (!stop)
			share(h);
		stop = wait_until(h, due) || stop;
	}
	leave(h);
	for (unsigned i = 0; i < h->lanes; i++)
		give(h, &h->slots[i]);
	return NULL;
}

static void wake(void *state)
{
	struct nos_harbour *h = state;

	pthread_mutex_lock(&h->lock);
	h->news = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
}

/* ---- begin and end ---- */

static void drop(struct nos_harbour *h)
{
	nos_store_close(h->store);
	nos_rulebook_release(&h->rules);
	for (unsigned i = 0; i < NOS_STORE_LANES_MAX; i++)
		nos_berth_release(&h->slots[i].berth);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	pthread_mutex_destroy(&h->print);
	free(h);
}

static struct nos_harbour *make(const struct nos_harbour_config *config)
{
	struct nos_harbour *h = calloc(1, sizeof(*h));
	pthread_condattr_t attr;

	if (!h)
		return NULL;
	h->config = *config;
	pthread_mutex_init(&h->lock, NULL);
	pthread_mutex_init(&h->print, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&h->wake, &attr);
	pthread_condattr_destroy(&attr);
	nos_rulebook_init(&h->rules, config->profile);
	for (unsigned i = 0; i < NOS_STORE_LANES_MAX; i++) {
		struct nos_berth *b = &h->slots[i].berth;

		nos_berth_init(b, i, &h->config.lane, &h->rules);
		b->ended = wake;
		b->state = h;
	}
	return h;
}

static enum nos_code open_all(struct nos_harbour *h, struct nos_err *err)
{
	const struct nos_store_where where = nos_home_where(h->config.lane.home);

	if (nos_store_open(&where, false, &h->store, err) ||
	    nos_lanes_get(h->store, &h->lanes, err))
		return err->code;
	if (!h->config.lane.shared) {
		nos_store_close(h->store);
		h->store = NULL;
	}
	if (h->lanes > 1)
		h->config.lane.publish.print_lock = &h->print;
	for (unsigned i = 0; i < h->lanes && !h->config.lane.shared; i++)
		if (nos_berth_open(&h->slots[i].berth, err))
			return err->code;
	return NOS_OK;
}

enum nos_code nos_harbour_new(
    const struct nos_harbour_config *config, struct nos_harbour **ret, struct nos_err *err)
{
	struct nos_harbour *h = make(config);

	if (!h)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (open_all(h, err)) {
		nos_harbour_free(h);
		return err->code;
	}
	*ret = h;
	return NOS_OK;
}

enum nos_code nos_harbour_start(struct nos_harbour *h, const char *url, struct nos_err *err)
{
	nos_store_hush(h->store, NOS_LEASE_NS);
	nos_store_hush(h->store, NOS_LEASE_LIVE_NS);
	if (nos_lease_init(&h->lease, h->store, h->lanes, url, err))
		return err->code;
	if (pthread_create(&h->thread, NULL, run, h))
		return nos_err_set(err, NOS_INTERNAL, "cannot start the thread of lanes");
	pthread_setname_np(h->thread, "nos-harbour");
	h->started = true;
	return NOS_OK;
}

/* What a broker still has to take is handed over of all at once. */
static void close_all(struct nos_harbour *h)
{
	for (unsigned i = 1; i < h->lanes; i++)
		if (h->slots[i].berth.lane)
			nos_berth_begin(&h->slots[i].berth, false);
	for (unsigned i = 0; i < h->lanes; i++)
		if (h->slots[i].berth.at_work)
			nos_berth_end(&h->slots[i].berth);
		else
			nos_berth_close(&h->slots[i].berth);
}

void nos_harbour_free(struct nos_harbour *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stop = h->news = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	if (h->started)
		pthread_join(h->thread, NULL);
	else
		close_all(h);
	drop(h);
}

/* ---- what others call ---- */

unsigned nos_harbour_lanes(const struct nos_harbour *h)
{
	return h->lanes;
}

bool nos_harbour_has(const struct nos_harbour *h, unsigned lane)
{
	return atomic_load(&h->slots[lane].berth.here);
}

bool nos_harbour_url(struct nos_harbour *h, unsigned lane, char ret[static NOS_LEASE_URL_MAX])
{
	pthread_mutex_lock(&h->lock);
	snprintf(ret, NOS_LEASE_URL_MAX, "%s", h->slots[lane].url);
	pthread_mutex_unlock(&h->lock);
	return *ret && !nos_harbour_has(h, lane);
}

bool nos_harbour_is_settled(struct nos_harbour *h)
{
	bool settled = true;

	pthread_mutex_lock(&h->lock);
	for (unsigned i = 0; i < h->lanes; i++)
		settled &= nos_harbour_has(h, i) || h->slots[i].elsewhere;
	pthread_mutex_unlock(&h->lock);
	return settled;
}

static void refuse(struct nos_harbour *h, struct nos_job *list)
{
	const struct nos_commit_config *f = &h->config.lane.commit;
	struct nos_err err = { 0 };
	struct nos_job *next;

	nos_err_set(&err, NOS_AWAY, "this part of the store is on its way to another nos-serve");
	for (struct nos_job *job = list; job; job = job->link)
		nos_carry_fail(job, &err);
	f->answer(f->state, list);
	for (; list; list = next) {
		next = list->link;
		nos_job_free(list, f->ledger.members);
	}
}

void nos_harbour_submit(struct nos_harbour *h, unsigned lane, struct nos_job *list, size_t count)
{
	struct nos_berth *b = &h->slots[lane].berth;
	struct nos_lane *l;

	if (!list)
		return;
	if (!h->config.lane.shared) {
		nos_commit_submit(nos_lane_commit(b->lane), list, count);
		return;
	}
	l = nos_berth_enter(b);
	if (!l) {
		refuse(h, list);
		return;
	}
	nos_commit_submit(nos_lane_commit(l), list, count);
	nos_berth_leave(b);
}

/* Does any go by these? With use: all shall. */
static bool profile_used(void *state, const struct nos_profile *profile, bool use)
{
	struct nos_harbour *h = state;
	bool used = false;

	for (unsigned i = 0; i < h->lanes; i++) {
		struct nos_lane *l = nos_berth_enter(&h->slots[i].berth);

		if (!l)
			continue;
		if (use)
			nos_commit_profile(nos_lane_commit(l), profile);
		used |= nos_commit_uses(nos_lane_commit(l), profile);
		nos_berth_leave(&h->slots[i].berth);
	}
	return used;
}

void nos_harbour_profile(struct nos_harbour *h, struct nos_profile *profile)
{
	nos_rulebook_add(&h->rules, profile, profile_used, h);
}

void nos_harbour_purge(struct nos_harbour *h)
{
	for (unsigned i = 0; i < h->lanes; i++) {
		struct nos_lane *l = nos_berth_enter(&h->slots[i].berth);

		if (l) {
			nos_commit_purge(nos_lane_commit(l));
			nos_berth_leave(&h->slots[i].berth);
		}
	}
}

void nos_harbour_head(struct nos_harbour *h, struct nos_str head)
{
	struct nos_lane *l = nos_berth_enter(&h->slots[0].berth);

	if (l && nos_lane_publish(l))
		nos_publish_head(nos_lane_publish(l), head);
	if (l)
		nos_berth_leave(&h->slots[0].berth);
}

bool nos_harbour_is_connected(struct nos_harbour *h)
{
	bool connected = true;

	for (unsigned i = 0; i < h->lanes; i++) {
		struct nos_lane *l = nos_berth_enter(&h->slots[i].berth);

		if (l && nos_lane_publish(l))
			connected &= nos_publish_is_connected(nos_lane_publish(l));
		if (l)
			nos_berth_leave(&h->slots[i].berth);
	}
	return connected;
}

enum nos_code nos_harbour_health(struct nos_harbour *h, struct nos_err *err)
{
	pthread_mutex_lock(&h->lock);
	*err = h->fault;
	pthread_mutex_unlock(&h->lock);
	for (unsigned i = 0; i < h->lanes && !err->code; i++) {
		struct nos_lane *l = nos_berth_enter(&h->slots[i].berth);

		if (!l)
			continue;
		(void)!nos_commit_health(nos_lane_commit(l), err);
		nos_berth_leave(&h->slots[i].berth);
	}
	return err->code;
}
