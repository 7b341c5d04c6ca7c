/* SPDX-License-Identifier: MIT */
#include "source/relay_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "source/inquiry.h"
#include "source/relay_queue.h"
#include "source/relay_reply.h"
#include "source/relay_trace.h"
#include "source/route.h"

#define CONNECT_MS	  10000
#define AUTHORIZATION_MAX 128

struct worker {
	struct nos_relay_pool *pool;
	pthread_t thread;
	bool started;
	struct nos_http_client *client;
	struct nos_carrier carrier;
	struct nos_route route;
	struct nos_http_answer answer;
};

struct nos_relay_pool {
	struct nos_relay_pool_config config;
	struct worker *workers;
	volatile int cut; /* atomic: libcurl looks at it */
	struct nos_relay_queue queue;
};

/* ---- a request ---- */

/* What a request says, terminated. */
struct asked {
	struct nos_carrier_request q;
	struct nos_span body;
	char path[NOS_CARRIER_PATH_MAX + 1];
	char media[64];
	char authorization[AUTHORIZATION_MAX + 1];
};

static bool read_asked(const struct nos_http_request *r, uint64_t most_ms, struct asked *ret)
{
	const bool has_query = r->query.len != 0;

	*ret = (struct asked){ .q = { .path = ret->path, .media = ret->media, .most_ms = most_ms },
		.body = r->body };
	if (nos_str_is(r->method, "POST"))
		ret->q.body = &ret->body;
	if (r->authorization.len)
		ret->q.authorization = ret->authorization;
	return snprintf(ret->path, sizeof(ret->path), "%.*s%s%.*s", NOS_STR_ARG(r->path),
		   has_query ? "?" : "", NOS_STR_ARG(r->query)) < (int)sizeof(ret->path) &&
	       nos_str_copy(r->media, ret->media, sizeof(ret->media)) &&
	       nos_str_copy(r->authorization, ret->authorization, sizeof(ret->authorization));
}

/* To each URL in turn, until one is reached. */
static enum nos_code pass_on(struct worker *w, struct asked *a, struct nos_err *err)
{
	const struct nos_relay_pool_config *f = &w->pool->config;

	for (size_t i = 0; i < f->url_count; i++) {
		a->q.url = f->urls[i];
		nos_err_clear(err);
		if (nos_carrier_send(&w->carrier, &a->q, &w->answer, err) != NOS_AWAY)
			break;
	}
	return err->code;
}

static void reply_failed(struct nos_http_request *r, const struct nos_err *why)
{
	struct nos_err err = { 0 };

	if (why->code == NOS_AWAY) {
		nos_relay_reply_away(r, why);
		return;
	}
	if (why->code == NOS_BUSY)
		nos_err_set(&err, NOS_BUSY, "this relay ends");
	else
		nos_err_set(&err, why->code, "%s", why->text);
	nos_relay_reply_error(r, &err, 0);
}

static void reply(struct worker *w, struct nos_http_request *r)
{
	const struct nos_str relay = nos_str_of(w->pool->config.id);
	struct nos_err err = { 0 };

	if (!nos_str_is(r->path, "/v1/node") || w->answer.status != 200) {
		nos_relay_reply_pass(r, &w->answer);
	} else if (nos_relay_reply_name(&r->out, nos_buf_str(&w->answer.body), relay, &err)) {
		err.code = NOS_AWAY;
		reply_failed(r, &err);
	} else {
		r->status = 200;
		r->type = "application/json";
	}
}

static void handle(struct worker *w, struct nos_http_request *r)
{
	struct nos_relay_pool *p = w->pool;
	struct nos_err err = { 0 };
	struct asked asked;

	nos_relay_trace_set(w->client, r->via, p->config.id);
	if (!read_asked(r, p->config.answer_ms, &asked))
		nos_err_set(&err, NOS_DATA, "a header or the path is too long");
	else
		(void)!pass_on(w, &asked, &err);
	explicit_bzero(asked.authorization, sizeof(asked.authorization));
	if (err.code)
		reply_failed(r, &err);
	else
		reply(w, r);
	p->config.answer(p->config.state, r);
}

/* ---- threads ---- */

static void *run(void *state)
{
	struct worker *w = state;
	struct nos_relay_queue *q = &w->pool->queue;
	struct nos_http_request *r;

	while ((r = nos_relay_queue_await(q))) {
		handle(w, r);
		nos_relay_queue_done(q);
	}
	return NULL;
}

static void refuse_late(void *state, struct nos_http_request *r)
{
	const struct nos_relay_pool *p = state;

	nos_relay_reply_late(r);
	p->config.answer(p->config.state, r);
}

static enum nos_code open_worker(struct worker *w, struct nos_err *err)
{
	const struct nos_relay_pool_config *f = &w->pool->config;
	const struct nos_http_client_config http = { .ca = f->ca,
		.connect_ms = f->via_count ? NOS_ROUTE_CONNECT_MS : CONNECT_MS,
		.total_ms = f->answer_ms,
		.answer_max = NOS_INQUIRY_ANSWER_MAX,
		.stop = &w->pool->cut };
	struct nos_carrier straight;

	nos_buf_init(&w->answer.body, NOS_INQUIRY_ANSWER_MAX);
	if (nos_http_client_new(&http, &w->client, err))
		return err->code;
	straight = nos_carrier_straight(w->client);
	nos_route_init(&w->route, &straight, NULL, f->via, f->via_count);
	w->route.pin = f->pin;
	w->carrier = f->via_count ? nos_route_carrier(&w->route) : straight;
	return NOS_OK;
}

static enum nos_code start_worker(struct worker *w, struct nos_err *err)
{
	sigset_t all, before;
	int errnum;

	if (open_worker(w, err))
		return err->code;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->started = !errnum;
	if (errnum)
		return nos_err_set_errno(err, NOS_INTERNAL, errnum, "a thread");
	pthread_setname_np(w->thread, w->pool->config.name);
	return NOS_OK;
}

/* ---- from outside ---- */

enum nos_code nos_relay_pool_new(
    const struct nos_relay_pool_config *config, struct nos_relay_pool **ret, struct nos_err *err)
{
	struct nos_relay_pool *p = calloc(1, sizeof(*p));

	if (p)
		p->workers = calloc(config->threads, sizeof(*p->workers));
	if (!p || !p->workers) {
		free(p);
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	p->config = *config;
	p->queue = (struct nos_relay_queue){
		.max = config->threads + config->waiting, .state = p, .late = refuse_late
	};
	if (nos_relay_queue_start(&p->queue, err)) {
		nos_relay_pool_free(p);
		return err->code;
	}
	for (unsigned i = 0; i < config->threads; i++) {
		p->workers[i].pool = p;
		if (start_worker(&p->workers[i], err)) {
			nos_relay_pool_free(p);
			return err->code;
		}
	}
	*ret = p;
	return NOS_OK;
}

static void release(struct worker *w)
{
	if (w->started)
		pthread_join(w->thread, NULL);
	nos_route_release(&w->route);
	nos_http_client_free(w->client);
	nos_buf_release(&w->answer.body);
}

void nos_relay_pool_free(struct nos_relay_pool *p)
{
	if (!p)
		return;
	nos_relay_queue_end(&p->queue);
	for (unsigned i = 0; i < p->config.threads; i++)
		release(&p->workers[i]);
	nos_relay_queue_release(&p->queue);
	free(p->workers);
	free(p);
}

bool nos_relay_pool_submit(struct nos_relay_pool *p, struct nos_http_request *r)
{
	return nos_relay_queue_put(&p->queue, r);
}

void nos_relay_pool_cut(struct nos_relay_pool *p)
{
	__atomic_store_n(&p->cut, 1, __ATOMIC_RELAXED);
}
