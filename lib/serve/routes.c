/* SPDX-License-Identifier: MIT */
#include "serve/routes.h"

#include "base/log.h"
#include "envelope/peer.h"
#include "ingest/exchange.h"
#include "key/keyring.h"
#include "node/refuse.h"
#include "lifecycle/enrol.h"
#include "self/lanes.h"
#include "serve/exposed.h"
#include "serve/word.h"

#define MEDIA_WORD   "application/octet-stream"
#define POLL_RETRY_S 5

static enum nos_metric_path path_of(const struct nos_http_request *r)
{
	static const enum nos_metric_path exchanges[] = {
		[NOS_EXCHANGE_KEYS] = NOS_METRIC_KEYS,
		[NOS_EXCHANGE_ACKS] = NOS_METRIC_ACKS,
		[NOS_EXCHANGE_RESYNC] = NOS_METRIC_RESYNC,
	};
	struct nos_exchange e;

	if (nos_str_is(r->path, "/v1/data"))
		return NOS_METRIC_DATA;
	if (nos_str_is(r->path, "/v1/sources"))
		return NOS_METRIC_SOURCES;
	if (nos_str_is(r->path, NOS_RECORDS_PATH))
		return NOS_METRIC_RECORDS;
	if (nos_str_is(r->path, NOS_PEER_PATH))
		return NOS_METRIC_PEER;
	if (nos_str_is(r->path, NOS_FORWARD_PATH))
		return NOS_METRIC_FORWARD;
	if (nos_exchange_parse(r->path, &e))
		return exchanges[e.what];
	return nos_str_is(r->path, "/v1/node") ? NOS_METRIC_NODE : NOS_METRIC_OTHER;
}

static void count(struct nos_metric *m, const struct nos_http_request *r)
{
	const enum nos_metric_path path = path_of(r);

	nos_metric_request(m, path, r->status);
	/* How long a poll is held says nothing of how quick the node is. */
	if (path != NOS_METRIC_KEYS)
		nos_metric_time(m, NOS_METRIC_TIME_ANSWER, r->since);
}

static void send_answer(struct nos_routes *s, struct nos_http_request *r)
{
	count(s->metric, r);
	nos_http_server_answer(s->server, r);
}

void nos_routes_fail(void *state, struct nos_http_request *r, unsigned status, enum nos_code code,
    const char *text, unsigned retry_s)
{
	struct nos_routes *s = state;
	struct nos_err err = { 0 };

	nos_err_set(&err, code, "%s", text);
	nos_refuse_status(r, &err, status, retry_s);
	count(s->metric, r);
}

void nos_routes_shown(void *state, const struct nos_http_request *r, struct nos_str authorization)
{
	const struct nos_routes *s = state;

	if (!nos_ingest_tls(&s->ingest, r).bits)
		nos_exposed_take(s->placement, s->loops[r->loop].ingest.store, authorization);
}

static bool begin_sources(
    const struct nos_routes *s, struct nos_http_request *r, struct nos_err *err)
{
	if (!nos_refuse_method(r, "POST", err))
		return false;
	if (s->closed)
		nos_err_set(err, NOS_DENIED, "this node takes no registration");
	else if (!nos_str_is(r->media, "application/jose"))
		nos_err_set(err, NOS_MEDIA, "a registration is application/jose");
	return !err->code;
}

/* Where no other node is known there is nobody who could ask. */
static bool begin_peer(const struct nos_routes *s, struct nos_http_request *r, struct nos_err *err)
{
	if (!s->ingest.visit)
		nos_err_set(err, NOS_ABSENT, "nothing is at %.*s", NOS_STR_ARG(r->path));
	else if (!nos_refuse_method(r, "POST", err))
		return false;
	else if (!nos_str_is(r->media, NOS_PEER_MEDIA))
		nos_err_set(err, NOS_MEDIA, "a node's request is " NOS_PEER_MEDIA);
	return !err->code;
}

/* An acknowledgement or an ask. */
static bool begin_word(struct nos_http_request *r, struct nos_err *err)
{
	if (!nos_refuse_method(r, "POST", err))
		return false;
	if (!nos_str_is(r->media, MEDIA_WORD) ||
	    (r->coding.len && !nos_str_is(r->coding, "identity")))
		nos_err_set(err, NOS_MEDIA, "this takes plain " MEDIA_WORD " alone");
	else if (r->query.len)
		nos_err_set(err, NOS_DATA, "this takes no query");
	return !err->code;
}

/* What can prove nothing needs no look at the store, and is told what all others are told. */
static bool begin_poll(struct nos_http_request *r, struct nos_err *err)
{
	uint8_t tag[NOS_POLL_TAG_LEN];
	struct nos_exchange_poll poll;

	if (!nos_refuse_method(r, "GET", err))
		return false;
	if (!nos_exchange_query(r->query, &poll))
		nos_err_set(err, NOS_DATA, "query '%.*s': take wait=SECONDS and after=NUMBER",
		    NOS_STR_ARG(r->query));
	else if (!nos_exchange_proof(r->authorization, tag))
		nos_err_set(err, NOS_TAG, "does not verify");
	return !err->code;
}

/* What another nos-serve of the store sends. */
static bool begin_forward(
    const struct nos_routes *s, struct nos_http_request *r, size_t *ret_max, struct nos_err *err)
{
	if (!s->forward || r->outer)
		nos_err_set(err, NOS_ABSENT, "nothing is at " NOS_FORWARD_PATH);
	else if (nos_refuse_method(r, "POST", err) && !nos_str_is(r->media, NOS_FORWARD_MEDIA))
		nos_err_set(err, NOS_MEDIA, "this takes " NOS_FORWARD_MEDIA " alone");
	*ret_max = s->ingest.limits->of[NOS_LIMIT_PACK] + NOS_FORWARD_HEAD_MAX;
	return !err->code;
}

static bool begin(
    struct nos_routes *s, struct nos_http_request *r, size_t *ret_max, struct nos_err *err)
{
	*ret_max = 0;
	switch (path_of(r)) {
	case NOS_METRIC_DATA:
		*ret_max = s->ingest.limits->of[NOS_LIMIT_PACK];
		return nos_refuse_method(r, "POST", err) && nos_ingest_begin(&s->ingest, r, err);
	case NOS_METRIC_SOURCES:
		*ret_max = NOS_ENROL_M1_MAX;
		return begin_sources(s, r, err);
	case NOS_METRIC_NODE:
		return nos_refuse_method(r, "GET", err);
	case NOS_METRIC_KEYS:
		return begin_poll(r, err);
	case NOS_METRIC_RECORDS:
		return nos_records_begin(&s->records, r, err);
	case NOS_METRIC_PEER:
		*ret_max = NOS_PEER_MAX;
		return begin_peer(s, r, err);
	case NOS_METRIC_ACKS:
		*ret_max = NOS_KEYRING_ACK_MAX;
		return begin_word(r, err);
	case NOS_METRIC_RESYNC:
		*ret_max = NOS_ASK_MAX;
		return begin_word(r, err);
	case NOS_METRIC_FORWARD:
		return begin_forward(s, r, ret_max, err);
	case NOS_METRIC_OTHER:
	case NOS_METRIC_PATH_COUNT:
		break;
	}
	nos_err_set(err, NOS_ABSENT, "nothing is at %.*s", NOS_STR_ARG(r->path));
	return false;
}

/* What would wait for servers until it fails is told at once. Readings and words of sources are
 * where their lane is, or not. */
static enum nos_code check_store(
    const struct nos_routes *s, const struct nos_http_request *r, struct nos_err *err)
{
	const enum nos_metric_path path = path_of(r);
	const bool writes = path == NOS_METRIC_SOURCES || path == NOS_METRIC_PEER;

	return writes || path == NOS_METRIC_KEYS ? nos_placement_check(s->placement, writes, err)
						 : NOS_OK;
}

bool nos_routes_begin(void *state, struct nos_http_request *r, size_t *ret_max)
{
	struct nos_routes *s = state;
	struct nos_err err = { 0 };

	if (begin(s, r, ret_max, &err) && !check_store(s, r, &err))
		return true;
	if (!r->status)
		nos_refuse_request(s->card, r, &err);
	count(s->metric, r);
	return false;
}

/* False: there is no room, and the answer is in r. */
static bool hand_to_control(
    struct nos_routes *s, struct nos_http_request *r, enum nos_control_kind kind)
{
	struct nos_err err = { 0 };

	if (nos_control_submit(s->control, r, kind))
		return true;
	nos_err_set(&err, NOS_BUSY,
	    kind == NOS_CONTROL_POLL   ? "too many polls at once"
	    : kind == NOS_CONTROL_ASK  ? "too many asks at once"
	    : kind == NOS_CONTROL_PEER ? "too many requests of nodes at once"
				       : "too many registrations at once");
	nos_refuse_status(r, &err, 503, kind == NOS_CONTROL_POLL ? POLL_RETRY_S : 1);
	return false;
}

static struct nos_job *take_ack(const struct nos_routes *s, struct nos_http_request *r)
{
	struct nos_exchange e = { 0 };

	return nos_exchange_parse(r->path, &e) ? nos_word_take_ack(s->card, e.id, r) : NULL;
}

static void show_node(const struct nos_routes *s, struct nos_http_request *r)
{
	r->status = 200;
	r->type = "application/json";
	nos_buf_add_str(&r->out, nos_card_document(s->card));
}

/* ---- lanes ---- */

/* Of whom it is, where its path or query says so. */
static bool find_id(
    const struct nos_routes *s, const struct nos_http_request *r, char ret[static NOS_TRACK_ID_MAX])
{
	struct nos_exchange e = { 0 };

	if (nos_str_is(r->path, NOS_RECORDS_PATH))
		return nos_records_track(&s->records, r, ret);
	if (!nos_exchange_parse(r->path, &e) || e.what == NOS_EXCHANGE_KEYS)
		return false;
	snprintf(ret, NOS_TRACK_ID_MAX, "%s", e.id);
	return true;
}

/* Its lane is not here. What came from another goes no further: it was mistaken of who has it. */
static void send_elsewhere(struct nos_routes *s, struct nos_http_request *r, unsigned lane)
{
	char url[NOS_LEASE_URL_MAX];
	struct nos_err err = { 0 };

	if (s->forward && !r->outer && nos_placement_url(s->placement, lane, url)) {
		nos_forward_send(s->forward, r, url);
		return;
	}
	nos_placement_why(s->placement, lane, &err);
	nos_refuse_request(s->card, r, &err);
	send_answer(s, r);
}

/* False: it is dealt with. What only a committer can tell is told where its lane is. */
static bool aim(struct nos_routes *s, struct nos_http_request *r, unsigned *ret_lane)
{
	char id[NOS_TRACK_ID_MAX];
	struct nos_err err = { 0 };

	*ret_lane = 0;
	if ((s->lanes == 1 && nos_placement_has(s->placement, 0)) || !find_id(s, r, id))
		return true;
	if (nos_lanes_of(s->lanes, nos_str_of(id), ret_lane, &err)) {
		nos_refuse_request(s->card, r, &err);
		send_answer(s, r);
		return false;
	}
	if (nos_placement_has(s->placement, *ret_lane))
		return true;
	send_elsewhere(s, r, *ret_lane);
	return false;
}

/* ---- requests ---- */

static void take_data(struct nos_routes *s, struct nos_http_request *r)
{
	struct nos_ingest_loop *l = &s->loops[r->loop].ingest;
	struct nos_job *job = nos_ingest_take(&s->ingest, l, r);

	if (!job) {
		if (!l->kept)
			send_answer(s, r);
	} else if (job->elsewhere) {
		const unsigned lane = job->lane;

		nos_job_free(job, s->ingest.members);
		send_elsewhere(s, r, lane);
	} else {
		nos_loop_take(&s->loops[r->loop], job);
	}
}

void nos_routes_visited(void *state, struct nos_http_request *r, struct nos_job *job)
{
	struct nos_routes *s = state;
	const unsigned lane = job->lane;

	if (!job->elsewhere) {
		nos_placement_submit(s->placement, lane, job, 1);
		return;
	}
	nos_job_free(job, s->ingest.members);
	send_elsewhere(s, r, lane);
}

/* What is in it is treated as what comes by itself, and its answer answers r. */
static void take_forwarded(struct nos_routes *s, struct nos_http_request *r)
{
	struct nos_http_request *inner = nos_forward_open(s->forward, r);

	if (!inner)
		send_answer(s, r);
	else if (!nos_forward_admit(inner, s, nos_routes_begin, nos_routes_fail))
		nos_http_server_answer(s->server, inner);
	else
		nos_routes_handle(s, inner);
}

void nos_routes_handle(void *state, struct nos_http_request *r)
{
	struct nos_routes *s = state;
	struct nos_job *job = NULL;
	bool kept = false;
	unsigned lane;

	if (!aim(s, r, &lane))
		return;
	switch (path_of(r)) {
	case NOS_METRIC_DATA:
		take_data(s, r);
		return;
	case NOS_METRIC_FORWARD:
		take_forwarded(s, r);
		return;
	case NOS_METRIC_ACKS:
		job = take_ack(s, r);
		break;
	case NOS_METRIC_SOURCES:
		kept = hand_to_control(s, r, NOS_CONTROL_REGISTRATION);
		break;
	case NOS_METRIC_PEER:
		kept = hand_to_control(s, r, NOS_CONTROL_PEER);
		break;
	case NOS_METRIC_RESYNC:
		kept = nos_word_is_ask(r) && hand_to_control(s, r, NOS_CONTROL_ASK);
		break;
	case NOS_METRIC_RECORDS:
		job = nos_records_take(&s->records, r);
		break;
	case NOS_METRIC_KEYS:
		kept = hand_to_control(s, r, NOS_CONTROL_POLL);
		break;
	case NOS_METRIC_NODE:
	case NOS_METRIC_OTHER:
	case NOS_METRIC_PATH_COUNT:
		show_node(s, r);
		break;
	}
	if (job) {
		job->lane = lane;
		nos_loop_take(&s->loops[r->loop], job);
	} else if (!kept) {
		send_answer(s, r);
	}
}

void nos_routes_turn(void *state, unsigned loop)
{
	struct nos_routes *s = state;

	nos_loop_turn(&s->loops[loop], s->placement);
}

/* False: on its way to the control thread, which answers it. */
static bool answer_job(struct nos_routes *s, struct nos_job *job)
{
	switch (job->kind) {
	case NOS_JOB_PACK:
		nos_ingest_answer(&s->ingest, job);
		return true;
	case NOS_JOB_NEWEST:
		if (!nos_records_found(job))
			return true;
		if (nos_control_submit(s->control, job->request, NOS_CONTROL_RECORDS))
			return false;
		nos_records_answer(NULL, job->request);
		return true;
	case NOS_JOB_ACK:
	case NOS_JOB_ASK:
	case NOS_JOB_EXPOSED:
		break;
	}
	nos_word_answer(s->card, job);
	return true;
}

/* Nobody waits for it. */
static void complain(const struct nos_job *job)
{
	if (job->err.code != NOS_TAG)
		nos_log_line(NOS_LOG_WARN,
		    "a bearer token came in plain, and is still taken: %s: %s", job->source,
		    job->err.text);
}

void nos_routes_committed(void *state, struct nos_job *list)
{
	struct nos_routes *s = state;
	struct nos_http_request *answers = NULL, **tail = &answers;

	for (struct nos_job *job = list; job; job = job->link) {
		if (!job->request) {
			complain(job);
			continue;
		}
		if (!answer_job(s, job)) {
			job->request = NULL;
			continue;
		}
		count(s->metric, job->request);
		job->request->next = NULL;
		*tail = job->request;
		tail = &job->request->next;
		job->request = NULL;
	}
	nos_http_server_answer_list(s->server, answers);
}

void nos_routes_controlled(void *state, struct nos_http_request *r)
{
	send_answer(state, r);
}

void nos_routes_forwarded(void *state, struct nos_http_request *r)
{
	send_answer(state, r);
}
