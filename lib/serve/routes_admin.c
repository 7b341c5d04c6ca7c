/* SPDX-License-Identifier: MIT */
#include "serve/routes_admin.h"

#include "json/encode.h"
#include "node/refuse.h"
#include "serve/exposed.h"

void nos_routes_admin_shown(
    void *state, const struct nos_http_request *r, struct nos_str authorization)
{
	const struct nos_routes_admin *s = state;

	(void)r;
	nos_exposed_take(s->placement, s->store, authorization);
}

bool nos_routes_admin_begin(void *state, struct nos_http_request *r, size_t *ret_max)
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

void nos_routes_admin_fail(void *state, struct nos_http_request *r, unsigned status,
    enum nos_code code, const char *text, unsigned retry_s)
{
	struct nos_err err = { 0 };

	(void)state;
	nos_err_set(&err, code, "%s", text);
	nos_refuse_status(r, &err, status, retry_s);
}

/* The broker alone never makes it 503. */
static void health(const struct nos_routes_admin *s, struct nos_http_request *r)
{
	struct nos_err err;
	enum nos_code code = nos_placement_health(s->placement, &err);

	r->status = code ? 503 : 200;
	r->type = "application/json";
	nos_buf_add_char(&r->out, '{');
	nos_encode_member_text(&r->out, "status", nos_str_of(nos_code_slug(code)));
	if (code)
		nos_encode_member_text(&r->out, "message", nos_str_of(err.text));
	else if (s->has_broker)
		nos_encode_member_text(&r->out, "broker",
		    nos_str_of(nos_placement_is_connected(s->placement) ? "connected" : "away"));
	nos_buf_add_text(&r->out, "}\n");
}

void nos_routes_admin_handle(void *state, struct nos_http_request *r)
{
	struct nos_routes_admin *s = state;

	if (nos_str_is(r->path, "/healthz")) {
		health(s, r);
	} else {
		r->status = 200;
		r->type = "text/plain; version=0.0.4";
		nos_metric_encode(s->metric, s->version, &r->out);
	}
	nos_http_server_answer(s->server, r);
}
