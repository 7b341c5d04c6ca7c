/* SPDX-License-Identifier: MIT */
/*
 * What the stages of servers have in common: how a server begins with a request and refuses one;
 * where requests wait for an answer that is not the handler's, "/hold" until the test says so, all
 * else for a thread that answers in lists, as a committer does; and what a client says. The stage
 * has fill(), which makes an answer, and says BODY_MAX and OUT_MAX before.
 */
#ifndef NOS_TEST_HTTP_DESK_H
#define NOS_TEST_HTTP_DESK_H

#include "net/http_server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "http_client.h"

#define HELD_MAX   10
#define GET(path)  "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST(path) "POST " path " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"

static struct nos_err err;

/* Between the loops, the thread that answers, and the test. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct nos_http_request *later, **tail;
	struct nos_http_request *held[HELD_MAX];
	unsigned held_count;
	bool stop;
	struct nos_http_server *server; /* which answers; set before one waits */
	pthread_t answerer;
} desk = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void fill(struct nos_http_request *r);

static inline void desk_take(struct nos_http_request *r)
{
	pthread_mutex_lock(&desk.lock);
	if (nos_str_is(r->path, "/hold")) {
		desk.held[desk.held_count++] = r;
	} else {
		r->next = NULL;
		*desk.tail = r;
		desk.tail = &r->next;
	}
	pthread_cond_broadcast(&desk.changed);
	pthread_mutex_unlock(&desk.lock);
}

/* All that is there, in one list. */
static inline void *desk_answer(void *state)
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
		nos_http_server_answer_list(desk.server, list);
	}
}

/* Before a server is there whose requests come here. */
static inline void desk_clear(void)
{
	desk.tail = &desk.later;
	desk.stop = false;
}

static inline void desk_open(void)
{
	assert_int_equal(pthread_create(&desk.answerer, NULL, desk_answer, NULL), 0);
}

static inline void desk_close(void)
{
	pthread_mutex_lock(&desk.lock);
	desk.stop = true;
	pthread_cond_broadcast(&desk.changed);
	pthread_mutex_unlock(&desk.lock);
	pthread_join(desk.answerer, NULL);
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
		nos_http_server_answer(desk.server, desk.held[i]);
	}
	desk.held_count = 0;
}

/* ---- a server ---- */

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

static const char *const here[] = { "127.0.0.1:0" };

/* On a port that is free; the handler is the stage's. */
static inline struct nos_http_config desk_config(nos_http_handle *handle)
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
		.begin = begin,
		.fail = failed,
		.handle = handle };
}

/* ---- a client ---- */

static inline unsigned desk_port(const struct nos_http_server *server)
{
	const char *address = nos_http_server_address(server, 0);

	return (unsigned)strtoul(strrchr(address, ':') + 1, NULL, 10);
}

static inline struct client dial_port(unsigned port)
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

#endif
