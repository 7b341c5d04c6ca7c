/* SPDX-License-Identifier: MIT */
#include "node/ingest.h"

#include <string.h>

#include "envelope/header.h"
#include "json/encode.h"
#include "node/exchange.h"
#include "node/problem.h"
#include "node/refuse.h"
#include "registry/token.h"

#define UNPROCESSABLE 422
#define ACCEPTED      202

void nos_ingest_loop_init(struct nos_ingest_loop *l, struct nos_store *store)
{
	*l = (struct nos_ingest_loop){ .store = store };
	l->header.depth = 4;
	l->reading.not_finite = true;
	l->reading.depth = NOS_READING_DEPTH_MAX;
}

void nos_ingest_loop_release(struct nos_ingest_loop *l)
{
	nos_scan_release(&l->header);
	nos_scan_release(&l->reading);
}

static bool is_sealed(const struct nos_http_request *r)
{
	return nos_str_is(r->media, "application/jose");
}

/* The kind of an anonymous source: ?kind=K. */
static bool read_kind(struct nos_str query, char ret[static NOS_NAME_WORD_MAX + 1])
{
	if (!query.len)
		return nos_str_copy(NOS_STR(NOS_TOKEN_KIND), ret, NOS_NAME_WORD_MAX + 1);
	if (!nos_str_starts(query, "kind="))
		return false;
	query.p += 5, query.len -= 5;
	return nos_name_is_kind(query) && nos_str_copy(query, ret, NOS_NAME_WORD_MAX + 1);
}

bool nos_ingest_begin(
    const struct nos_ingest *g, const struct nos_http_request *r, struct nos_err *err)
{
	enum nos_batch_form form;
	char kind[NOS_NAME_WORD_MAX + 1];

	if (r->coding.len && !nos_str_is(r->coding, "identity")) {
		nos_err_set(
		    err, NOS_MEDIA, "content coding '%.*s': send it plain", NOS_STR_ARG(r->coding));
		return false;
	}
	if (is_sealed(r)) {
		if (r->query.len)
			nos_err_set(err, NOS_DATA, "a sealed pack takes no query");
		return !err->code;
	}
	if (!nos_batch_form_parse(r->media, &form))
		nos_err_set(err, NOS_MEDIA,
		    "media type '%.*s': take application/jose, application/json or"
		    " application/x-ndjson",
		    NOS_STR_ARG(r->media));
	else if (!g->anonymous)
		nos_err_set(err, NOS_DENIED, "readings without a seal are not taken here");
	else if (!read_kind(r->query, kind))
		nos_err_set(err, NOS_DATA, "query '%.*s': take kind=NAME", NOS_STR_ARG(r->query));
	return !err->code;
}

/* ---- answers ---- */

static void encode_rejects(struct nos_buf *b, const struct nos_batch *batch)
{
	nos_encode_member(b, "rejected");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < batch->reject_count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "index", batch->rejects[i].index);
		nos_encode_member(b, "error");
		nos_encode_error(b, &batch->rejects[i].err);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
}

/* A source believes an answer by this alone. An answer that cannot be signed is none. */
static void add_receipt(const struct nos_ingest *g, const struct nos_job *job)
{
	struct nos_http_request *r = job->request;
	char receipt[NOS_PACK_RECEIPT_LEN];
	struct nos_err err = { 0 };

	if (!job->key)
		return;
	if (r->out.fail)
		nos_err_set(&err, NOS_INTERNAL, "the answer is too long");
	if (!err.code &&
	    !nos_pack_receipt(&job->key->keys, r->body, nos_buf_span(&r->out), receipt, &err)) {
		nos_http_server_header(r, "Nos-Receipt", receipt);
		return;
	}
	nos_buf_truncate(&r->out, 0);
	nos_refuse_request(g->card, r, &err);
}

/* Refused after its tag was good: settled by a receipt. */
static void refuse_pack(struct nos_ingest *g, struct nos_job *job, const struct nos_err *err)
{
	unsigned status = nos_problem_status(err->code);
	bool empty = job->readable && !job->batch.count && err->code == NOS_DATA;

	nos_refuse_open(g->card, job->request, err, empty ? UNPROCESSABLE : status);
	if (empty)
		encode_rejects(&job->request->out, &job->batch);
	nos_buf_add_char(&job->request->out, '}');
	if (status < 500 && err->code != NOS_TAG)
		add_receipt(g, job);
}

static void count_rejects(struct nos_ingest *g, const struct nos_batch *batch)
{
	for (size_t i = 0; i < batch->reject_count; i++)
		atomic_fetch_add_explicit(
		    &g->metric->rejected[batch->rejects[i].err.code], 1, memory_order_relaxed);
}

/*
 * What the source lacks, compared anew at each contact. Who still sends under a key that was
 * replaced, and for whom nothing waits, has lost what came since: a keyring put back.
 */
static void encode_keys(struct nos_buf *b, const struct nos_job *job)
{
	const struct nos_member *m = job->member;
	bool waits = m->outstanding.len && !job->changed;
	bool lost = job->key->state == NOS_STATE_DEACTIVATED && !m->outstanding.len;
	const struct nos_exchange_word word = { .keys = waits ? nos_buf_str(&m->outstanding)
							      : NOS_STR(""),
		.next = job->next,
		.resync = (m->wants_ask && !job->changed) || lost,
		.identity = m->follows };

	nos_exchange_encode(b, &word);
}

void nos_ingest_answer(struct nos_ingest *g, struct nos_job *job)
{
	struct nos_buf *b = &job->request->out;
	bool fresh = job->verdict == NOS_WINDOW_FRESH;

	if (!job->err.code || job->err.code == NOS_DATA)
		count_rejects(g, &job->batch);
	if (job->err.code) {
		refuse_pack(g, job, &job->err);
		return;
	}
	nos_metric_add(
	    g->metric, fresh ? NOS_METRIC_ACCEPTED : NOS_METRIC_DUPLICATE, job->batch.count);
	job->request->status = ACCEPTED;
	job->request->type = "application/json";
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "accepted", fresh ? job->batch.count : 0);
	nos_encode_member_uint(b, "duplicates", fresh ? 0 : job->batch.count);
	encode_rejects(b, &job->batch);
	if (fresh)
		nos_encode_member_uint(b, "position", job->position);
	if (job->member)
		encode_keys(b, job);
	if (job->verdict == NOS_WINDOW_SAME)
		nos_encode_member_bool(b, "same", true);
	nos_buf_add_char(b, '}');
	add_receipt(g, job);
}

/* ---- a request ---- */

static void fill_raw(struct nos_ingest *g, struct nos_job *job, const struct nos_header *h)
{
	const struct nos_member *m = job->member;
	const struct nos_member_key *k = job->key;
	struct nos_raw *raw = &job->raw;

	snprintf(raw->source, sizeof(raw->source), "%s", m->id);
	snprintf(raw->name, sizeof(raw->name), "%s", m->name);
	snprintf(raw->mode, sizeof(raw->mode), "%s", m->mode);
	snprintf(raw->kind, sizeof(raw->kind), "%s", m->kind);
	snprintf(raw->kid, sizeof(raw->kid), "%s", k->kid);
	raw->seq = h->seq;
	raw->prev = h->has_prev ? h->prev : 0;
	raw->security = (struct nos_rule_security){
		.bits = NOS_PACK_BITS,
		.tag = NOS_PACK_BITS,
		.holders = k->holders,
		.key_age_s = (double)(raw->received.ms - k->since.ms) / 1000,
		.key_period_s = (double)atomic_load(&g->key_period_ms) / 1000,
		.key_state = k->state == NOS_STATE_DEACTIVATED ? NOS_RULE_KEY_DEACTIVATED
							       : NOS_RULE_KEY_ACTIVE,
		.proof = NOS_RULE_PROOF_KEY,
		.open = m->open,
		.fresh = true,
	};
	if (raw->security.key_age_s < 0)
		raw->security.key_age_s = 0; /* the clock went back */
}

/*
 * By which a retry is told from another pack under an old number. It is that of the readings, not
 * of the pack, since a source may have sealed them anew, under another key, for another try.
 */
static enum nos_code hash_text(
    const struct nos_buf *text, uint8_t ret[static NOS_HASH_LEN], struct nos_err *err)
{
	const struct nos_span span = nos_buf_span(text);

	return nos_hash_sha256(&span, 1, ret, err);
}

/* Find the key, decrypt, verify. */
static enum nos_code open_pack(struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_job *job,
    struct nos_header *h, struct nos_err *err)
{
	struct nos_span body = job->request->body;
	struct nos_str jwe = { (const char *)body.p, body.len };
	uint8_t hash[NOS_HASH_LEN];

	if (nos_header_read(
		jwe, NOS_HEADER_PACK, g->limits->of[NOS_LIMIT_PACK], &l->header, h, err) ||
	    nos_member_get(g->members, l->store, g->vault, h->source, &job->member, err))
		return err->code;
	job->key = nos_member_key(job->member, h->kid);
	/* One that was made since the member was read: it may be known by now. */
	if (!job->key && !nos_member_again(g->members, l->store, g->vault, &job->member, err))
		job->key = nos_member_key(job->member, h->kid);
	if (err->code)
		return err->code;
	if (!job->key)
		return nos_err_set(err, NOS_TAG, "does not verify");
	if (nos_pack_open(&job->key->keys, jwe, &job->body, err) ||
	    hash_text(&job->body, hash, err)) {
		job->key = NULL; /* nothing is signed under it */
		return err->code;
	}
	memcpy(job->raw.hash, hash, sizeof(job->raw.hash));
	fill_raw(g, job, h);
	if (!nos_batch_form_parse(nos_str_of(h->cty), &job->raw.form))
		return nos_err_set(err, NOS_MEDIA,
		    "cty '%s': take application/json or application/x-ndjson", h->cty);
	return NOS_OK;
}

static enum nos_code take_open(struct nos_job *job, struct nos_err *err)
{
	const struct nos_http_request *r = job->request;

	if (!nos_batch_form_parse(r->media, &job->raw.form) || !read_kind(r->query, job->raw.kind))
		return nos_err_set(err, NOS_MEDIA, "not a form of readings");
	nos_buf_add(&job->body, r->body.p, r->body.len);
	return nos_buf_check(&job->body, "body", err);
}

static enum nos_code fill(
    struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_job *job, struct nos_err *err)
{
	struct nos_header header;

	job->raw.received = nos_time_now();
	if (is_sealed(job->request) ? open_pack(g, l, job, &header, err) : take_open(job, err))
		return err->code;
	if (nos_batch_decode(&job->batch, job->raw.form, nos_buf_str(&job->body),
		g->limits->of[NOS_LIMIT_READINGS], &l->reading, err))
		return err->code;
	job->readable = true;
	if (job->batch.count)
		return NOS_OK;
	if (!job->batch.reject_count)
		return nos_err_set(err, NOS_DATA, "no reading in it");
	count_rejects(g, &job->batch);
	return nos_err_set(err, NOS_DATA, "no reading is good: %s", job->batch.rejects[0].err.text);
}

struct nos_job *nos_ingest_take(
    struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_http_request *r)
{
	struct nos_job *job = nos_job_new(r, NOS_PACK_MAX);
	struct nos_err err = { 0 };

	if (!job) {
		nos_err_set(&err, NOS_BUSY, "out of memory");
		nos_refuse_request(g->card, r, &err);
		return NULL;
	}
	if (!fill(g, l, job, &err))
		return job;
	refuse_pack(g, job, &err);
	nos_job_free(job, g->members);
	return NULL;
}
