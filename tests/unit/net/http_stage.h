/* SPDX-License-Identifier: MIT */
/*
 * A server over real sockets for the tests of this room, one at a time. "/now" is answered in the
 * handler, "/turn" at the loop's turn, "/hold" when the test says so, "/nowhere" by begin, and
 * everything else by a thread that answers in lists.
 */
#ifndef NOS_TEST_HTTP_STAGE_H
#define NOS_TEST_HTTP_STAGE_H

#define BODY_MAX 1000
#define OUT_MAX	 3000
#include "http_desk.h"

static struct nos_http_server *server;
static unsigned port;

static struct nos_http_request *at_turn[2]; /* each touched by its loop alone */

static void fill(struct nos_http_request *r)
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
	desk_take(r);
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

static inline struct nos_http_config usual(void)
{
	struct nos_http_config ret = desk_config(handle);

	ret.shown = shown;
	ret.turn = turn;
	return ret;
}

static inline void serve(const struct nos_http_config *config)
{
	desk_clear();
	seen[0] = '\0';
	assert_int_equal(nos_http_server_new(config, &server, &err), NOS_OK);
	desk.server = server;
	port = desk_port(server);
	desk_open();
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
	desk_close();
	nos_http_server_free(server);
	server = NULL;
	return 0;
}

static inline struct client dial(void)
{
	return dial_port(port);
}

/* ---- a hundred requests in one piece, whose answers come from everywhere ---- */

static const char *const hundred_paths[] = { "/now", "/turn", "/later" };

static inline void hundred_add(struct nos_buf *text)
{
	for (int i = 0; i < 100; i++)
		nos_buf_addf(text, "POST %s?%d HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%d",
		    hundred_paths[i % 3], i, i < 10 ? 1 : 2, i);
}

static inline void hundred_assert(int i, const struct answer *a)
{
	char want[50];

	snprintf(want, sizeof(want), "POST %s?%d 0 [%d]", hundred_paths[i % 3], i, i);
	assert_string_equal(a->body, want);
}

#define USUAL(f) cmocka_unit_test_setup_teardown(f, usual_start, stop)
#define OWN(f)	 cmocka_unit_test_teardown(f, stop)

#endif
