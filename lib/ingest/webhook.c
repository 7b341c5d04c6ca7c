/* SPDX-License-Identifier: MIT */
#include "ingest/webhook.h"

#include "base/log.h"
#include "cluster/aim.h"
#include "ingest/form.h"
#include "net/http_bearer.h"
#include "lifecycle/bearer.h"

bool nos_webhook_is(const struct nos_http_request *r)
{
	struct nos_str token;

	return nos_http_bearer_read(r->authorization, &token) && token.len;
}

static bool is_plain(const struct nos_ingest *g, const struct nos_http_request *r)
{
	return !nos_ingest_tls(g, r).bits;
}

bool nos_webhook_is_taken(
    const struct nos_ingest *g, const struct nos_http_request *r, struct nos_err *err)
{
	if (is_plain(g, r))
		return true;
	if (nos_str_is(r->media, "application/jose"))
		nos_err_set(err, NOS_MEDIA, "a sealed pack takes no token");
	else
		(void)!nos_form_check(g->maps, NOS_FORM_REGISTERED, r->media, r->query, err);
	return !err->code;
}

static enum nos_code refused(struct nos_err *err)
{
	return nos_err_set(err, NOS_TAG, "does not verify");
}

static enum nos_code find(const struct nos_ingest *g, struct nos_ingest_loop *l,
    const struct nos_http_request *r, struct nos_bearer *ret, struct nos_err *err)
{
	struct nos_str token;

	if (nos_aim_check(g->placement, err))
		return err->code;

	if (!nos_http_bearer_read(r->authorization, &token))
		return refused(err);
	return nos_bearer_find(l->store, token, ret, err) == NOS_ABSENT ? refused(err) : err->code;
}

/* Whoever listened has it now. One that is not taken any more is no worse for it. */
static enum nos_code expose(const struct nos_bearer *t, struct nos_job *job, struct nos_err *err)
{
	if (nos_bearer_state_of(t, job->raw.received) != NOS_TOKEN_OPEN)
		return refused(err);
	job->kind = NOS_JOB_EXPOSED;
	snprintf(job->source, sizeof(job->source), "%s", t->id);
	return NOS_OK;
}

/* Whoever listened has it, also where something stands right behind it. */
static enum nos_code look_up(struct nos_store *store, struct nos_str authorization,
    struct nos_bearer *ret, struct nos_err *err)
{
	struct nos_str rest, token;

	if (!nos_http_bearer_read(authorization, &rest))
		return refused(err);
	token = nos_http_bearer_first(rest);
	if (token.len > NOS_BEARER_TEXT_LEN)
		token.len = NOS_BEARER_TEXT_LEN;
	return nos_bearer_find(store, token, ret, err);
}

struct nos_job *nos_webhook_expose(struct nos_store *store, struct nos_str authorization)
{
	struct nos_job *job = NULL;
	struct nos_err err = { 0 };
	struct nos_bearer t;

	if (look_up(store, authorization, &t, &err)) {
		if (err.code == NOS_TAG || err.code == NOS_ABSENT)
			return NULL;
	} else {
		job = nos_job_new(NULL, 0);
		if (!job)
			nos_err_set(&err, NOS_INTERNAL, "out of memory");
	}
	if (!job) {
		nos_log_line(NOS_LOG_WARN, "a bearer token came in plain: %s", err.text);
		return NULL;
	}
	job->raw.received = nos_time_now();
	if (!expose(&t, job, &err))
		return job;
	nos_job_free(job, NULL);
	return NULL;
}

static void describe(const struct nos_ingest *g, struct nos_job *job)
{
	const struct nos_member *m = job->member;
	struct nos_raw *raw = &job->raw;

	snprintf(raw->source, sizeof(raw->source), "%s", nos_member_id(m));
	snprintf(raw->name, sizeof(raw->name), "%s", nos_member_name(m));
	snprintf(raw->mode, sizeof(raw->mode), "%s", nos_member_mode(m));
	snprintf(raw->kind, sizeof(raw->kind), "%s", nos_member_kind(m));
	raw->security = nos_ingest_tls(g, job->request);
	raw->security.proof = NOS_RULE_PROOF_BEARER;
}

enum nos_code nos_webhook_open(
    const struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_job *job, struct nos_err *err)
{
	const struct nos_http_request *r = job->request;
	struct nos_bearer t;

	job->pack = r->body;
	if (find(g, l, r, &t, err))
		return err->code;
	if (is_plain(g, r))
		return expose(&t, job, err);
	if (nos_bearer_state_of(&t, job->raw.received) != NOS_TOKEN_OPEN)
		return refused(err);
	if (nos_aim(g->placement, job, nos_str_of(t.source), err))
		return err->code;
	if (nos_member_get(g->members, l->store, g->vault, t.source, &job->member, err))
		return err->code;
	describe(g, job);
	if (nos_form_take(g->maps, NOS_FORM_REGISTERED, r->media, r->query, job, err))
		return err->code;
	nos_buf_add(&job->body, r->body.p, r->body.len);
	return nos_buf_check(&job->body, "body", err);
}
