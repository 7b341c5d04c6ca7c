/* SPDX-License-Identifier: MIT */
/*
 * Two servers over real sockets, one test of them at a time: the near one forwards what comes to
 * it, the far one answers: "/later" by a thread that answers in lists, "/hold" when the test says
 * so, "/on" not but by sending it on, all else in the handler.
 */
#ifndef NOS_TEST_FORWARD_STAGE_H
#define NOS_TEST_FORWARD_STAGE_H

#include "cluster/forward.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "../net/http_client.h"
#include "cluster/parcel.h"
#include "json/problem.h"
#include "net/http_client.h"

#define BODY_MAX 70000
#define OUT_MAX	 80000
#define MANY	 1000
#define KEY	 "{\"v\":1,\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"
#define OTHER	 "{\"v\":1,\"key\":\"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"

static struct nos_err err;
static struct nos_http_server *near, *far;
static struct nos_forward *_Atomic out, *_Atomic in; /* of the near one, and of the far one */
static unsigned near_port, far_port;
static char far_url[64];
static const char *_Atomic url; /* that the near one forwards to */

/* Between the far one's loops, the thread that answers, and the test. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct nos_http_request *later, **tail;
	struct nos_http_request *held;
	bool stop;
} desk = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
static pthread_t answerer;
static atomic_uint handled;

/* ---- the far one ---- */

static inline void fill(struct nos_http_request *r)
{
	r->status = 202;
	r->type = "application/json";
	nos_buf_addf(&r->out, "%.*s %.*s?%.*s %.*s|%.*s|%.*s|%.*s|%.*s %u %d %zu ",
	    NOS_STR_ARG(r->method), NOS_STR_ARG(r->path), NOS_STR_ARG(r->query),
	    NOS_STR_ARG(r->media), NOS_STR_ARG(r->foreign), NOS_STR_ARG(r->coding),
	    NOS_STR_ARG(r->authorization), NOS_STR_ARG(r->via), r->tls_bits, r->local, r->body.len);
	nos_buf_add(&r->out, r->body.p, r->body.len);
	if (nos_str_is(r->path, "/refused")) {
		r->status = 503;
		r->type = NOS_PROBLEM_TYPE;
		nos_http_server_header(r, "Nos-Receipt", "abc");
		nos_http_server_header(r, "Retry-After", "7");
		nos_http_server_header(r, "Allow", "GET");
		nos_http_server_header(r, "WWW-Authenticate", "Bearer");
	}
	if (nos_str_is(r->path, "/empty")) {
		r->status = 204;
		r->type = NULL;
		nos_buf_truncate(&r->out, 0);
	}
	if (nos_str_is(r->path, "/large"))
		nos_buf_extend(&r->out, OUT_MAX);
}

static inline bool begin(void *state, struct nos_http_request *r, size_t *ret_max)
{
	(void)state;
	*ret_max = BODY_MAX;
	if (!nos_str_is(r->path, "/nowhere"))
		return true;
	r->status = 404;
	nos_buf_add_text(&r->out, "nowhere");
	return false;
}

/* The near one leaves it to the far one to refuse. */
static inline bool begin_all(void *state, struct nos_http_request *r, size_t *ret_max)
{
	(void)state;
	(void)r;
	*ret_max = BODY_MAX + NOS_FORWARD_HEAD_MAX;
	return true;
}

static inline void failed(void *state, struct nos_http_request *r, unsigned status,
    enum nos_code code, const char *text, unsigned retry_s)
{
	(void)state;
	(void)retry_s;
	r->status = status;
	nos_buf_addf(&r->out, "%s: %s", nos_code_slug(code), text);
}

static inline void put_by(struct nos_http_request *r)
{
	pthread_mutex_lock(&desk.lock);
	if (nos_str_is(r->path, "/hold")) {
		desk.held = r;
	} else {
		r->next = NULL;
		*desk.tail = r;
		desk.tail = &r->next;
	}
	pthread_cond_broadcast(&desk.changed);
	pthread_mutex_unlock(&desk.lock);
}

static inline void handle_inner(struct nos_http_request *r)
{
	atomic_fetch_add(&handled, 1);
	if (nos_str_is(r->path, "/on")) {
		nos_forward_send(in, r, url);
		return;
	}
	if (!nos_str_is(r->path, "/later") && !nos_str_is(r->path, "/hold")) {
		fill(r);
		nos_http_server_answer(far, r);
		return;
	}
	put_by(r);
}

static nos_http_close *close_well;

static inline void close_spoiled(struct nos_http_request *r)
{
	struct nos_buf *sealed = &r->outer->out; /* r will be gone */

	close_well(r);
	sealed->p[sealed->len / 2] ^= 1;
}

/* Keep what came for the test, which looks once its answer is there. */
static struct nos_buf came;
static atomic_bool keep, spoil;

static inline void handle(void *state, struct nos_http_request *r)
{
	struct nos_http_request *inner;

	if (atomic_load(&keep))
		nos_buf_add(&came, r->body.p, r->body.len);
	inner = nos_forward_open(in, r);
	if (inner && atomic_load(&spoil)) {
		close_well = inner->close;
		inner->close = close_spoiled;
	}
	if (!inner)
		nos_http_server_answer(far, r);
	else if (!nos_forward_admit(inner, state, begin, failed))
		nos_http_server_answer(far, inner);
	else
		handle_inner(inner);
}

/* As a committer does: all that is there, in one list. */
static inline void *answer_later(void *state)
{
	struct nos_http_request *list;

	for (;;) {
		pthread_mutex_lock(&desk.lock);
		while (!desk.later && !desk.stop)
			pthread_cond_wait(&desk.changed, &desk.lock);
		list = desk.later;
		desk.later = NULL;
		desk.tail = &desk.later;
		pthread_mutex_unlock(&desk.lock);
		if (!list)
			return state;
		for (struct nos_http_request *r = list; r; r = r->next)
			fill(r);
		nos_http_server_answer_list(far, list);
	}
}

static inline void wait_held(void)
{
	pthread_mutex_lock(&desk.lock);
	while (!desk.held)
		pthread_cond_wait(&desk.changed, &desk.lock);
	pthread_mutex_unlock(&desk.lock);
}

static inline void release_held(void)
{
	fill(desk.held);
	nos_http_server_answer(far, desk.held);
	desk.held = NULL;
}

/* ---- the near one ---- */

static inline void send_on(void *state, struct nos_http_request *r)
{
	(void)state;
	nos_forward_send(out, r, url);
}

static inline void answered(void *state, struct nos_http_request *r)
{
	(void)state;
	nos_http_server_answer(r->outer ? far : near, r);
}

/* ---- both ---- */

static inline struct nos_forward *make(const char *key, uint64_t total_ms)
{
	NOS_AUTO(vault) vault = { 0 };
	const struct nos_forward_config config = {
		.vault = &vault, .at_once = 64, .total_ms = total_ms, .answer = answered
	};
	struct nos_forward *ret;

	assert_int_equal(nos_vault_decode(nos_str_of(key), &vault, &err), NOS_OK);
	assert_int_equal(nos_forward_new(&config, &ret, &err), NOS_OK);
	return ret;
}

static inline unsigned serve(
    struct nos_http_server **ret, nos_http_begin *first, nos_http_handle *then)
{
	static const char *const here[] = { "127.0.0.1:0" };
	const struct nos_http_config config = { .listen = here,
		.listen_count = 1,
		.loops = 2,
		.connections = 2 * MANY,
		.requests = 2 * MANY,
		.idle_s = CLIENT_STUCK_S,
		.total_s = CLIENT_STUCK_S,
		.out_max = OUT_MAX,
		.thread_name = "http",
		.begin = first,
		.fail = failed,
		.handle = then };

	assert_int_equal(nos_http_server_new(&config, ret, &err), NOS_OK);
	return (unsigned)strtoul(strrchr(nos_http_server_address(*ret, 0), ':') + 1, NULL, 10);
}

static inline int start(void **state)
{
	(void)state;
	desk.tail = &desk.later;
	desk.stop = false;
	atomic_store(&handled, 0);
	in = make(KEY, NOS_FORWARD_MS);
	out = make(KEY, CLIENT_STUCK_S * 1000);
	far_port = serve(&far, begin_all, handle);
	snprintf(far_url, sizeof(far_url), "http://127.0.0.1:%u/", far_port);
	url = far_url;
	near_port = serve(&near, begin_all, send_on);
	assert_int_equal(pthread_create(&answerer, NULL, answer_later, NULL), 0);
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	nos_forward_free(out);
	pthread_mutex_lock(&desk.lock);
	desk.stop = true;
	pthread_cond_broadcast(&desk.changed);
	pthread_mutex_unlock(&desk.lock);
	pthread_join(answerer, NULL);
	nos_http_server_free(near);
	nos_http_server_free(far);
	nos_forward_free(in);
	return 0;
}

static inline struct client dial(void)
{
	struct client c = { .fd = client_dial("127.0.0.1", near_port) };

	assert_true(c.fd >= 0);
	return c;
}

static inline struct answer ask(struct client *c, const char *text)
{
	client_send(c, text);
	return client_read(c, true);
}

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST(path) "POST " path " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"

#endif
