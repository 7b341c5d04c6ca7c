/* SPDX-License-Identifier: MIT */
#include "cluster/placement.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "cluster/hosted.h"
#include "lane/carry.h"
#include "registry/lanes.h"

#define REST_US UINT64_C(2000000) /* after a lane that could not be opened */

struct slot {
	struct nos_hosted hosted;
	char url[NOS_LEASE_URL_MAX]; /* guarded by the placement's lock: of who has it, or empty; */
	bool elsewhere;		     /* so also: it is known to live */
	/* The placement's thread's: */
	bool lost;	       /* what is here, or comes, or goes, is another's */
	struct nos_mono rests; /* until then it is not tried again */
};

struct nos_placement {
	struct nos_placement_config config;
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

static void give(struct nos_placement *p, const struct slot *s)
{
	struct nos_err err = { 0 };

	if (nos_lease_give(&p->lease, s->hosted.number, &err))
		nos_log_line(
		    NOS_LOG_WARN, "lane %u is not given back: %s", s->hosted.number, err.text);
}

/* A lane that cannot be opened here may be elsewhere. */
static void ended(struct nos_placement *p, struct slot *s, struct nos_mono now)
{
	const unsigned number = s->hosted.number;

	nos_hosted_end(&s->hosted);
	if (!s->hosted.opens) {
		nos_log_line(
		    NOS_LOG_INFO, "lane %u is %s", number, s->lost ? "lost" : "given back");
		give(p, s);
		return;
	}
	if (!s->hosted.err.code) {
		nos_log_line(NOS_LOG_INFO, "lane %u is here", number);
		if (p->config.came)
			p->config.came(p->config.state, number);
		return;
	}
	nos_log_line(NOS_LOG_WARN, "lane %u: %s", number, s->hosted.err.text);
	s->rests.us = now.us + REST_US;
	give(p, s);
}

/* One that was lost stays so until it is closed, even where it is this one's again. */
static void settle(struct nos_placement *p, struct slot *s, struct nos_mono now, bool stop)
{
	struct nos_hosted *h = &s->hosted;
	bool held;

	if (h->at_work && atomic_load(&h->done))
		ended(p, s, now);
	held = nos_lease_is_held(&p->lease, h->number, now);
	s->lost = !held || (s->lost && (h->at_work || h->lane));
	atomic_store(&h->until_us, s->lost ? 0 : p->lease.lane[h->number].until.us);
	if (h->at_work)
		return;
	if (h->lane && (s->lost || stop))
		nos_hosted_begin(h, false);
	else if (!h->lane && held && !stop && now.us >= s->rests.us)
		nos_hosted_begin(h, true);
}

/* One at a time, so that no more is given than is too much. */
static void share(struct nos_placement *p)
{
	unsigned lane;

	for (unsigned i = 0; i < p->lanes; i++)
		if (p->slots[i].hosted.at_work)
			return;
	if (nos_lease_is_much(&p->lease, &lane) && p->slots[lane].hosted.lane)
		nos_hosted_begin(&p->slots[lane].hosted, false);
}

static void turn(struct nos_placement *p, struct nos_mono now)
{
	struct nos_err err = { 0 };
	bool was;

	(void)!nos_lease_turn(&p->lease, now, &err);
	pthread_mutex_lock(&p->lock);
	for (unsigned i = 0; i < p->lanes; i++) {
		const char *url = nos_lease_url(&p->lease, i);

		snprintf(p->slots[i].url, sizeof(p->slots[i].url), "%s", url ? url : "");
		p->slots[i].elsewhere = nos_lease_is_elsewhere(&p->lease, i);
	}
	was = p->fault.code != NOS_OK;
	p->fault = err;
	pthread_mutex_unlock(&p->lock);
	if (err.code && !was)
		nos_log_line(NOS_LOG_WARN, "no lane is taken: %s", err.text);
}

static bool wait_until(struct nos_placement *p, struct nos_mono at)
{
	const struct timespec until = { .tv_sec = (time_t)(at.us / 1000000),
		.tv_nsec = (long)(at.us % 1000000) * 1000 };
	bool stop;

	pthread_mutex_lock(&p->lock);
	while (!p->news && pthread_cond_timedwait(&p->wake, &p->lock, &until) == 0)
		;
	p->news = false;
	stop = p->stop;
	pthread_mutex_unlock(&p->lock);
	return stop;
}

static bool is_empty(const struct nos_placement *p)
{
	for (unsigned i = 0; i < p->lanes; i++)
		if (p->slots[i].hosted.at_work || p->slots[i].hosted.lane)
			return false;
	return true;
}

static void leave(struct nos_placement *p)
{
	struct nos_err err = { 0 };

	(void)!nos_lease_end(&p->lease, &err); /* otherwise its beat ends by itself */
}

static void *run(void *state)
{
	struct nos_placement *p = state;
	struct nos_mono due = nos_mono_now(), now;
	bool stop = false;

	while (!stop || !is_empty(p)) {
		now = nos_mono_now();
		if (stop)
			leave(p);
		if (now.us >= due.us) {
			due.us = now.us + NOS_LEASE_BEAT_US;
			turn(p, now);
		}
		now = nos_mono_now();
		for (unsigned i = 0; i < p->lanes; i++)
			settle(p, &p->slots[i], now, stop);
		if (!stop)
			share(p);
		stop = wait_until(p, due) || stop;
	}
	leave(p);
	for (unsigned i = 0; i < p->lanes; i++)
		give(p, &p->slots[i]);
	return NULL;
}

static void wake(void *state)
{
	struct nos_placement *p = state;

	pthread_mutex_lock(&p->lock);
	p->news = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

/* ---- begin and end ---- */

static void drop(struct nos_placement *p)
{
	nos_store_close(p->store);
	nos_rulebook_release(&p->rules);
	for (unsigned i = 0; i < NOS_STORE_LANES_MAX; i++)
		nos_hosted_release(&p->slots[i].hosted);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->print);
	free(p);
}

static struct nos_placement *make(const struct nos_placement_config *config)
{
	struct nos_placement *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (!p)
		return NULL;
	p->config = *config;
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->print, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attr);
	pthread_condattr_destroy(&attr);
	nos_rulebook_init(&p->rules, config->profile);
	for (unsigned i = 0; i < NOS_STORE_LANES_MAX; i++) {
		struct nos_hosted *h = &p->slots[i].hosted;

		nos_hosted_init(h, i, &p->config.lane, &p->rules);
		h->ended = wake;
		h->state = p;
	}
	return p;
}

static enum nos_code open_all(struct nos_placement *p, struct nos_err *err)
{
	const struct nos_store_where where = nos_home_where(p->config.lane.home);

	if (nos_store_open(&where, false, &p->store, err) ||
	    nos_lanes_get(p->store, &p->lanes, err))
		return err->code;
	if (!p->config.lane.shared) {
		nos_store_close(p->store);
		p->store = NULL;
	}
	if (p->lanes > 1)
		p->config.lane.publish.print_lock = &p->print;
	for (unsigned i = 0; i < p->lanes && !p->config.lane.shared; i++)
		if (nos_hosted_open(&p->slots[i].hosted, err))
			return err->code;
	return NOS_OK;
}

enum nos_code nos_placement_new(
    const struct nos_placement_config *config, struct nos_placement **ret, struct nos_err *err)
{
	struct nos_placement *p = make(config);

	if (!p)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (open_all(p, err)) {
		nos_placement_free(p);
		return err->code;
	}
	*ret = p;
	return NOS_OK;
}

enum nos_code nos_placement_start(struct nos_placement *p, const char *url, struct nos_err *err)
{
	nos_store_hush(p->store, NOS_LEASE_NS);
	nos_store_hush(p->store, NOS_LEASE_LIVE_NS);
	if (nos_lease_init(&p->lease, p->store, p->lanes, url, err))
		return err->code;
	if (pthread_create(&p->thread, NULL, run, p))
		return nos_err_set(err, NOS_INTERNAL, "cannot start the thread of lanes");
	pthread_setname_np(p->thread, "nos-placement");
	p->started = true;
	return NOS_OK;
}

/* What a broker still has to take is handed over of all at once. */
static void close_all(struct nos_placement *p)
{
	for (unsigned i = 1; i < p->lanes; i++)
		if (p->slots[i].hosted.lane)
			nos_hosted_begin(&p->slots[i].hosted, false);
	for (unsigned i = 0; i < p->lanes; i++)
		if (p->slots[i].hosted.at_work)
			nos_hosted_end(&p->slots[i].hosted);
		else
			nos_hosted_close(&p->slots[i].hosted);
}

void nos_placement_free(struct nos_placement *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = p->news = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	if (p->started)
		pthread_join(p->thread, NULL);
	else
		close_all(p);
	drop(p);
}

/* ---- what others call ---- */

unsigned nos_placement_lanes(const struct nos_placement *p)
{
	return p->lanes;
}

bool nos_placement_has(const struct nos_placement *p, unsigned lane)
{
	return atomic_load(&p->slots[lane].hosted.here);
}

bool nos_placement_url(struct nos_placement *p, unsigned lane, char ret[static NOS_LEASE_URL_MAX])
{
	pthread_mutex_lock(&p->lock);
	snprintf(ret, NOS_LEASE_URL_MAX, "%s", p->slots[lane].url);
	pthread_mutex_unlock(&p->lock);
	return *ret && !nos_placement_has(p, lane);
}

bool nos_placement_is_settled(struct nos_placement *p)
{
	bool settled = true;

	pthread_mutex_lock(&p->lock);
	for (unsigned i = 0; i < p->lanes; i++)
		settled &= nos_placement_has(p, i) || p->slots[i].elsewhere;
	pthread_mutex_unlock(&p->lock);
	return settled;
}

static void refuse(struct nos_placement *p, struct nos_job *list)
{
	const struct nos_commit_config *f = &p->config.lane.commit;
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

void nos_placement_submit(
    struct nos_placement *p, unsigned lane, struct nos_job *list, size_t count)
{
	struct nos_hosted *h = &p->slots[lane].hosted;
	struct nos_lane *l;

	if (!list)
		return;
	if (!p->config.lane.shared) {
		nos_commit_submit(nos_lane_commit(h->lane), list, count);
		return;
	}
	l = nos_hosted_enter(h);
	if (!l) {
		refuse(p, list);
		return;
	}
	nos_commit_submit(nos_lane_commit(l), list, count);
	nos_hosted_leave(h);
}

/* Does any go by these? With use: all shall. */
static bool profile_used(void *state, const struct nos_profile *profile, bool use)
{
	struct nos_placement *p = state;
	bool used = false;

	for (unsigned i = 0; i < p->lanes; i++) {
		struct nos_lane *l = nos_hosted_enter(&p->slots[i].hosted);

		if (!l)
			continue;
		if (use)
			nos_commit_profile(nos_lane_commit(l), profile);
		used |= nos_commit_uses(nos_lane_commit(l), profile);
		nos_hosted_leave(&p->slots[i].hosted);
	}
	return used;
}

void nos_placement_profile(struct nos_placement *p, struct nos_profile *profile)
{
	nos_rulebook_add(&p->rules, profile, profile_used, p);
}

void nos_placement_purge(struct nos_placement *p)
{
	for (unsigned i = 0; i < p->lanes; i++) {
		struct nos_lane *l = nos_hosted_enter(&p->slots[i].hosted);

		if (l) {
			nos_commit_purge(nos_lane_commit(l));
			nos_hosted_leave(&p->slots[i].hosted);
		}
	}
}

void nos_placement_head(struct nos_placement *p, struct nos_str head)
{
	struct nos_lane *l = nos_hosted_enter(&p->slots[0].hosted);

	if (l && nos_lane_publish(l))
		nos_publish_head(nos_lane_publish(l), head);
	if (l)
		nos_hosted_leave(&p->slots[0].hosted);
}

bool nos_placement_is_connected(struct nos_placement *p)
{
	bool connected = true;

	for (unsigned i = 0; i < p->lanes; i++) {
		struct nos_lane *l = nos_hosted_enter(&p->slots[i].hosted);

		if (l && nos_lane_publish(l))
			connected &= nos_publish_is_connected(nos_lane_publish(l));
		if (l)
			nos_hosted_leave(&p->slots[i].hosted);
	}
	return connected;
}

enum nos_code nos_placement_health(struct nos_placement *p, struct nos_err *err)
{
	pthread_mutex_lock(&p->lock);
	*err = p->fault;
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->lanes && !err->code; i++) {
		struct nos_lane *l = nos_hosted_enter(&p->slots[i].hosted);

		if (!l)
			continue;
		(void)!nos_commit_health(nos_lane_commit(l), err);
		nos_hosted_leave(&p->slots[i].hosted);
	}
	return err->code;
}
