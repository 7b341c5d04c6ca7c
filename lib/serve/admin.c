/* SPDX-License-Identifier: MIT */
#include "serve/admin.h"

#include <stdlib.h>

#include "json/encode.h"
#include "net/http_server.h"
#include "node/refuse.h"
#include "serve/exposed.h"

#define ANSWER_MAX  (1u << 20) /* bytes */
#define CONNECTIONS 64

struct nos_admin {
	struct nos_admin_config config;
	struct nos_http_server *server;
	struct nos_store *store; /* its loop's own */
};

static void shown(void *state, const struct nos_http_request *r, struct nos_str authorization)
{
	const struct nos_admin *a = state;

	(void)r;
	nos_exposed_take(a->config.placement, a->store, authorization);
}

static bool begin(void *state, struct nos_http_request *r, size_t *ret_max)
{
	struct nos_err err = { 0 };

	(void)state;
	*ret_max = 0;
	if (!nos_str_is(r->path, "/healthz") && !nos_str_is(r->path, "/metrics")) {
		nos_err_set(&err, NOS_ABSENT, "nothing is at %.*s", NOS_STR_ARG(r->path));
		nos_refuse_status(r, &err, 404, 0);
		return false;
	}
	return nos_refuse_method(r, "GET", &err);
}

static void fail(void *state, struct nos_http_request *r, unsigned status, enum nos_code code,
    const char *text, unsigned retry_s)
{
	struct nos_err err = { 0 };

	(void)state;
	nos_err_set(&err, code, "%s", text);
	nos_refuse_status(r, &err, status, retry_s);
}

/* The broker alone never makes it 503. */
static void health(const struct nos_admin *a, struct nos_http_request *r)
{
	struct nos_err err;
	enum nos_code code = nos_placement_health(a->config.placement, &err);

	r->status = code ? 503 : 200;
	r->type = "application/json";
	nos_buf_add_char(&r->out, '{');
	nos_encode_member_text(&r->out, "status", nos_str_of(nos_code_slug(code)));
	if (code)
		nos_encode_member_text(&r->out, "message", nos_str_of(err.text));
	else if (a->config.has_broker)
		nos_encode_member_text(&r->out, "broker",
		    nos_str_of(
			nos_placement_is_connected(a->config.placement) ? "connected" : "away"));
	nos_buf_add_text(&r->out, "}\n");
}

static void handle(void *state, struct nos_http_request *r)
{
	struct nos_admin *a = state;

	if (nos_str_is(r->path, "/healthz")) {
		health(a, r);
	} else {
		r->status = 200;
		r->type = "text/plain; version=0.0.4";
		nos_metric_encode(a->config.metric, a->config.version, &r->out);
	}
	nos_http_server_answer(a->server, r);
}

static enum nos_code start(struct nos_admin *a, struct nos_err *err)
{
	const struct nos_admin_config *f = &a->config;
	const struct nos_http_config http = { .listen = &f->address,
		.listen_count = 1,
		.loops = 1,
		.connections = CONNECTIONS,
		.requests = CONNECTIONS,
		.idle_s = (unsigned)f->limits->of[NOS_LIMIT_IDLE],
		.total_s = (unsigned)f->limits->of[NOS_LIMIT_REQUEST_TIME],
		.out_max = ANSWER_MAX,
		.thread_name = "nos-admin",
		.state = a,
		.shown = shown,
		.begin = begin,
		.fail = fail,
		.handle = handle };

	return nos_store_open(&f->store, false, &a->store, err)
		   ? err->code
		   : nos_http_server_new(&http, &a->server, err);
}

enum nos_code nos_admin_new(
    const struct nos_admin_config *config, struct nos_admin **ret, struct nos_err *err)
{
	struct nos_admin *a = calloc(1, sizeof(*a));

	if (!a)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	a->config = *config;
	if (start(a, err)) {
		nos_admin_free(a);
		return err->code;
	}
	*ret = a;
	return NOS_OK;
}

const char *nos_admin_address(const struct nos_admin *a)
{
	return nos_http_server_address(a->server, 0);
}

void nos_admin_free(struct nos_admin *a)
{
	if (!a)
		return;
	nos_http_server_free(a->server);
	nos_store_close(a->store);
	free(a);
}
