/* SPDX-License-Identifier: MIT */
#include "cluster/forward.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/log.h"
#include "cluster/parcel.h"
#include "cluster/wrap.h"
#include "net/http_multi.h"
#include "net/url.h"
#include "node/refuse.h"

#define CONNECT_MS  5000
#define LOG_GAP_US  1000000
#define URL_MAX	    (NOS_URL_MAX + sizeof(NOS_FORWARD_PATH))
#define ANSWER_MORE 8192 /* bytes of a sealed answer beyond the body within it */
#define SPARE	    512	 /* bytes that most have beyond the body: all is put down once */
#define UNAVAILABLE 503
#define RETRY_S	    1

struct nos_forward {
	struct nos_forward_config config;
	struct nos_parcel parcel;
	struct nos_http_multi *multi;
	atomic_uint_fast64_t logged; /* when, by the monotonic clock */
	atomic_uint quiet;	     /* what was not logged since */
};

/* A request on its way to another. */
struct sent {
	struct nos_http_multi_call call; /* first: a pointer to it is one to this */
	struct nos_http_request *request;
	struct nos_parcel_id id;
	struct nos_buf body;
	char url[];
};

/* A request that came within another. */
struct inner {
	struct nos_http_request request; /* first: a pointer to it is one to this */
	struct nos_forward *forward;
	struct nos_parcel_id id;
	struct nos_buf text; /* opened; what the request's views are of */
};

/* Not more than a line a second, whatever fails. */
static void complain(struct nos_forward *f, const char *what, const struct nos_err *err)
{
	const uint64_t now = nos_mono_now().us;
	uint64_t last = atomic_load(&f->logged);
	unsigned quiet;

	if ((last && now - last < LOG_GAP_US) ||
	    !atomic_compare_exchange_strong(&f->logged, &last, now)) {
		atomic_fetch_add(&f->quiet, 1);
		return;
	}
	quiet = atomic_exchange(&f->quiet, 0);
	if (quiet)
		nos_log_line(NOS_LOG_WARN, "%s: %s; and %u more before", what, err->text, quiet);
	else
		nos_log_line(NOS_LOG_WARN, "%s: %s", what, err->text);
}

/* ---- out ---- */

static void refuse_away(struct nos_http_request *r)
{
	struct nos_err err = { 0 };

	nos_err_set(&err, NOS_AWAY, "the node that has this source is not reached");
	nos_buf_truncate(&r->out, 0);
	r->header_count = 0;
	nos_refuse_status(r, &err, UNAVAILABLE, RETRY_S);
}

static void drop_sent(struct sent *s)
{
	nos_buf_release(&s->call.answer);
	nos_buf_release(&s->body);
	free(s);
}

/* What came for s is an answer to it, which is put into its request. */
static enum nos_code take_answer(struct nos_forward *f, struct sent *s, struct nos_err *err)
{
	const struct nos_http_multi_call *call = &s->call;
	struct nos_parcel_id id;
	NOS_AUTO(buf) text = { 0 };
	struct nos_span span;

	if (call->err.code)
		return nos_err_set(err, call->err.code, "%s", call->err.text);
	if (call->status != 200 || strcmp(call->media_came, NOS_FORWARD_MEDIA) != 0)
		return nos_err_set(err, NOS_AWAY, "%s: refused with %u", s->url, call->status);
	nos_buf_init_secret(&text, call->answer.len);
	if (nos_parcel_open(&f->parcel, &s->id, nos_buf_span(&call->answer), nos_time_now(), &text,
		&span, &id, err) ||
	    nos_wrap_answer_decode(span, s->request, err))
		return nos_err_within(err, "%s: the answer", s->url);
	return NOS_OK;
}

static void arrived(void *state, struct nos_http_multi_call *call)
{
	struct nos_forward *f = state;
	struct sent *s = (struct sent *)call;
	struct nos_http_request *r = s->request;
	struct nos_err err = { 0 };

	if (take_answer(f, s, &err)) {
		complain(f, "forwarding", &err);
		refuse_away(r);
	}
	drop_sent(s);
	f->config.answer(f->config.state, r);
}

/* NULL: out of memory, or r cannot be sealed. */
static struct sent *make_sent(
    struct nos_forward *f, struct nos_http_request *r, const char *url, struct nos_err *err)
{
	struct sent *s = calloc(1, sizeof(*s) + URL_MAX);
	NOS_AUTO(buf) whole = { 0 };

	if (!s) {
		nos_err_set(err, NOS_INTERNAL, "out of memory");
		return NULL;
	}
	nos_buf_init(&whole, URL_MAX - 1);
	nos_url_join(&whole, url, NOS_FORWARD_PATH);
	s->request = r;
	nos_buf_init_secret(&s->body, r->body.len + NOS_FORWARD_HEAD_MAX);
	nos_buf_init(&s->call.answer, r->out.max + ANSWER_MORE);
	nos_buf_reserve(&s->body, r->body.len + SPARE);
	nos_parcel_begin(&s->body, nos_time_now());
	nos_wrap_request(&s->body, r);
	if (nos_buf_check(&whole, "a URL", err) ||
	    nos_parcel_seal(&f->parcel, NULL, &s->body, &s->id, err)) {
		drop_sent(s);
		return NULL;
	}
	memcpy(s->url, whole.p, whole.len + 1);
	s->call.url = s->url;
	s->call.media = NOS_FORWARD_MEDIA;
	s->call.body = nos_buf_span(&s->body);
	s->call.total_ms = f->config.total_ms;
	return s;
}

void nos_forward_send(struct nos_forward *f, struct nos_http_request *r, const char *url)
{
	struct nos_err err = { 0 };
	struct sent *s;

	if (r->outer)
		nos_err_set(&err, NOS_DENIED, "for another node again: not forwarded twice");
	s = r->outer ? NULL : make_sent(f, r, url, &err);
	if (s) {
		nos_http_multi_submit(f->multi, &s->call);
		return;
	}
	complain(f, "forwarding", &err);
	refuse_away(r);
	f->config.answer(f->config.state, r);
}

/* ---- in ---- */

/* As a server does with an answer that is too large. */
static void check_answer(struct nos_http_request *r)
{
	struct nos_err err = { 0 };

	if (!r->out.fail)
		return;
	nos_err_set(&err, NOS_INTERNAL, "the answer is too large");
	nos_buf_truncate(&r->out, 0);
	r->header_count = 0;
	nos_refuse_status(r, &err, 500, 0);
}

static void release_inner(struct inner *in)
{
	nos_buf_release(&in->request.out);
	nos_buf_release(&in->text);
	free(in);
}

/* net/http_server.h's. */
static void close_inner(struct nos_http_request *r)
{
	struct inner *in = (struct inner *)r;
	struct nos_http_request *outer = r->outer;
	struct nos_buf *out = &outer->out;
	struct nos_parcel_id id;
	struct nos_err err = { 0 };

	check_answer(r);
	nos_buf_release(out);
	nos_buf_init(out, r->out.len + ANSWER_MORE);
	nos_buf_reserve(out, r->out.len + SPARE);
	nos_parcel_begin(out, nos_time_now());
	nos_wrap_answer(out, r);
	outer->status = 200;
	outer->type = NOS_FORWARD_MEDIA;
	if (nos_parcel_seal(&in->forward->parcel, &in->id, out, &id, &err)) {
		nos_buf_truncate(out, 0);
		nos_refuse_status(outer, &err, 500, 0);
	}
	release_inner(in);
}

static enum nos_code open_inner(struct inner *in, struct nos_err *err)
{
	struct nos_http_request *r = &in->request, *outer = r->outer;
	struct nos_span text;

	nos_buf_init_secret(&in->text, outer->body.len);
	nos_buf_init(&r->out, outer->out.max);
	if (nos_parcel_open(&in->forward->parcel, NULL, outer->body, nos_time_now(), &in->text,
		&text, &in->id, err) ||
	    nos_wrap_request_decode(text, r, err))
		return err->code;
	if (nos_str_is(r->path, NOS_FORWARD_PATH))
		return nos_err_set(err, NOS_DENIED, "it was forwarded twice");
	return NOS_OK;
}

/* Who has no key is told nothing, and fills no log. */
static void refuse_outer(
    struct nos_forward *f, struct nos_http_request *outer, const struct nos_err *err)
{
	struct nos_err shown = { 0 };

	if (err->code != NOS_TAG)
		complain(f, "a forwarded request is refused", err);
	nos_err_set(&shown, NOS_DENIED, "does not verify, or is not new");
	nos_refuse_status(outer, &shown, 403, 0);
}

struct nos_http_request *nos_forward_open(struct nos_forward *f, struct nos_http_request *outer)
{
	struct inner *in = calloc(1, sizeof(*in));
	struct nos_err err = { 0 };

	if (!in) {
		nos_err_set(&err, NOS_BUSY, "out of memory");
		nos_refuse_status(outer, &err, UNAVAILABLE, RETRY_S);
		return NULL;
	}
	in->forward = f;
	in->request.outer = outer;
	in->request.close = close_inner;
	in->request.loop = outer->loop;
	in->request.since = outer->since;
	if (!open_inner(in, &err))
		return &in->request;
	release_inner(in);
	refuse_outer(f, outer, &err);
	return NULL;
}

bool nos_forward_admit(
    struct nos_http_request *inner, void *state, nos_http_begin *begin, nos_http_fail *fail)
{
	char text[64];
	size_t max = 0;

	if (!begin(state, inner, &max))
		return false;
	nos_buf_truncate(&inner->out, 0);
	inner->status = 0;
	inner->type = NULL;
	inner->header_count = 0;
	if (inner->body.len <= max)
		return true;
	snprintf(text, sizeof(text), "the body is over %zu bytes", max);
	fail(state, inner, 413, NOS_LARGE, text, 0);
	return false;
}

/* ---- */

enum nos_code nos_forward_new(
    const struct nos_forward_config *config, struct nos_forward **ret, struct nos_err *err)
{
	struct nos_forward *f = calloc(1, sizeof(*f));
	const struct nos_http_multi_config multi = { .ca = config->ca,
		.connect_ms = config->total_ms < CONNECT_MS ? config->total_ms : CONNECT_MS,
		.at_once = config->at_once,
		.thread_name = "nos-forward",
		.state = f,
		.done = arrived };

	if (!f)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	f->config = *config;
	f->config.vault = NULL;
	f->config.ca = NULL;
	if (nos_parcel_init(&f->parcel, config->vault, nos_time_now(), err) ||
	    nos_http_multi_new(&multi, &f->multi, err)) {
		nos_forward_free(f);
		return err->code;
	}
	*ret = f;
	return NOS_OK;
}

void nos_forward_free(struct nos_forward *f)
{
	if (!f)
		return;
	nos_http_multi_free(f->multi);
	nos_parcel_release(&f->parcel);
	free(f);
}
