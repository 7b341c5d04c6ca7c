/* SPDX-License-Identifier: MIT */
#include "source/relay_queue.h"

#include <signal.h>

#include "base/time.h"

/* ---- what waits; under the lock ---- */

static struct nos_http_request *take_at(struct nos_relay_queue *q, struct nos_http_request **place)
{
	struct nos_http_request *r = *place;

	*place = r->next;
	if (!*place)
		q->tail = place;
	q->waiting--;
	return r;
}

static uint64_t due_us(const struct nos_http_request *r)
{
	return r->since.us + NOS_RELAY_QUEUE_PASSED_MS * 1000;
}

/* Where the one stands that another relay sent first; NULL: there is none. */
static struct nos_http_request **find_passed(struct nos_relay_queue *q)
{
	struct nos_http_request **first = NULL;

	for (struct nos_http_request **p = &q->list; *p; p = &(*p)->next)
		if ((*p)->via.len && (!first || due_us(*p) < due_us(*first)))
			first = p;
	return first;
}

static void wait_until(struct nos_relay_queue *q, uint64_t us)
{
	const struct timespec until = { .tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000) * 1000 };

	pthread_cond_timedwait(&q->changed, &q->lock, &until);
}

/* ---- the thread ---- */

static void *run(void *state)
{
	struct nos_relay_queue *q = state;

	pthread_mutex_lock(&q->lock);
	while (!q->ending || q->list) {
		struct nos_http_request **passed = find_passed(q), *r;

		if (!passed) {
			pthread_cond_wait(&q->changed, &q->lock);
		} else if (nos_mono_now().us < due_us(*passed)) {
			wait_until(q, due_us(*passed));
		} else {
			r = take_at(q, passed);
			pthread_mutex_unlock(&q->lock);
			q->late(q->state, r);
			pthread_mutex_lock(&q->lock);
		}
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

static void init(struct nos_relay_queue *q)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&q->lock, NULL);
	q->tail = &q->list;
}

enum nos_code nos_relay_queue_start(struct nos_relay_queue *q, struct nos_err *err)
{
	sigset_t all, before;
	int errnum;

	init(q);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = pthread_create(&q->thread, NULL, run, q);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	q->started = !errnum;
	if (q->started)
		return NOS_OK;
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
	return nos_err_set_errno(err, NOS_INTERNAL, errnum, "a thread");
}

/* ---- from outside ---- */

void nos_relay_queue_end(struct nos_relay_queue *q)
{
	if (!q->started)
		return;
	pthread_mutex_lock(&q->lock);
	q->ending = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

void nos_relay_queue_release(struct nos_relay_queue *q)
{
	if (!q->started)
		return;
	nos_relay_queue_end(q);
	pthread_join(q->thread, NULL);
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
	q->started = false;
}

bool nos_relay_queue_put(struct nos_relay_queue *q, struct nos_http_request *r)
{
	bool has_room;

	pthread_mutex_lock(&q->lock);
	has_room = q->waiting + q->busy < q->max && !q->ending;
	if (has_room) {
		r->next = NULL;
		*q->tail = r;
		q->tail = &r->next;
		q->waiting++;
		/* All: who looks at the clock, and who takes. */
		pthread_cond_broadcast(&q->changed);
	}
	pthread_mutex_unlock(&q->lock);
	return has_room;
}

static struct nos_http_request *take(struct nos_relay_queue *q, bool awaited)
{
	struct nos_http_request *r = NULL;

	pthread_mutex_lock(&q->lock);
	while (awaited && !q->list && !q->ending)
		pthread_cond_wait(&q->changed, &q->lock);
	if (q->list) {
		r = take_at(q, &q->list);
		q->busy++;
		/* The last one may be what the end of the queue's thread waits for. */
		if (q->ending)
			pthread_cond_broadcast(&q->changed);
	}
	pthread_mutex_unlock(&q->lock);
	return r;
}

struct nos_http_request *nos_relay_queue_take(struct nos_relay_queue *q)
{
	return take(q, false);
}

struct nos_http_request *nos_relay_queue_await(struct nos_relay_queue *q)
{
	return take(q, true);
}

void nos_relay_queue_done(struct nos_relay_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->busy--;
	pthread_mutex_unlock(&q->lock);
}

struct nos_http_request *nos_relay_queue_flush(struct nos_relay_queue *q)
{
	struct nos_http_request *list;

	pthread_mutex_lock(&q->lock);
	list = q->list;
	q->list = NULL;
	q->tail = &q->list;
	q->waiting = 0;
	if (q->ending)
		pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
	return list;
}

bool nos_relay_queue_is_over(struct nos_relay_queue *q)
{
	bool ret;

	pthread_mutex_lock(&q->lock);
	ret = q->ending && !q->list;
	pthread_mutex_unlock(&q->lock);
	return ret;
}
