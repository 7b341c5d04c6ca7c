/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"
#include "cli/start.h"

#define ANSWER_MS  30000
#define ANSWER_MAX (1u << 20) /* bytes */

struct worker {
	struct crowd *crowd;
	pthread_t thread;
	struct nos_http_client *client;
	struct crowd_far far;
	struct nos_carrier carrier;
	struct nos_err err;
};

struct crowd {
	struct worker workers[CROWD_JOBS];

	/* Of the run in hand. */
	size_t count;
	crowd_turn *turn;
	void *state;
	atomic_size_t next;
	atomic_bool over;
};

/* ---- distance ---- */

static enum nos_code carry(void *state, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err)
{
	const struct crowd_far *f = state;
	const uint64_t ms = f->rtt_ms * f->hops;
	struct timespec left = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	if (nos_carrier_send(&f->straight, r, ret, err))
		return err->code;
	while (ms && nanosleep(&left, &left))
		if (bench_is_stopped())
			return nos_err_set(err, NOS_BUSY, "%s: stopped", r->url);
	return NOS_OK;
}

struct nos_carrier crowd_far_carrier(struct crowd_far *f)
{
	return (struct nos_carrier){ .carry = carry, .state = f };
}

/* ---- the crowd ---- */

enum nos_code crowd_open(uint64_t rtt_ms, struct crowd **ret, struct nos_err *err)
{
	const struct nos_http_client_config http = { .connect_ms = ANSWER_MS,
		.total_ms = ANSWER_MS,
		.answer_max = ANSWER_MAX,
		.stop = nos_start_stopped() };
	struct crowd *c = calloc(1, sizeof(*c));

	if (!c)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	(void)!nos_http_client_start(err);
	for (size_t i = 0; i < CROWD_JOBS && !err->code; i++) {
		struct worker *w = &c->workers[i];

		w->crowd = c;
		if (nos_http_client_new(&http, &w->client, err))
			break;
		w->far = (struct crowd_far){ nos_carrier_straight(w->client), rtt_ms, 1 };
		w->carrier = crowd_far_carrier(&w->far);
	}
	if (err->code)
		crowd_close(c);
	else
		*ret = c;
	return err->code;
}

void crowd_close(struct crowd *c)
{
	for (size_t i = 0; c && i < CROWD_JOBS; i++)
		nos_http_client_free(c->workers[i].client);
	free(c);
}

const struct nos_carrier *crowd_carrier(const struct crowd *c)
{
	return &c->workers[0].carrier;
}

/* ---- a run ---- */

static void *work(void *state)
{
	struct worker *w = state;
	struct crowd *c = w->crowd;
	size_t i;

	while (!atomic_load(&c->over) && (i = atomic_fetch_add(&c->next, 1)) < c->count) {
		if (bench_go_on(&w->err) || c->turn(c->state, i, &w->carrier, &w->err))
			atomic_store(&c->over, true);
	}
	return NULL;
}

enum nos_code crowd_run(
    struct crowd *c, size_t count, crowd_turn *turn, void *state, struct nos_err *err)
{
	const size_t jobs = count < CROWD_JOBS ? count : CROWD_JOBS;
	size_t started = 0;

	c->count = count;
	c->turn = turn;
	c->state = state;
	atomic_store(&c->next, 0);
	atomic_store(&c->over, false);
	for (; started < jobs; started++) {
		struct worker *w = &c->workers[started];

		nos_err_clear(&w->err);
		if (pthread_create(&w->thread, NULL, work, w)) {
			atomic_store(&c->over, true);
			nos_err_set(err, NOS_INTERNAL, "cannot start a thread");
			break;
		}
	}
	for (size_t i = 0; i < started; i++) {
		pthread_join(c->workers[i].thread, NULL);
		if (c->workers[i].err.code && !err->code)
			*err = c->workers[i].err;
	}
	return err->code;
}
