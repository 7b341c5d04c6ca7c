/* SPDX-License-Identifier: MIT */
#include "cluster/placement.h"

#include <stdlib.h>

#include "base/log.h"
#include "cluster/placement_part.h"
#include "lane/carry.h"
#include "self/lanes.h"

#define REST_US	  UINT64_C(2000000)  /* after a lane that could not be opened */
#define STUCK_US  UINT64_C(10000000) /* for which no turn was good; who leads is chosen in less */
#define SETTLE_US UINT64_C(10000000) /* so long a start waits for each lane to be with somebody */

/* ---- the thread ---- */

static void give(struct nos_placement *p, const struct nos_placement_slot *s)
{
	struct nos_err err = { 0 };

	if (nos_lease_give(&p->lease, s->hosted.number, &err))
		nos_log_line(
		    NOS_LOG_WARN, "lane %u is not given back: %s", s->hosted.number, err.text);
}

/* A lane that cannot be opened here may be elsewhere. */
static void ended(struct nos_placement *p, struct nos_placement_slot *s, struct nos_mono now)
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
static void settle(
    struct nos_placement *p, struct nos_placement_slot *s, struct nos_mono now, bool stop)
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
	bool refused, was;

	if (!atomic_load(&p->good_us))
		atomic_store(&p->good_us, now.us);
	(void)!nos_lease_turn(&p->lease, now, &err);
	refused = nos_lease_is_refused(&p->lease);
	pthread_mutex_lock(&p->lock);
	for (unsigned i = 0; i < p->lanes; i++) {
		const char *url = nos_lease_url(&p->lease, i);

		snprintf(p->slots[i].url, sizeof(p->slots[i].url), "%s", url ? url : "");
		p->slots[i].elsewhere = nos_lease_is_elsewhere(&p->lease, i);
	}
	/* One that is refused at its start ends, and says why. */
	was = (p->fault.code && p->refused == refused) || (p->starts && refused);
	p->fault = err;
	p->seated = nos_lease_is_seated(&p->lease);
	p->refused = refused;
	pthread_cond_broadcast(&p->turned);
	pthread_mutex_unlock(&p->lock);
	atomic_store(&p->stuck, err.code && !refused);
	atomic_store(&p->blind, p->lease.blind);
	if (!atomic_load(&p->stuck))
		atomic_store(&p->good_us, nos_mono_now().us);
	if (err.code && !was)
		nos_log_line(NOS_LOG_WARN, "no lane is taken: %s", err.text);
}

static struct timespec time_of(struct nos_mono at)
{
	return (struct timespec){ .tv_sec = (time_t)(at.us / 1000000),
		.tv_nsec = (long)(at.us % 1000000) * 1000 };
}

static bool wait_until(struct nos_placement *p, struct nos_mono at)
{
	const struct timespec until = time_of(at);
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
	pthread_cond_broadcast(&p->turned);
	pthread_mutex_unlock(&p->lock);
}

/* ---- begin and end ---- */

static void drop(struct nos_placement *p)
{
	nos_store_close(p->store);
	nos_rulebook_release(&p->rules);
	for (unsigned i = 0; i < NOS_STORE_LANES_MAX; i++)
		nos_hosted_release(&p->slots[i].hosted);
	pthread_cond_destroy(&p->turned);
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
	pthread_cond_init(&p->turned, &attr);
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

/* With the lock held. */
static bool is_settled(struct nos_placement *p)
{
	bool settled = p->seated;

	for (unsigned i = 0; i < p->lanes; i++)
		settled &= nos_placement_has(p, i) || p->slots[i].elsewhere;
	return settled || p->refused;
}

/* What waits for one that has died longer than that is refused for as long as it does. */
static enum nos_code wait_for_lanes(struct nos_placement *p, struct nos_err *err)
{
	const struct timespec until = time_of((struct nos_mono){ nos_mono_now().us + SETTLE_US });

	pthread_mutex_lock(&p->lock);
	while (!is_settled(p) && pthread_cond_timedwait(&p->turned, &p->lock, &until) == 0)
		;
	p->starts = false;
	if (p->refused)
		*err = p->fault;
	pthread_mutex_unlock(&p->lock);
	return err->code;
}

enum nos_code nos_placement_start(struct nos_placement *p, const char *url, struct nos_err *err)
{
	nos_store_hush(p->store, NOS_LEASE_NS);
	nos_store_hush(p->store, NOS_LEASE_LIVE_NS);
	if (nos_lease_init(&p->lease, p->store, p->lanes, url, err))
		return err->code;
	p->starts = true;
	if (pthread_create(&p->thread, NULL, run, p))
		return nos_err_set(err, NOS_INTERNAL, "cannot start the thread of lanes");
	pthread_setname_np(p->thread, "nos-placement");
	p->started = true;
	return wait_for_lanes(p, err);
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

/* Its thread may still wait for servers when the time is up. */
bool nos_placement_has(const struct nos_placement *p, unsigned lane)
{
	const struct nos_hosted *h = &p->slots[lane].hosted;

	return atomic_load(&h->here) && !atomic_load(&p->stuck) &&
	       (!p->config.lane.shared || nos_mono_now().us < atomic_load(&h->until_us));
}

bool nos_placement_url(struct nos_placement *p, unsigned lane, char ret[static NOS_LEASE_URL_MAX])
{
	pthread_mutex_lock(&p->lock);
	snprintf(ret, NOS_LEASE_URL_MAX, "%s", p->slots[lane].url);
	pthread_mutex_unlock(&p->lock);
	return *ret && !nos_placement_has(p, lane);
}

/* Servers are waited for with each step of a turn. */
static bool is_waiting(const struct nos_placement *p)
{
	const uint64_t good_us = atomic_load(&p->good_us);

	return good_us && nos_mono_now().us >= good_us + STUCK_US;
}

enum nos_code nos_placement_check(const struct nos_placement *p, bool writes, struct nos_err *err)
{
	const bool stuck = atomic_load(&p->stuck);

	if (atomic_load(&p->blind) || (!stuck && is_waiting(p)))
		return nos_err_set(err, NOS_AWAY, "the store cannot be reached now");
	return writes && stuck ? nos_err_set(err, NOS_AWAY, "the store cannot be written now")
			       : NOS_OK;
}

void nos_placement_why(struct nos_placement *p, unsigned lane, struct nos_err *err)
{
	char url[NOS_LEASE_URL_MAX];

	if (nos_placement_check(p, true, err))
		return;
	if (nos_placement_url(p, lane, url))
		nos_err_set(err, NOS_AWAY, "this part of the store is with another nos-serve");
	else
		nos_err_set(err, NOS_AWAY, "this part of the store is with no nos-serve now");
}

static void refuse(struct nos_placement *p, unsigned lane, struct nos_job *list)
{
	const struct nos_commit_config *f = &p->config.lane.commit;
	struct nos_err err = { 0 };
	struct nos_job *next;

	nos_placement_why(p, lane, &err);
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
		refuse(p, lane, list);
		return;
	}
	nos_commit_submit(nos_lane_commit(l), list, count);
	nos_hosted_leave(h);
}
