/* SPDX-License-Identifier: MIT */
#include "lane/commit.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "lane/amend.h"
#include "lane/carry.h"
#include "lane/ledger.h"
#include "lane/replay.h"

#define IDLE_MS	       200 /* without a job: what changed is saved */
#define RECORDS_MS     5   /* how long records wait for jobs to be committed with */
#define PURGE_EVERY_US 1000000
#define FRESH_MAX      (4u << 20) /* bytes of records that the publisher need not read */
#define RETRY_MS       100	  /* after a failed group, before records are tried again */

struct nos_commit {
	struct nos_commit_config config;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool waiting; /* guarded by lock, so also: */
	bool stop;
	struct nos_job *queue, **tail;
	size_t queued;
	const struct nos_profile *profile, *new_profile; /* in use; to be used, or NULL */
	struct nos_err health;
	bool working; /* a group is in hand, or its records wait */

	atomic_uint_least64_t published, last_record;
	atomic_uint_least64_t erased; /* so often may records have been */
	atomic_bool purge;	      /* asked for by another thread */

	/* The thread's own. */
	struct nos_ledger ledger;
	bool failing;
	bool torn;		/* what is in memory is not what is in the store */
	uint64_t queue_said;	/* of the metric */
	struct nos_mono purged; /* tried last */
};

/* ---- what another thread calls ---- */

void nos_commit_submit(struct nos_commit *c, struct nos_job *list, size_t count)
{
	struct nos_job *last = list;

	if (!list)
		return;
	while (last->link)
		last = last->link;
	pthread_mutex_lock(&c->lock);
	*c->tail = list;
	c->tail = &last->link;
	c->queued += count;
	if (c->waiting)
		pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void nos_commit_profile(struct nos_commit *c, const struct nos_profile *profile)
{
	pthread_mutex_lock(&c->lock);
	c->new_profile = profile;
	pthread_mutex_unlock(&c->lock);
}

bool nos_commit_uses(struct nos_commit *c, const struct nos_profile *profile)
{
	bool uses;

	pthread_mutex_lock(&c->lock);
	uses = c->profile == profile || c->new_profile == profile;
	pthread_mutex_unlock(&c->lock);
	return uses;
}

void nos_commit_purge(struct nos_commit *c)
{
	atomic_store(&c->purge, true);
}

uint64_t nos_commit_last(const struct nos_commit *c)
{
	return atomic_load(&c->last_record);
}

uint64_t nos_commit_erased(const struct nos_commit *c)
{
	return atomic_load(&c->erased);
}

void nos_commit_published(struct nos_commit *c, uint64_t position)
{
	atomic_store(&c->published, position);
}

uint64_t nos_commit_mark(const struct nos_commit *c)
{
	return atomic_load(&c->published);
}

enum nos_code nos_commit_health(struct nos_commit *c, struct nos_err *err)
{
	pthread_mutex_lock(&c->lock);
	*err = c->health;
	pthread_mutex_unlock(&c->lock);
	return err->code;
}

struct nos_fresh *nos_commit_fresh(const struct nos_commit *c)
{
	return c->config.ledger.fresh;
}

bool nos_commit_is_quiet(struct nos_commit *c)
{
	bool quiet;

	pthread_mutex_lock(&c->lock);
	quiet = !c->queue && (!c->working || c->health.code);
	pthread_mutex_unlock(&c->lock);
	return quiet;
}

/* ---- the thread ---- */

static void set_health(struct nos_commit *c, const struct nos_err *err)
{
	pthread_mutex_lock(&c->lock);
	c->health = *err;
	pthread_mutex_unlock(&c->lock);
	if (err->code && !c->failing)
		nos_log_line(NOS_LOG_WARN, "nothing is stored: %s", err->text);
	if (!err->code && c->failing)
		nos_log_line(NOS_LOG_WARN, "storing again");
	c->failing = err->code != NOS_OK;
}

/* Records are in: the publisher may read them; or some have gone. */
static void tell(struct nos_commit *c)
{
	const bool erased = c->ledger.erased;
	uint64_t one = 1;

	c->ledger.erased = false;
	atomic_fetch_add(&c->erased, erased);
	if (atomic_exchange(&c->last_record, c->ledger.last_record) == c->ledger.last_record &&
	    !erased)
		return;
	if (c->config.wake_fd >= 0 && write(c->config.wake_fd, &one, sizeof(one)) < 0)
		return; /* the counter is full: the publisher is awake */
}

/* What was destroyed shall stand nowhere in the store's files. A reader of an older state hinders
 * it: it is tried again. */
static void purge(struct nos_commit *c)
{
	struct nos_ledger *l = &c->ledger;
	struct nos_err err = { 0 };

	l->purge |= atomic_exchange(&c->purge, false);
	if (!l->purge || nos_mono_now().us - c->purged.us < PURGE_EVERY_US)
		return;
	c->purged = nos_mono_now();
	if (!nos_store_purge(c->config.ledger.store, &err))
		l->purge = false;
	else if (err.code != NOS_BUSY)
		nos_log_line(NOS_LOG_WARN, "%s", err.text);
}

/* It is HTTP that this is for. */
static void answer(struct nos_commit *c, struct nos_job *list)
{
	const uint64_t since = nos_lap_look();

	if (!list)
		return;
	c->config.answer(c->config.state, list);
	nos_lap_lend(&c->ledger.lap, NOS_METRIC_STAGE_HTTP, since);
}

/*
 * What of a group that failed is there the store alone knows: all that is in memory is thrown away,
 * and gone through again as after a restart.
 */
static enum nos_code mend(struct nos_commit *c, struct nos_err *err)
{
	struct nos_ledger *l = &c->ledger;
	const struct nos_profile *profile = l->analyse.profile;

	if (nos_ledger_ours(l, err))
		return err->code;
	if (l->purge)
		atomic_store(&c->purge, true);
	nos_ledger_release(l);
	if (nos_ledger_init(l, &c->config.ledger, profile, err) || nos_replay_run(l, err)) {
		l->analyse.profile = profile;
		return err->code;
	}
	c->torn = false;
	c->ledger.erased = true; /* by whom it was not heard */
	tell(c);
	return NOS_OK;
}

static enum nos_code commit(struct nos_commit *c, struct nos_job *list, struct nos_err *err)
{
	if (c->torn && mend(c, err)) {
		for (struct nos_job *job = list; job; job = job->link)
			nos_carry_fail(job, err);
		return err->code;
	}
	c->ledger.published = atomic_load(&c->published);
	if (nos_ledger_commit(&c->ledger, list, err))
		c->torn = c->ledger.begun && !nos_store_is_atomic(c->config.ledger.store);
	return err->code;
}

/* Commit, answer, weigh. */
static void group(struct nos_commit *c, struct nos_job *list)
{
	struct nos_mono since = nos_mono_now();
	struct nos_err err = { 0 }, health = { 0 };

	if (!commit(c, list, &err)) {
		nos_metric_time(c->config.ledger.metric, NOS_METRIC_TIME_COMMIT, since);
		tell(c);
	}
	if (err.code ? list != NULL : !list)
		(void)!nos_ledger_space(&c->ledger, &health);
	/* What has had its time goes also where there is no room for what comes. */
	if (health.code && list)
		group(c, NULL);
	set_health(c, err.code ? &err : &health);
	answer(c, list);
	if (!err.code) {
		nos_ledger_weigh(&c->ledger, list);
		c->torn = c->ledger.broken && !nos_store_is_atomic(c->config.ledger.store);
		purge(c);
	}
	while (list) {
		struct nos_job *next = list->link;

		nos_job_free(list, c->config.ledger.members);
		list = next;
	}
}

static bool is_busy(const struct nos_commit *c)
{
	return c->queue || c->stop || c->new_profile;
}

/* What waits, up to the limits of a group. With the lock held. */
static struct nos_job *take(struct nos_commit *c)
{
	const struct nos_limit *l = c->config.ledger.limits;
	struct nos_job *list = c->queue, **at = &c->queue;
	uint64_t bytes = 0, readings = 0;

	if (!list)
		return NULL;
	while (*at && readings < l->of[NOS_LIMIT_GROUP] && bytes < l->of[NOS_LIMIT_GROUP_BYTES]) {
		bytes += (*at)->body.len;
		readings += (*at)->batch.count;
		at = &(*at)->link;
		c->queued--;
	}
	c->queue = *at;
	*at = NULL;
	if (!c->queue)
		c->tail = &c->queue;
	return list;
}

static void wait_for_work(struct nos_commit *c, unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000)
		until.tv_sec++, until.tv_nsec -= 1000000000;
	c->waiting = true;
	while (!is_busy(c) && pthread_cond_timedwait(&c->wake, &c->lock, &until) == 0)
		;
	c->waiting = false;
}

/* What comes next: jobs, or nothing for as long as there is something to wait for. */
static struct nos_job *next(struct nos_commit *c, bool *ret_stop)
{
	bool records = !c->torn && c->ledger.pending.count > 0;
	bool soon = c->torn || records || nos_amend_is_due(&c->ledger);
	struct nos_job *list;

	pthread_mutex_lock(&c->lock);
	c->working = records;
	if (!is_busy(c))
		wait_for_work(c, c->failing ? RETRY_MS : soon ? RECORDS_MS : IDLE_MS);
	list = take(c);
	c->working |= list != NULL;
	*ret_stop = c->stop && !c->queue;
	if (c->new_profile)
		c->ledger.analyse.profile = c->profile = c->new_profile;
	c->new_profile = NULL;
	nos_metric_part(
	    c->config.ledger.metric, NOS_METRIC_QUEUE_COMMIT, &c->queue_said, c->queued);
	pthread_mutex_unlock(&c->lock);
	return list;
}

static void *run(void *state)
{
	struct nos_commit *c = state;
	struct nos_ledger *l = &c->ledger;
	bool stop = false;

	while (!stop || (!c->failing && (l->pending.count || nos_track_is_dirty(l->tracks)))) {
		struct nos_job *list = next(c, &stop);

		if (c->torn) {
			group(c, list);
			continue;
		}
		l->idle = !list && (!l->pending.count || stop);
		l->published = atomic_load(&c->published);
		/* At the end what is to be saved is due, and waits for no clock. */
		if (list || nos_ledger_is_due(l) || (stop && nos_track_is_dirty(l->tracks)))
			group(c, list);
		nos_lap_turn(&l->lap, true);
	}
	/* How far the publisher came in the end. */
	l->published = atomic_load(&c->published);
	if (!c->failing && nos_ledger_is_due(l))
		group(c, NULL);
	return NULL;
}

static void drop(struct nos_commit *c)
{
	nos_ledger_release(&c->ledger);
	nos_fresh_free(c->config.ledger.fresh);
	nos_metric_part(c->config.ledger.metric, NOS_METRIC_QUEUE_COMMIT, &c->queue_said, 0);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static enum nos_code start(
    struct nos_commit *c, const struct nos_profile *profile, struct nos_err *err)
{
	struct nos_ledger_config *f = &c->config.ledger;

	if ((f->outbox && nos_fresh_new(FRESH_MAX, &f->fresh, err)) ||
	    nos_ledger_init(&c->ledger, f, profile, err) || nos_replay_run(&c->ledger, err))
		return err->code;
	c->profile = profile;
	atomic_store(&c->published, c->ledger.published);
	atomic_store(&c->last_record, c->ledger.last_record);
	if (pthread_create(&c->thread, NULL, run, c))
		return nos_err_set(err, NOS_INTERNAL, "cannot start the committer");
	pthread_setname_np(c->thread, "nos-commit");
	return NOS_OK;
}

enum nos_code nos_commit_new(const struct nos_commit_config *config,
    const struct nos_profile *profile, struct nos_commit **ret, struct nos_err *err)
{
	struct nos_commit *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;

	if (!c)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	c->config = *config;
	c->tail = &c->queue;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (start(c, profile, err)) {
		drop(c);
		return err->code;
	}
	*ret = c;
	return NOS_OK;
}

void nos_commit_free(struct nos_commit *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	drop(c);
}
