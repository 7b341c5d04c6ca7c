/* SPDX-License-Identifier: MIT */
#include "node/routes.h"

#include "json/encode.h"
#include "registry/enrol.h"
#include "node/problem.h"

static enum nos_metric_path path_of(const struct nos_http_request *r)
{
	if (nos_str_is(r->path, "/v1/data"))
		return NOS_METRIC_DATA;
	if (nos_str_is(r->path, "/v1/sources"))
		return NOS_METRIC_SOURCES;
	return nos_str_is(r->path, "/v1/node") ? NOS_METRIC_NODE : NOS_METRIC_OTHER;
}

static void count(struct nos_metric *m, const struct nos_http_request *r)
{
	nos_metric_request(m, path_of(r), r->status);
	nos_metric_time(m, NOS_METRIC_TIME_ANSWER, r->since);
}

static void send_answer(struct nos_routes *s, struct nos_http_request *r)
{
	count(s->metric, r);
	nos_http_server_answer(s->server, r);
}

static void fill_problem(
    struct nos_http_request *r, const struct nos_err *err, unsigned status, unsigned retry_s)
{
	char text[16];

	r->status = status;
	r->type = NOS_PROBLEM_TYPE;
	nos_problem_encode(&r->out, err, status, false);
	if (!retry_s)
		return;
	snprintf(text, sizeof(text), "%u", retry_s);
	nos_http_server_header(r, "Retry-After", text);
}

void nos_routes_fail(void *state, struct nos_http_request *r, unsigned status, enum nos_code code,
    const char *text, unsigned retry_s)
{
	struct nos_routes *s = state;
	struct nos_err err = { 0 };

	nos_err_set(&err, code, "%s", text);
	fill_problem(r, &err, status, retry_s);
	count(s->metric, r);
}

void nos_routes_refuse(void *state, struct nos_http_request *r, const struct nos_err *err)
{
	struct nos_routes *s = state;

	nos_ingest_refuse(&s->ingest, r, err);
}

/* The method that a path takes; the answer to another. */
static bool is_method(struct nos_http_request *r, const char *method, struct nos_err *err)
{
	if (nos_str_is(r->method, method))
		return true;
	nos_err_set(err, NOS_USAGE, "%.*s takes %s alone", NOS_STR_ARG(r->path), method);
	fill_problem(r, err, 405, 0);
	nos_http_server_header(r, "Allow", method);
	return false;
}

static bool begin_sources(
    const struct nos_routes *s, struct nos_http_request *r, struct nos_err *err)
{
	if (!is_method(r, "POST", err))
		return false;
	if (s->closed)
		nos_err_set(err, NOS_DENIED, "this node takes no registration");
	else if (!nos_str_is(r->media, "application/jose"))
		nos_err_set(err, NOS_MEDIA, "a registration is application/jose");
	return !err->code;
}

bool nos_routes_begin(void *state, struct nos_http_request *r, size_t *ret_max)
{
	struct nos_routes *s = state;
	struct nos_err err = { 0 };
	bool good = false;

	*ret_max = 0;
	switch (path_of(r)) {
	case NOS_METRIC_DATA:
		*ret_max = s->ingest.limits->of[NOS_LIMIT_PACK];
		good = is_method(r, "POST", &err) && nos_ingest_begin(&s->ingest, r, &err);
		break;
	case NOS_METRIC_SOURCES:
		*ret_max = NOS_ENROL_M1_MAX;
		good = begin_sources(s, r, &err);
		break;
	case NOS_METRIC_NODE:
		good = is_method(r, "GET", &err);
		break;
	case NOS_METRIC_OTHER:
	case NOS_METRIC_PATH_COUNT:
		nos_err_set(&err, NOS_ABSENT, "nothing is at %.*s", NOS_STR_ARG(r->path));
		break;
	}
	if (good)
		return true;
	if (!r->status)
		nos_ingest_refuse(&s->ingest, r, &err);
	count(s->metric, r);
	return false;
}

void nos_routes_handle(void *state, struct nos_http_request *r)
{
	struct nos_routes *s = state;
	struct nos_routes_loop *l = &s->loops[r->loop];
	struct nos_err err = { 0 };
	struct nos_job *job;

	switch (path_of(r)) {
	case NOS_METRIC_DATA:
		job = nos_ingest_take(&s->ingest, &l->ingest, r);
		if (!job)
			break;
		*l->tail = job;
		l->tail = &job->link;
		l->count++;
		return;
	case NOS_METRIC_SOURCES:
		if (nos_admit_submit(s->admit, r))
			return;
		nos_err_set(&err, NOS_BUSY, "too many registrations at once");
		fill_problem(r, &err, 503, 1);
		break;
	case NOS_METRIC_NODE:
	case NOS_METRIC_OTHER:
	case NOS_METRIC_PATH_COUNT:
		r->status = 200;
		r->type = "application/json";
		nos_buf_add_str(&r->out, nos_card_document(s->card));
		break;
	}
	send_answer(s, r);
}

void nos_routes_turn(void *state, unsigned loop)
{
	struct nos_routes *s = state;
	struct nos_routes_loop *l = &s->loops[loop];

	if (!l->count)
		return;
	nos_commit_submit(s->commit, l->jobs, l->count);
	l->jobs = NULL;
	l->tail = &l->jobs;
	l->count = 0;
}

void nos_routes_committed(void *state, struct nos_job *list)
{
	struct nos_routes *s = state;
	struct nos_http_request *answers = NULL, **tail = &answers;

	for (struct nos_job *job = list; job; job = job->link) {
		nos_ingest_answer(&s->ingest, job);
		count(s->metric, job->request);
		job->request->next = NULL;
		*tail = job->request;
		tail = &job->request->next;
		job->request = NULL;
	}
	nos_http_server_answer_list(s->server, answers);
}

void nos_routes_admitted(void *state, struct nos_http_request *r)
{
	send_answer(state, r);
}

/* ---- the admin listener ---- */

bool nos_routes_admin_begin(void *state, struct nos_http_request *r, size_t *ret_max)
{
	struct nos_err err = { 0 };

	(void)state;
	*ret_max = 0;
	if (!nos_str_is(r->path, "/healthz") && !nos_str_is(r->path, "/metrics")) {
		nos_err_set(&err, NOS_ABSENT, "nothing is at %.*s", NOS_STR_ARG(r->path));
		fill_problem(r, &err, 404, 0);
		return false;
	}
	return is_method(r, "GET", &err);
}

void nos_routes_admin_fail(void *state, struct nos_http_request *r, unsigned status,
    enum nos_code code, const char *text, unsigned retry_s)
{
	struct nos_err err = { 0 };

	(void)state;
	nos_err_set(&err, code, "%s", text);
	fill_problem(r, &err, status, retry_s);
}

/* The broker alone never makes it 503. */
static void health(const struct nos_routes_admin *s, struct nos_http_request *r)
{
	struct nos_err err;
	enum nos_code code = nos_commit_health(s->commit, &err);

	r->status = code ? 503 : 200;
	r->type = "application/json";
	nos_buf_add_char(&r->out, '{');
	nos_encode_member_text(&r->out, "status", nos_str_of(nos_code_slug(code)));
	if (code)
		nos_encode_member_text(&r->out, "message", nos_str_of(err.text));
	else if (s->has_broker)
		nos_encode_member_text(&r->out, "broker",
		    nos_str_of(nos_publish_is_connected(s->publish) ? "connected" : "away"));
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
