/* SPDX-License-Identifier: MIT */
#include "peer/visits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "node/refuse.h"
#include "peer/call.h"
#include "peer/refusals.h"
#include "registry/registry.h"
#include "roam/stay.h"

#define SWEEP_EVERY_US 60000000
#define TRIES	       8

/* A request that waits. */
struct waiting {
	struct nos_http_request *request;
	struct nos_job_visit visit;
	struct waiting *next;
};

struct nos_visits {
	struct nos_visits_config config;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct waiting *queue, **tail; /* guarded by lock, so also: */
	size_t count;
	bool stop;
	bool peers_changed; /* and it was not looked yet for who is no peer any more */

	pthread_mutex_t keys;	     /* no key is put while one is taken back */
	struct nos_job_visit asking; /* home 0: nobody; guarded by keys, so also: */
	bool taken_back;	     /* what is being asked for was revoked meanwhile */

	volatile int cut; /* set with stop: an ask under way is broken off */

	/* The thread's own. */
	struct nos_ingest_loop loop;
	struct nos_call call;
	struct nos_refusals refusals;
	struct nos_audit audit;
	struct nos_mono swept;
};

static void gone(void *state, const char *id)
{
	const struct nos_visits *v = state;

	nos_member_forget(v->config.members, id);
	nos_placement_purge(v->config.placement);
}

/* On the thread's own store. */
static struct nos_stay stay_of(struct nos_visits *v)
{
	return (struct nos_stay){ .store = v->config.store,
		.vault = v->config.vault,
		.audit = &v->audit,
		.gone = gone,
		.state = v };
}

/* ---- the key ---- */

/* What is refused looks as it does to anyone. */
static enum nos_code unknown(struct nos_err *err)
{
	return nos_err_set(err, NOS_TAG, "does not verify");
}

/* Why goes to the log alone. */
static enum nos_code refuse(struct nos_visits *v, const struct nos_job_visit *visit,
    enum nos_metric_refusal cause, struct nos_err *err)
{
	const struct nos_err why = *err;

	nos_refusals_say(&v->refusals, visit, cause, why.text);
	if (cause == NOS_METRIC_REFUSAL_AWAY)
		return nos_err_set(err, NOS_AWAY, "the source's home is not reached");
	if (cause == NOS_METRIC_REFUSAL_BUSY)
		return nos_err_set(err, NOS_BUSY, "too many strangers at once");
	return unknown(err);
}

/* With keys held, so that a revocation comes before it or behind it. */
static enum nos_code put_key(struct nos_visits *v, const struct nos_job_visit *visit,
    const struct nos_peer_answer *a, struct nos_err *err)
{
	const struct nos_stay stay = stay_of(v);
	struct nos_visit_key key = { .day = visit->day, .value = a->key, .expires = a->expires };
	const struct nos_stay_guest guest = { visit->id, a->kind, visit->home, a->open };

	if (key.expires.ms > nos_roam_until(visit->day).ms)
		key.expires = nos_roam_until(visit->day);
	(void)!nos_stay_keep(&stay, &guest, &key, nos_time_now(), err);
	explicit_bzero(&key, sizeof(key));
	return err->code;
}

static enum nos_code keep_key(struct nos_visits *v, const struct nos_job_visit *visit,
    const struct nos_peer_answer *a, struct nos_err *err)
{
	pthread_mutex_lock(&v->keys);
	for (int i = 0; i < TRIES; i++) {
		nos_err_clear(err);
		if (v->taken_back)
			unknown(err);
		else if (put_key(v, visit, a, err) == NOS_EXISTS)
			continue;
		break;
	}
	pthread_mutex_unlock(&v->keys);
	if (!err->code)
		nos_member_forget(v->config.members, visit->id);
	return err->code;
}

/* Another node must not speak for who is registered here, revoked or not. */
static enum nos_code is_own(
    struct nos_visits *v, const struct nos_job_visit *visit, bool *ret, struct nos_err *err)
{
	uint64_t rev;

	*ret =
	    !nos_store_get(v->config.store, NOS_RECORD_NS, nos_str_of(visit->id), NULL, &rev, err);
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

static void begin_asking(struct nos_visits *v, const struct nos_job_visit *visit)
{
	pthread_mutex_lock(&v->keys);
	v->asking = *visit;
	v->taken_back = false;
	pthread_mutex_unlock(&v->keys);
}

static enum nos_code ask_home(struct nos_visits *v, const struct nos_peer *home,
    const struct nos_job_visit *visit, struct nos_err *err)
{
	const struct nos_name name = nos_roam_name(visit->home, visit->day);
	NOS_AUTO(peer_answer) a = { 0 };

	begin_asking(v, visit);
	if (!nos_call_peer(&v->call, home, NOS_PEER_ROAM, visit->id, &name, &a, err))
		(void)!keep_key(v, visit, &a, err);
	begin_asking(v, &(struct nos_job_visit){ 0 });
	atomic_fetch_add_explicit(&v->config.metric->visits[err->code], 1, memory_order_relaxed);
	return err->code;
}

/* Is it there meanwhile? Who waited behind another of the same source finds what that one got. Or
 * has the operator put it out? */
static bool has_key(struct nos_visits *v, const struct nos_job_visit *visit, bool *ret_refused)
{
	struct nos_err ignored = { 0 };
	NOS_AUTO(visit) r = { 0 };

	*ret_refused = false;
	if (nos_visit_get(v->config.store, NULL, nos_str_of(visit->id), &r, &ignored))
		return false;
	*ret_refused = r.refused.ms;
	return r.home == visit->home && nos_visit_key(&r, visit->day);
}

/* What needs no question. */
static enum nos_code check(struct nos_visits *v, const struct nos_job_visit *visit,
    struct nos_peer *ret_home, struct nos_err *err)
{
	const struct nos_job_visit home = { .home = visit->home };
	bool own;

	if (!nos_peers_by_node(v->config.peers, visit->home, ret_home))
		return refuse(v, visit, NOS_METRIC_REFUSAL_STRANGER, err);
	if (nos_refusals_has(&v->refusals, visit))
		return refuse(v, visit, NOS_METRIC_REFUSAL_HOME, err);
	if (nos_refusals_has(&v->refusals, &home))
		return refuse(v, visit, NOS_METRIC_REFUSAL_AWAY, err);
	if (nos_refusals_are_too_many(&v->refusals))
		return refuse(v, visit, NOS_METRIC_REFUSAL_BUSY, err);
	if (is_own(v, visit, &own, err) || !own)
		return err->code;
	return refuse(v, visit, NOS_METRIC_REFUSAL_OWN, err);
}

static enum nos_code fetch(
    struct nos_visits *v, const struct nos_job_visit *visit, struct nos_err *err)
{
	struct nos_peer peer;

	if (check(v, visit, &peer, err))
		return err->code;
	switch ((int)ask_home(v, &peer, visit, err)) {
	case NOS_DENIED:
		nos_refusals_note(&v->refusals, visit, false);
		return refuse(v, visit, NOS_METRIC_REFUSAL_HOME, err);
	case NOS_TAG: /* it was taken back meanwhile */
		return refuse(v, visit, NOS_METRIC_REFUSAL_HOME, err);
	case NOS_AWAY:
		nos_refusals_note(&v->refusals, visit, true);
		return refuse(v, visit, NOS_METRIC_REFUSAL_AWAY, err);
	default:
		return err->code;
	}
}

/* ---- a request ---- */

static void answer(struct nos_visits *v, struct nos_http_request *r)
{
	v->config.answer(v->config.state, r);
}

static void take(struct nos_visits *v, struct nos_http_request *r)
{
	struct nos_job *job = nos_ingest_take(v->config.ingest, &v->loop, r);

	if (job)
		v->config.opened(v->config.state, r, job);
	else
		answer(v, r);
}

static void handle(struct nos_visits *v, const struct waiting *w, bool stop)
{
	struct nos_err err = { 0 };
	bool refused;

	if (stop)
		nos_err_set(&err, NOS_BUSY, "the node ends");
	else if (!has_key(v, &w->visit, &refused))
		(void)!(refused ? refuse(v, &w->visit, NOS_METRIC_REFUSAL_HERE, &err)
				: fetch(v, &w->visit, &err));
	/* What is refused looks as it does to anyone: it is taken, and opened by no key. */
	if (!err.code || err.code == NOS_TAG) {
		take(v, w->request);
		return;
	}
	nos_refuse_request(v->config.card, w->request, &err);
	answer(v, w->request);
}

static bool stays(void *state, const struct nos_visit *visit)
{
	const struct nos_visits *v = state;
	struct nos_peer peer;

	return nos_peers_by_node(v->config.peers, visit->home, &peer);
}

static void sweep(struct nos_visits *v)
{
	const struct nos_stay stay = stay_of(v);
	const struct nos_time now = nos_time_now();
	struct nos_err err = { 0 };

	v->swept = nos_mono_now();
	if (nos_stay_drop(&stay, stays, v, NOS_STAY_NO_PEER, now, &err) ||
	    nos_stay_sweep(&stay, now, &err))
		nos_log_line(NOS_LOG_WARN, "keys of visitors stay: %s", err.text);
}

/* ---- the thread ---- */

static void wait_for_work(struct nos_visits *v)
{
	const uint64_t until = v->swept.us + SWEEP_EVERY_US;
	const struct timespec at = { .tv_sec = (time_t)(until / 1000000),
		.tv_nsec = (long)(until % 1000000) * 1000 };

	while (!v->queue && !v->stop && !v->peers_changed &&
	       pthread_cond_timedwait(&v->wake, &v->lock, &at) == 0)
		;
}

static struct waiting *next(struct nos_visits *v, bool *ret_stop, bool *ret_sweep)
{
	struct waiting *w;

	pthread_mutex_lock(&v->lock);
	wait_for_work(v);
	w = v->queue;
	if (w) {
		v->queue = w->next;
		if (!v->queue)
			v->tail = &v->queue;
		v->count--;
	}
	nos_metric_set(v->config.metric, NOS_METRIC_QUEUE_VISITS, v->count);
	*ret_stop = v->stop;
	*ret_sweep = v->peers_changed || nos_mono_now().us - v->swept.us >= SWEEP_EVERY_US;
	v->peers_changed = false;
	pthread_mutex_unlock(&v->lock);
	return w;
}

static void *run(void *state)
{
	struct nos_visits *v = state;
	struct waiting *w;
	bool stop = false, due = false;

	sweep(v);
	do {
		w = next(v, &stop, &due);
		if (due && !stop)
			sweep(v);
		if (w)
			handle(v, w, stop);
		free(w);
		nos_lap_turn(&v->loop.lap, true);
	} while (w || !stop);
	return NULL;
}

/* ---- what another thread calls ---- */

static void make_lock(struct nos_visits *v)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&v->lock, NULL);
	pthread_mutex_init(&v->keys, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&v->wake, &attr);
	pthread_condattr_destroy(&attr);
}

enum nos_code nos_visits_new(
    const struct nos_visits_config *config, struct nos_visits **ret, struct nos_err *err)
{
	struct nos_visits *v = calloc(1, sizeof(*v));

	if (!v)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	v->config = *config;
	v->tail = &v->queue;
	v->refusals.metric = config->metric;
	nos_audit_init(&v->audit, config->store, "nos-serve", false);
	make_lock(v);
	nos_ingest_loop_init(&v->loop, config->store, config->metric);
	v->loop.visiting = true;
	if (!nos_call_init(&v->call, config->card, config->ca, &v->cut, err) &&
	    pthread_create(&v->thread, NULL, run, v))
		nos_err_set(err, NOS_INTERNAL, "cannot start the thread of visits");
	if (err->code) {
		nos_visits_free(v);
		return err->code;
	}
	v->running = true;
	pthread_setname_np(v->thread, "nos-visits");
	*ret = v;
	return NOS_OK;
}

bool nos_visits_submit(void *state, struct nos_http_request *r, const struct nos_job_visit *visit)
{
	struct nos_visits *v = state;
	struct waiting *w = calloc(1, sizeof(*w));
	bool room;

	if (!w)
		return false;
	*w = (struct waiting){ .request = r, .visit = *visit };
	pthread_mutex_lock(&v->lock);
	room = !v->stop && v->count < v->config.most;
	if (room) {
		*v->tail = w;
		v->tail = &w->next;
		v->count++;
		nos_metric_set(v->config.metric, NOS_METRIC_QUEUE_VISITS, v->count);
		pthread_cond_signal(&v->wake);
	}
	pthread_mutex_unlock(&v->lock);
	if (!room) {
		atomic_fetch_add_explicit(
		    &v->config.metric->refusals[NOS_METRIC_REFUSAL_BUSY], 1, memory_order_relaxed);
		free(w);
	}
	return room;
}

static bool is_of_another(void *state, const struct nos_visit *visit)
{
	const uint64_t *home = state;

	return visit->home != *home;
}

enum nos_code nos_visits_revoke(struct nos_visits *v, struct nos_store *store,
    struct nos_audit *audit, uint64_t home, const char *id, struct nos_err *err)
{
	const struct nos_stay stay = { .store = store, .audit = audit, .gone = gone, .state = v };
	const struct nos_time now = nos_time_now();
	bool was;

	pthread_mutex_lock(&v->keys);
	if (v->asking.home == home && (!*id || strcmp(v->asking.id, id) == 0))
		v->taken_back = true;
	(void)!(*id ? nos_stay_end(&stay, id, home, NOS_STAY_TAKEN_BACK, now, &was, err)
		    : nos_stay_drop(&stay, is_of_another, &home, NOS_STAY_TAKEN_BACK, now, err));
	pthread_mutex_unlock(&v->keys);
	return err->code;
}

void nos_visits_look(struct nos_visits *v)
{
	pthread_mutex_lock(&v->lock);
	v->peers_changed = true;
	pthread_cond_signal(&v->wake);
	pthread_mutex_unlock(&v->lock);
}

void nos_visits_drain(struct nos_visits *v)
{
	if (!v || !v->running)
		return;
	pthread_mutex_lock(&v->lock);
	v->stop = true;
	__atomic_store_n(&v->cut, 1, __ATOMIC_RELAXED);
	pthread_cond_signal(&v->wake);
	pthread_mutex_unlock(&v->lock);
	pthread_join(v->thread, NULL);
	v->running = false;
}

void nos_visits_free(struct nos_visits *v)
{
	if (!v)
		return;
	nos_visits_drain(v);
	nos_call_release(&v->call);
	nos_ingest_loop_release(&v->loop);
	pthread_cond_destroy(&v->wake);
	pthread_mutex_destroy(&v->keys);
	pthread_mutex_destroy(&v->lock);
	free(v);
}
