/* SPDX-License-Identifier: MIT */
/*
 * A server over real sockets for the tests of this room, one at a time. "/now" is answered in the
 * handler, "/turn" at the loop's turn, "/hold" when the test says so, "/nowhere" by begin, and
 * everything else by a thread that answers in lists.
 */
#ifndef NOS_TEST_HTTP_STAGE_H
#define NOS_TEST_HTTP_STAGE_H

#include "net/http_server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "http_client.h"

#define BODY_MAX 1000
#define OUT_MAX	 3000

static struct nos_err err;
static struct nos_http_server *server;
static unsigned port;

/* Between the loops, the thread that answers, and the test. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct nos_http_request *later, **tail;
	struct nos_http_request *held[10];
	unsigned held_count;
	bool stop;
} desk = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
static pthread_t answerer;
static struct nos_http_request *at_turn[2]; /* each touched by its loop alone */

static inline void fill(struct nos_http_request *r)
{
	r->status = 200;
	r->type = "text/plain";
	nos_buf_addf(&r->out, "%.*s %.*s?%.*s %u [%.*s]", NOS_STR_ARG(r->method),
	    NOS_STR_ARG(r->path), NOS_STR_ARG(r->query), r->loop, (int)r->body.len,
	    (const char *)r->body.p);
	if (nos_str_is(r->path, "/headers")) {
		nos_buf_truncate(&r->out, 0);
		nos_buf_addf(&r->out, "%.*s|%.*s|%.*s|%.*s|%.*s", NOS_STR_ARG(r->media),
		    NOS_STR_ARG(r->foreign), NOS_STR_ARG(r->coding), NOS_STR_ARG(r->authorization),
		    NOS_STR_ARG(r->via));
		nos_http_server_header(r, "X-Broken", "a\r\nX-Smuggled: b");
	}
	if (nos_str_is(r->path, "/under")) {
		nos_buf_truncate(&r->out, 0);
		nos_buf_addf(&r->out, "%u %s", r->tls_bits, r->local ? "local" : "far");
	}
	if (nos_str_is(r->path, "/large"))
		nos_buf_extend(&r->out, OUT_MAX);
	if (nos_str_is(r->path, "/empty")) {
		r->status = 204;
		r->type = NULL;
		nos_buf_truncate(&r->out, 0);
	}
}

/* What was shown, each with a line break; guarded by the desk's lock. */
static char seen[1000];

static inline void shown(
    void *state, const struct nos_http_request *r, struct nos_str authorization)
{
	size_t len;

	(void)state;
	(void)r;
	pthread_mutex_lock(&desk.lock);
	len = strlen(seen);
	snprintf(seen + len, sizeof(seen) - len, "%.*s\n", NOS_STR_ARG(authorization));
	pthread_cond_broadcast(&desk.changed);
	pthread_mutex_unlock(&desk.lock);
}

/* Until this was shown; then it is as if nothing had been. */
static inline void wait_seen(const char *text)
{
	pthread_mutex_lock(&desk.lock);
	while (strcmp(seen, text) != 0)
		pthread_cond_wait(&desk.changed, &desk.lock);
	seen[0] = '\0';
	pthread_mutex_unlock(&desk.lock);
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

static inline void failed(void *state, struct nos_http_request *r, unsigned status,
    enum nos_code code, const char *text, unsigned retry_s)
{
	char retry[20];

	(void)state;
	r->status = status;
	r->type = "application/problem+json";
	nos_buf_addf(&r->out, "%s: %s", nos_code_slug(code), text);
	snprintf(retry, sizeof(retry), "%u", retry_s);
	if (retry_s)
		nos_http_server_header(r, "Retry-After", retry);
}

static inline void handle(void *state, struct nos_http_request *r)
{
	(void)state;
	if (nos_str_is(r->path, "/now")) {
		fill(r);
		nos_http_server_answer(server, r);
		return;
	}
	if (nos_str_is(r->path, "/turn")) {
		r->next = at_turn[r->loop];
		at_turn[r->loop] = r;
		return;
	}
	pthread_mutex_lock(&desk.lock);
	if (nos_str_is(r->path, "/hold")) {
		desk.held[desk.held_count++] = r;
	} else {
		*desk.tail = r;
		desk.tail = &r->next;
		r->next = NULL;
	}
	pthread_cond_broadcast(&desk.changed);
	pthread_mutex_unlock(&desk.lock);
}

static inline void turn(void *state, unsigned loop)
{
	struct nos_http_request *list = at_turn[loop];

	(void)state;
	at_turn[loop] = NULL;
	for (struct nos_http_request *r = list; r; r = r->next)
		fill(r);
	nos_http_server_answer_list(server, list);
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
		nos_http_server_answer_list(server, list);
	}
}

static inline void wait_held(unsigned count)
{
	pthread_mutex_lock(&desk.lock);
	while (desk.held_count < count)
		pthread_cond_wait(&desk.changed, &desk.lock);
	pthread_mutex_unlock(&desk.lock);
}

static inline void release_held(void)
{
	for (unsigned i = 0; i < desk.held_count; i++) {
		fill(desk.held[i]);
		nos_http_server_answer(server, desk.held[i]);
	}
	desk.held_count = 0;
}

static const char *const here[] = { "127.0.0.1:0" };

static inline struct nos_http_config usual(void)
{
	return (struct nos_http_config){ .listen = here,
		.listen_count = 1,
		.loops = 1,
		.connections = 1000,
		.requests = 1000,
		.idle_s = CLIENT_STUCK_S,
		.total_s = CLIENT_STUCK_S,
		.out_max = OUT_MAX,
		.thread_name = "http",
		.shown = shown,
		.begin = begin,
		.fail = failed,
		.handle = handle,
		.turn = turn };
}

static inline void serve(const struct nos_http_config *config)
{
	const char *address;

	desk.tail = &desk.later;
	desk.stop = false;
	seen[0] = '\0';
	assert_int_equal(nos_http_server_new(config, &server, &err), NOS_OK);
	address = nos_http_server_address(server, 0);
	port = (unsigned)strtoul(strrchr(address, ':') + 1, NULL, 10);
	assert_int_equal(pthread_create(&answerer, NULL, answer_later, NULL), 0);
}

static inline int usual_start(void **state)
{
	struct nos_http_config config = usual();

	(void)state;
	serve(&config);
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	release_held();
	pthread_mutex_lock(&desk.lock);
	desk.stop = true;
	pthread_cond_broadcast(&desk.changed);
	pthread_mutex_unlock(&desk.lock);
	pthread_join(answerer, NULL);
	nos_http_server_free(server);
	server = NULL;
	return 0;
}

static inline struct client dial(void)
{
	struct client c = { .fd = client_dial("127.0.0.1", port) };

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

#define USUAL(f) cmocka_unit_test_setup_teardown(f, usual_start, stop)
#define OWN(f)	 cmocka_unit_test_teardown(f, stop)

#endif
