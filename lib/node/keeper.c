/* SPDX-License-Identifier: MIT */
#include "node/keeper.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "node/berth.h"
#include "node/carry.h"
#include "registry/lanes.h"

#define REST_US UINT64_C(2000000) /* after a lane that could not be opened */

struct slot {
	struct nos_berth berth;
	char url[NOS_LEASE_URL_MAX]; /* guarded by the keeper's lock: of who has it, or empty */
	/* The keeper's thread's: */
	bool lost;	       /* what is here, or comes, or goes, is another's */
	struct nos_mono rests; /* until then it is not tried again */
};

struct nos_keeper {
	struct nos_keeper_config config;
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

static void give(struct nos_keeper *k, const struct slot *s)
{
	struct nos_err err = { 0 };

	if (nos_lease_give(&k->lease, s->berth.number, &err))
		nos_log_line(
		    NOS_LOG_WARN, "lane %u is not given back: %s", s->berth.number, err.text);
}

/* A lane that cannot be opened here may be elsewhere. */
static void ended(struct nos_keeper *k, struct slot *s, struct nos_mono now)
{
	const unsigned number = s->berth.number;

	nos_berth_end(&s->berth);
	if (!s->berth.opens) {
		nos_log_line(
		    NOS_LOG_INFO, "lane %u is %s", number, s->lost ? "lost" : "given back");
		give(k, s);
		return;
	}
	if (!s->berth.err.code) {
		nos_log_line(NOS_LOG_INFO, "lane %u is here", number);
		if (k->config.came)
			k->config.came(k->config.state, number);
		return;
	}
	nos_log_line(NOS_LOG_WARN, "lane %u: %s", number, s->berth.err.text);
	s->rests.us = now.us + REST_US;
	give(k, s);
}

/* One that was lost stays so until it is closed, even where it is this one's again. */
static void settle(struct nos_keeper *k, struct slot *s, struct nos_mono now, bool stop)
{
	struct nos_berth *b = &s->berth;
	bool held;

	if (b->at_work && atomic_load(&b->done))
		ended(k, s, now);
	held = nos_lease_is_held(&k->lease, b->number, now);
	s->lost = !held || (s->lost && (b->at_work || b->lane));
	atomic_store(&b->until_us, s->lost ? 0 : k->lease.lane[b->number].until.us);
	if (b->at_work)
		return;
	if (b->lane && (s->lost || stop))
		nos_berth_begin(b, false);
	else if (!b->lane && held && !stop && now.us >= s->rests.us)
		nos_berth_begin(b, true);
}

/* One at a time, so that no more is given than is too much. */
static void share(struct nos_keeper *k)
{
	unsigned lane;

	for (unsigned i = 0; i < k->lanes; i++)
		if (k->slots[i].berth.at_work)
			return;
	if (nos_lease_is_much(&k->lease, &lane) && k->slots[lane].berth.lane)
		nos_berth_begin(&k->slots[lane].berth, false);
}

static void turn(struct nos_keeper *k, struct nos_mono now)
{
	struct nos_err err = { 0 };
	bool was;

	(void)!nos_lease_turn(&k->lease, now, &err);
	pthread_mutex_lock(&k->lock);
	for (unsigned i = 0; i < k->lanes; i++) {
		const char *url = nos_lease_url(&k->lease, i);

		snprintf(k->slots[i].url, sizeof(k->slots[i].url), "%s", url ? url : "");
	}
	was = k->fault.code != NOS_OK;
	k->fault = err;
	pthread_mutex_unlock(&k->lock);
	if (err.code && !was)
		nos_log_line(NOS_LOG_WARN, "no lane is taken: %s", err.text);
}

static bool wait_until(struct nos_keeper *k, struct nos_mono at)
{
	const struct timespec until = { .tv_sec = (time_t)(at.us / 1000000),
		.tv_nsec = (long)(at.us % 1000000) * 1000 };
	bool stop;

	pthread_mutex_lock(&k->lock);
	while (!k->news && pthread_cond_timedwait(&k->wake, &k->lock, &until) == 0)
		;
	k->news = false;
	stop = k->stop;
	pthread_mutex_unlock(&k->lock);
	return stop;
}

static bool is_empty(const struct nos_keeper *k)
{
	for (unsigned i = 0; i < k->lanes; i++)
		if (k->slots[i].berth.at_work || k->slots[i].berth.lane)
			return false;
	return true;
}

static void leave(struct nos_keeper *k)
{
	struct nos_err err = { 0 };

	if (nos_lease_end(&k->lease, &err))
		nos_log_line(NOS_LOG_WARN, "leaving the others: %s", err.text);
}

static void *run(void *state)
{
	struct nos_keeper *k = state;
	struct nos_mono due = nos_mono_now(), now;
	bool stop = false;

	while (!stop || !is_empty(k)) {
		now = nos_mono_now();
		if (stop)
			leave(k);
		if (now.us >= due.us) {
			due.us = now.us + NOS_LEASE_BEAT_US;
			turn(k, now);
		}
		now = nos_mono_now();
		for (unsigned i = 0; i < k->lanes; i++)
			settle(k, &k->slots[i], now, stop);
		if (!stop)
			share(k);
		stop = wait_until(k, due) || stop;
	}
	leave(k);
	for (unsigned i = 0; i < k->lanes; i++)
		give(k, &k->slots[i]);
	return NULL;
}

static void wake(void *state)
{
	struct nos_keeper *k = state;

	pthread_mutex_lock(&k->lock);
	k->news = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

/* ---- begin and end ---- */

static void drop(struct nos_keeper *k)
{
	nos_store_close(k->store);
	nos_rulebook_release(&k->rules);
	for (unsigned i = 0; i < NOS_STORE_LANES_MAX; i++)
		nos_berth_release(&k->slots[i].berth);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	pthread_mutex_destroy(&k->print);
	free(k);
}

static struct nos_keeper *make(const struct nos_keeper_config *config)
{
	struct nos_keeper *k = calloc(1, sizeof(*k));
	pthread_condattr_t attr;

	if (!k)
		return NULL;
	k->config = *config;
	pthread_mutex_init(&k->lock, NULL);
	pthread_mutex_init(&k->print, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &attr);
	pthread_condattr_destroy(&attr);
	nos_rulebook_init(&k->rules, config->profile);
	for (unsigned i = 0; i < NOS_STORE_LANES_MAX; i++) {
		struct nos_berth *b = &k->slots[i].berth;

		nos_berth_init(b, i, &k->config.lane, &k->rules);
		b->ended = wake;
		b->state = k;
	}
	return k;
}

static enum nos_code open_all(struct nos_keeper *k, struct nos_err *err)
{
	const struct nos_store_where where = nos_home_where(k->config.lane.home);

	if (nos_store_open(&where, false, &k->store, err) ||
	    nos_lanes_get(k->store, &k->lanes, err))
		return err->code;
	if (!k->config.lane.shared) {
		nos_store_close(k->store);
		k->store = NULL;
	}
	if (k->lanes > 1)
		k->config.lane.publish.print_lock = &k->print;
	for (unsigned i = 0; i < k->lanes && !k->config.lane.shared; i++)
		if (nos_berth_open(&k->slots[i].berth, err))
			return err->code;
	return NOS_OK;
}

enum nos_code nos_keeper_new(
    const struct nos_keeper_config *config, struct nos_keeper **ret, struct nos_err *err)
{
	struct nos_keeper *k = make(config);

	if (!k)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (open_all(k, err)) {
		nos_keeper_free(k);
		return err->code;
	}
	*ret = k;
	return NOS_OK;
}

enum nos_code nos_keeper_start(struct nos_keeper *k, const char *url, struct nos_err *err)
{
	if (nos_lease_init(&k->lease, k->store, k->lanes, url, err))
		return err->code;
	if (pthread_create(&k->thread, NULL, run, k))
		return nos_err_set(err, NOS_INTERNAL, "cannot start the keeper of lanes");
	pthread_setname_np(k->thread, "nos-keeper");
	k->started = true;
	return NOS_OK;
}

/* What a broker still has to take is handed over of all at once. */
static void close_all(struct nos_keeper *k)
{
	for (unsigned i = 1; i < k->lanes; i++)
		if (k->slots[i].berth.lane)
			nos_berth_begin(&k->slots[i].berth, false);
	for (unsigned i = 0; i < k->lanes; i++)
		if (k->slots[i].berth.at_work)
			nos_berth_end(&k->slots[i].berth);
		else
			nos_berth_close(&k->slots[i].berth);
}

void nos_keeper_free(struct nos_keeper *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = k->news = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	if (k->started)
		pthread_join(k->thread, NULL);
	else
		close_all(k);
	drop(k);
}

/* ---- what others call ---- */

unsigned nos_keeper_lanes(const struct nos_keeper *k)
{
	return k->lanes;
}

bool nos_keeper_has(const struct nos_keeper *k, unsigned lane)
{
	return atomic_load(&k->slots[lane].berth.here);
}

bool nos_keeper_url(struct nos_keeper *k, unsigned lane, char ret[static NOS_LEASE_URL_MAX])
{
	pthread_mutex_lock(&k->lock);
	snprintf(ret, NOS_LEASE_URL_MAX, "%s", k->slots[lane].url);
	pthread_mutex_unlock(&k->lock);
	return *ret && !nos_keeper_has(k, lane);
}

static void refuse(struct nos_keeper *k, struct nos_job *list)
{
	const struct nos_commit_config *f = &k->config.lane.commit;
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

void nos_keeper_submit(struct nos_keeper *k, unsigned lane, struct nos_job *list, size_t count)
{
	struct nos_berth *b = &k->slots[lane].berth;
	struct nos_lane *l;

	if (!list)
		return;
	if (!k->config.lane.shared) {
		nos_commit_submit(nos_lane_commit(b->lane), list, count);
		return;
	}
	l = nos_berth_enter(b);
	if (!l) {
		refuse(k, list);
		return;
	}
	nos_commit_submit(nos_lane_commit(l), list, count);
	nos_berth_leave(b);
}

/* Does any go by these? With use: all shall. */
static bool profile_used(void *state, const struct nos_profile *profile, bool use)
{
	struct nos_keeper *k = state;
	bool used = false;

	for (unsigned i = 0; i < k->lanes; i++) {
		struct nos_lane *l = nos_berth_enter(&k->slots[i].berth);

		if (!l)
			continue;
		if (use)
			nos_commit_profile(nos_lane_commit(l), profile);
		used |= nos_commit_uses(nos_lane_commit(l), profile);
		nos_berth_leave(&k->slots[i].berth);
	}
	return used;
}

void nos_keeper_profile(struct nos_keeper *k, struct nos_profile *profile)
{
	nos_rulebook_add(&k->rules, profile, profile_used, k);
}

void nos_keeper_purge(struct nos_keeper *k)
{
	for (unsigned i = 0; i < k->lanes; i++) {
		struct nos_lane *l = nos_berth_enter(&k->slots[i].berth);

		if (!l)
			continue;
		nos_commit_purge(nos_lane_commit(l));
		nos_berth_leave(&k->slots[i].berth);
	}
}

void nos_keeper_head(struct nos_keeper *k, struct nos_str head)
{
	struct nos_lane *l = nos_berth_enter(&k->slots[0].berth);

	if (!l)
		return;
	if (nos_lane_publish(l))
		nos_publish_head(nos_lane_publish(l), head);
	nos_berth_leave(&k->slots[0].berth);
}

bool nos_keeper_is_connected(struct nos_keeper *k)
{
	bool connected = true;

	for (unsigned i = 0; i < k->lanes; i++) {
		struct nos_lane *l = nos_berth_enter(&k->slots[i].berth);

		if (!l)
			continue;
		if (nos_lane_publish(l))
			connected &= nos_publish_is_connected(nos_lane_publish(l));
		nos_berth_leave(&k->slots[i].berth);
	}
	return connected;
}

enum nos_code nos_keeper_health(struct nos_keeper *k, struct nos_err *err)
{
	pthread_mutex_lock(&k->lock);
	*err = k->fault;
	pthread_mutex_unlock(&k->lock);
	for (unsigned i = 0; i < k->lanes && !err->code; i++) {
		struct nos_lane *l = nos_berth_enter(&k->slots[i].berth);

		if (!l)
			continue;
		(void)!nos_commit_health(nos_lane_commit(l), err);
		nos_berth_leave(&k->slots[i].berth);
	}
	return err->code;
}
