/* SPDX-License-Identifier: MIT */
#include "serve/control_queue.h"

#include "ingest/exchange.h"
#include "serve/records.h"

void nos_control_queue_init(
    struct nos_control_queue *q, size_t works, size_t polls, struct nos_metric *metric)
{
	pthread_condattr_t attr;

	*q = (struct nos_control_queue){
		.works_max = works, .polls_max = polls, .metric = metric, .tail = &q->first
	};
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->wake, &attr);
	pthread_condattr_destroy(&attr);
}

void nos_control_queue_release(struct nos_control_queue *q)
{
	pthread_cond_destroy(&q->wake);
	pthread_mutex_destroy(&q->lock);
}

enum nos_control_kind nos_control_queue_kind(const struct nos_http_request *r)
{
	struct nos_exchange e;

	if (nos_str_is(r->path, NOS_RECORDS_PATH))
		return NOS_CONTROL_RECORDS;
	if (nos_str_is(r->path, NOS_PEER_PATH))
		return NOS_CONTROL_PEER;
	if (!nos_exchange_parse(r->path, &e))
		return NOS_CONTROL_REGISTRATION;
	return e.what == NOS_EXCHANGE_KEYS ? NOS_CONTROL_POLL : NOS_CONTROL_ASK;
}

/* ---- who asks ---- */

bool nos_control_queue_submit(
    struct nos_control_queue *q, struct nos_http_request *r, enum nos_control_kind kind)
{
	bool room;

	pthread_mutex_lock(&q->lock);
	room = !q->told.stop && (!nos_control_queue_is_work(kind) || q->works < q->works_max) &&
	       (kind != NOS_CONTROL_POLL || q->polls < q->polls_max);
	if (room) {
		r->next = NULL;
		*q->tail = r;
		q->tail = &r->next;
		q->works += nos_control_queue_is_work(kind);
		q->polls += kind == NOS_CONTROL_POLL;
		nos_metric_set(q->metric, NOS_METRIC_QUEUE_REGISTER, q->works);
		pthread_cond_signal(&q->wake);
	}
	pthread_mutex_unlock(&q->lock);
	return room;
}

void nos_control_queue_tell(struct nos_control_queue *q, struct nos_control_told what)
{
	pthread_mutex_lock(&q->lock);
	q->told.drain |= what.drain;
	q->told.stop |= what.stop;
	q->told.keep |= what.keep;
	pthread_cond_signal(&q->wake);
	pthread_mutex_unlock(&q->lock);
}

/* ---- the control thread ---- */

void nos_control_queue_answered(struct nos_control_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->polls--;
	pthread_mutex_unlock(&q->lock);
}

static void wait_for_work(struct nos_control_queue *q, struct nos_mono until, bool holds)
{
	const struct timespec at = { .tv_sec = (time_t)(until.us / 1000000),
		.tv_nsec = (long)(until.us % 1000000) * 1000 };

	while (!q->first && !q->told.stop && !q->told.keep && !(q->told.drain && holds) &&
	       pthread_cond_timedwait(&q->wake, &q->lock, &at) == 0)
		;
}

struct nos_http_request *nos_control_queue_next(struct nos_control_queue *q, struct nos_mono until,
    bool holds, struct nos_control_told *ret_told)
{
	struct nos_http_request *r;

	pthread_mutex_lock(&q->lock);
	wait_for_work(q, until, holds);
	r = q->first;
	if (r) {
		q->first = r->next;
		if (!q->first)
			q->tail = &q->first;
		r->next = NULL;
		if (nos_control_queue_is_work(nos_control_queue_kind(r)))
			q->works--;
	}
	nos_metric_set(q->metric, NOS_METRIC_QUEUE_REGISTER, q->works);
	*ret_told = q->told;
	ret_told->stop &= !r;
	q->told.keep = false;
	pthread_mutex_unlock(&q->lock);
	return r;
}
