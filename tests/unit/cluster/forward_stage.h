/* SPDX-License-Identifier: MIT */
/*
 * Two servers over real sockets, one test of them at a time: the near one forwards what comes to
 * it, the far one answers: "/later" by a thread that answers in lists, "/hold" when the test says
 * so, "/on" not but by sending it on, all else in the handler.
 */
#ifndef NOS_TEST_FORWARD_STAGE_H
#define NOS_TEST_FORWARD_STAGE_H

#define BODY_MAX 70000
#define OUT_MAX	 80000
#include "../net/http_desk.h"

#include "cluster/forward.h"
#include "cluster/parcel.h"
#include "json/problem.h"
#include "net/http_client.h"

#define MANY  1000
#define KEY   "{\"v\":1,\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"
#define OTHER "{\"v\":1,\"key\":\"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"

static struct nos_http_server *near, *far;
static struct nos_forward *_Atomic out, *_Atomic in; /* of the near one, and of the far one */
static unsigned near_port, far_port;
static char far_url[64];
static const char *_Atomic url; /* that the near one forwards to */

static atomic_uint handled;

/* ---- the far one ---- */

static void fill(struct nos_http_request *r)
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

/* The near one leaves it to the far one to refuse. */
static inline bool begin_all(void *state, struct nos_http_request *r, size_t *ret_max)
{
	(void)state;
	(void)r;
	*ret_max = BODY_MAX + NOS_FORWARD_HEAD_MAX;
	return true;
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
	desk_take(r);
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

static inline unsigned serve(struct nos_http_server **ret, nos_http_handle *then)
{
	struct nos_http_config config = desk_config(then);

	config.loops = 2;
	config.connections = config.requests = 2 * MANY;
	config.begin = begin_all;
	assert_int_equal(nos_http_server_new(&config, ret, &err), NOS_OK);
	return desk_port(*ret);
}

static inline int start(void **state)
{
	(void)state;
	desk_clear();
	atomic_store(&handled, 0);
	in = make(KEY, NOS_FORWARD_MS);
	out = make(KEY, CLIENT_STUCK_S * 1000);
	far_port = serve(&far, handle);
	desk.server = far;
	snprintf(far_url, sizeof(far_url), "http://127.0.0.1:%u/", far_port);
	url = far_url;
	near_port = serve(&near, send_on);
	desk_open();
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	nos_forward_free(out);
	desk_close();
	nos_http_server_free(near);
	nos_http_server_free(far);
	nos_forward_free(in);
	return 0;
}

static inline struct client dial(void)
{
	return dial_port(near_port);
}

#endif
