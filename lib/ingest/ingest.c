/* SPDX-License-Identifier: MIT */
#include "ingest/ingest.h"

#include <string.h>

#include "base/num.h"
#include "cluster/aim.h"
#include "ingest/exchange.h"
#include "ingest/hops.h"
#include "ingest/webhook.h"
#include "json/encode.h"
#include "json/problem.h"
#include "node/refuse.h"

#define UNPROCESSABLE 422
#define ACCEPTED      202
#define RECEIPT	      "Nos-Receipt"
#define TLS_TAG	      128 /* bits, of each cipher that is taken (net/http_secure.h) */
#define RETRY	      "Retry-After"

void nos_ingest_loop_init(
    struct nos_ingest_loop *l, struct nos_store *store, struct nos_metric *metric)
{
	*l = (struct nos_ingest_loop){ .store = store };
	nos_lap_init(&l->lap, metric, NOS_METRIC_STAGE_HTTP);
	l->header.depth = 4;
	l->reading.not_finite = true;
	l->reading.depth = NOS_READING_DEPTH_MAX;
}

void nos_ingest_loop_release(struct nos_ingest_loop *l)
{
	nos_scan_release(&l->header);
	nos_scan_release(&l->reading);
	nos_job_shelf_release(&l->jobs);
}

/* A proxy has opened it, and so holds the key. */
struct nos_rule_security nos_ingest_tls(
    const struct nos_ingest *g, const struct nos_http_request *r)
{
	const unsigned bits = r->tls_bits ? r->tls_bits : g->proxy_bits;

	if (!bits)
		return (struct nos_rule_security){ 0 };
	return (struct nos_rule_security){
		.bits = bits, .tag = TLS_TAG, .holders = r->tls_bits ? 2 : 3
	};
}

/* Readings in the open. */
static enum nos_code check_open(const struct nos_http_request *r, bool webhook, struct nos_err *err)
{
	/* Who means to be known is not to become nobody without a word. */
	if (!webhook && r->authorization.len)
		return nos_err_set(err, NOS_TAG, "Authorization: take Bearer TOKEN, or send none");
	if (r->foreign.len)
		return nos_err_set(
		    err, NOS_MEDIA, "charset '%.*s': send UTF-8", NOS_STR_ARG(r->foreign));
	return NOS_OK;
}

bool nos_ingest_begin(
    const struct nos_ingest *g, const struct nos_http_request *r, struct nos_err *err)
{
	const bool webhook = nos_webhook_is(r);

	if (r->coding.len && !nos_str_is(r->coding, "identity")) {
		nos_err_set(
		    err, NOS_MEDIA, "content coding '%.*s': send it plain", NOS_STR_ARG(r->coding));
		return false;
	}
	if (!nos_str_is(r->media, "application/jose") && check_open(r, webhook, err))
		return false;
	return webhook ? nos_webhook_is_taken(g, r, err)
		       : nos_hops_is_taken(g, r->media, r->query, err);
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
static void add_receipt(const struct nos_ingest *g, struct nos_http_request *r,
    const struct nos_member_key *key, struct nos_span pack)
{
	char receipt[NOS_PACK_RECEIPT_LEN];
	struct nos_err err = { 0 };

	if (!key)
		return;
	if (r->out.fail)
		nos_err_set(&err, NOS_INTERNAL, "the answer is too long");
	if (!err.code &&
	    !nos_pack_receipt(&key->keys, pack, nos_buf_span(&r->out), receipt, &err)) {
		nos_http_server_header(r, RECEIPT, receipt);
		return;
	}
	nos_buf_truncate(&r->out, 0);
	nos_refuse_request(g->card, r, &err);
}

/* Refused after its tag was good: settled by a receipt. */
static void refuse_pack(const struct nos_ingest *g, struct nos_job *job)
{
	const struct nos_err *err = &job->err;
	unsigned status = nos_problem_status(err->code);
	bool empty = job->readable && !job->batch.count && err->code == NOS_DATA;

	nos_refuse_open(g->card, job->request, err, empty ? UNPROCESSABLE : status);
	if (empty)
		encode_rejects(&job->request->out, &job->batch);
	if (err->code == NOS_TAG && job->order_len)
		nos_encode_member_bytes(&job->request->out, "order", job->order, job->order_len);
	nos_buf_add_char(&job->request->out, '}');
	if (status < 500 && err->code != NOS_TAG)
		add_receipt(g, job->request, job->key, job->pack);
}

static void count_rejects(struct nos_ingest *g, const struct nos_batch *batch)
{
	for (size_t i = 0; i < batch->reject_count; i++)
		atomic_fetch_add_explicit(
		    &g->metric->rejected[batch->rejects[i].err.code], 1, memory_order_relaxed);
}

/*
 * What the source lacks, compared anew at each contact. Who still sends under a key that was
 * replaced, and for whom nothing waits, has lost what came since: a keyring put back. news:
 * what was changed of its keys with this pack.
 */
static void encode_keys(struct nos_buf *b, const struct nos_member *m,
    const struct nos_member_key *key, const struct nos_job_news *news, uint64_t next)
{
	const struct nos_str keys =
	    news->changed ? nos_buf_str(&news->keys) : nos_member_waiting(m);
	bool wants_ask = news->changed ? news->resync : m->wants_ask;
	bool lost = key->state == NOS_STATE_DEACTIVATED && !key->behind && !keys.len;
	/* Who sends under none of its group's is not where that stands, as far as anyone knows. */
	bool at = key->state == NOS_STATE_ACTIVE && key->name.kind != 'p';
	const struct nos_span order = nos_member_order(m);
	const struct nos_exchange_word word = { .keys = keys,
		.order = { order.p, at ? 0 : order.len },
		.next = next,
		.resync = wants_ask || lost,
		.identity = m->follows };

	nos_exchange_encode(b, &word);
}

static void begin_answer(
    struct nos_http_request *r, size_t accepted, size_t duplicates, const struct nos_batch *batch)
{
	r->status = ACCEPTED;
	r->type = "application/json";
	nos_buf_add_char(&r->out, '{');
	nos_encode_member_uint(&r->out, "accepted", accepted);
	nos_encode_member_uint(&r->out, "duplicates", duplicates);
	encode_rejects(&r->out, batch);
}

/* What the innermost is told. */
static void answer_pack(struct nos_ingest *g, struct nos_job *job)
{
	struct nos_buf *b = &job->request->out;
	bool fresh = job->verdict == NOS_WINDOW_FRESH;

	if (job->readable && (!job->err.code || job->err.code == NOS_DATA))
		count_rejects(g, &job->batch);
	if (job->err.code) {
		refuse_pack(g, job);
		return;
	}
	nos_metric_add(
	    g->metric, fresh ? NOS_METRIC_ACCEPTED : NOS_METRIC_DUPLICATE, job->batch.count);
	begin_answer(
	    job->request, fresh ? job->batch.count : 0, fresh ? 0 : job->batch.count, &job->batch);
	if (fresh)
		nos_encode_member_uint(b, "position", job->raw.era + job->position);
	if (fresh && job->lane)
		nos_encode_member_uint(b, "lane", job->lane);
	if (job->key)
		encode_keys(b, job->member, job->key, &job->news, job->next);
	if (job->verdict == NOS_WINDOW_SAME)
		nos_encode_member_bool(b, "same", true);
	nos_buf_add_char(b, '}');
	add_receipt(g, job->request, job->key, job->pack);
}

/* ---- answers through relays ---- */

static const char *header_of(const struct nos_http_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (strcmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

/* The whole answer that stands in r, as a value. */
static void encode_answer(struct nos_buf *b, const struct nos_http_request *r)
{
	const char *receipt = header_of(r, RECEIPT), *retry = header_of(r, RETRY);
	uint64_t retry_s;

	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "status", r->status);
	if (receipt)
		nos_encode_member_text(b, "receipt", nos_str_of(receipt));
	if (retry && nos_num_parse(nos_str_of(retry), 0, UINT32_MAX, &retry_s))
		nos_encode_member_uint(b, "retry", retry_s);
	nos_encode_member_bytes(b, "body", r->out.p, r->out.len);
	nos_buf_add_char(b, '}');
}

/* A frame counts as one reading of its relay's. hop: the answer to what was in it; empty: it was
 * not looked at. */
static void answer_relay(const struct nos_ingest *g, struct nos_http_request *r,
    const struct nos_job_relay *relay, struct nos_str hop)
{
	static const struct nos_batch none;
	bool fresh = relay->verdict == NOS_WINDOW_FRESH;

	nos_buf_truncate(&r->out, 0);
	r->header_count = 0;
	begin_answer(r, fresh, !fresh, &none);
	encode_keys(&r->out, relay->member, relay->key, &relay->news, relay->next);
	if (relay->verdict == NOS_WINDOW_SAME)
		nos_encode_member_bool(&r->out, "same", true);
	if (hop.len) {
		nos_encode_member(&r->out, "hop");
		nos_buf_add_str(&r->out, hop);
	}
	nos_buf_add_char(&r->out, '}');
	add_receipt(g, r, relay->key, relay->pack);
}

/* r has the answer to what was in the relay's frame: now it gets the relay's own. */
static void wrap(
    const struct nos_ingest *g, struct nos_http_request *r, const struct nos_job_relay *relay)
{
	NOS_AUTO(buf) hop = { 0 };

	nos_buf_init(&hop, r->out.max);
	encode_answer(&hop, r);
	/* One that is too long, or could not be made, must not look like a frame that was seen. */
	if (hop.fail) {
		struct nos_err err = { 0 };

		nos_err_set(&err, NOS_INTERNAL, "the answer is too long");
		nos_buf_truncate(&r->out, 0);
		r->header_count = 0;
		nos_refuse_request(g->card, r, &err);
		return;
	}
	answer_relay(g, r, relay, nos_buf_str(&hop));
}

/* Where the way in ended at a relay: its own answer, or its refusal. */
static void answer_end(
    const struct nos_ingest *g, struct nos_http_request *r, const struct nos_job_relay *relay)
{
	if (relay->err.code)
		nos_refuse_request(g->card, r, &relay->err);
	else
		answer_relay(g, r, relay, NOS_STR(""));
}

void nos_ingest_answer(struct nos_ingest *g, struct nos_job *job)
{
	if (job->reached < job->relay_count)
		answer_end(g, job->request, &job->relays[job->reached]);
	else
		answer_pack(g, job);
	for (size_t i = job->reached; i > 0; i--)
		wrap(g, job->request, &job->relays[i - 1]);
}

/* ---- a request ---- */

static enum nos_code open_job(
    struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_job *job, struct nos_err *err)
{
	nos_lap_pack(&l->lap);
	job->raw.received = nos_time_now();
	if (nos_webhook_is(job->request))
		(void)!nos_webhook_open(g, l, job, err);
	else
		(void)!nos_hops_open(g, l, job, err);
	nos_lap_stage(&l->lap, NOS_METRIC_STAGE_OPEN);
	return err->code;
}

static enum nos_code fill(
    struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_job *job, struct nos_err *err)
{
	struct nos_batch_how how;

	if (open_job(g, l, job, err) || job->kind != NOS_JOB_PACK)
		return err->code;
	how = nos_raw_how(&job->raw, job->map ? job->map->map : NULL);
	(void)!nos_batch_decode(&job->batch, &how, nos_buf_str(&job->body),
	    g->limits->of[NOS_LIMIT_READINGS], &l->reading, err);
	nos_lap_stage(&l->lap, NOS_METRIC_STAGE_PARSE);
	if (err->code)
		return err->code;
	job->readable = true;
	if (job->batch.count)
		return NOS_OK;
	if (!job->batch.reject_count)
		return nos_err_set(err, NOS_DATA, "no reading in it");
	return nos_err_set(err, NOS_DATA, "no reading is good: %s", job->batch.rejects[0].err.text);
}

/* Handed to who asks its home for the key: it comes back as a request. */
static bool has_left(struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_job *job)
{
	if (!job->visit.home || !g->visit || l->visiting)
		return false;
	l->kept = g->visit(g->visit_state, job->request, &job->visit);
	if (!l->kept)
		nos_err_set(&job->err, NOS_BUSY, "too many visitors at once");
	return l->kept;
}

struct nos_job *nos_ingest_take(
    struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_http_request *r)
{
	struct nos_job *job = nos_job_take(&l->jobs, r, NOS_PACK_MAX);
	struct nos_err err = { 0 };

	l->kept = false;
	if (!job) {
		nos_err_set(&err, NOS_BUSY, "out of memory");
		nos_refuse_request(g->card, r, &err);
		return NULL;
	}
	/* The numbers of the relays count, whatever is inside. */
	if (!fill(g, l, job, &job->err) || job->elsewhere)
		return job;
	if (job->relay_count && (job->aimed || !nos_aim_relays(g->placement, job, &job->err)))
		return job;
	if (!has_left(g, l, job))
		nos_ingest_answer(g, job);
	nos_job_free(job, g->members);
	return NULL;
}
