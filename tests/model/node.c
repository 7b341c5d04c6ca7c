/* SPDX-License-Identifier: MIT */
#include "node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "crypto/random.h"
#include "lane/replay.h"
#include "node/refuse.h"
#include "lifecycle/overhaul.h"
#include "lifecycle/recall.h"
#include "serve/polls.h"
#include "shared.h"
#include "world.h"

#define BODY_MAX (1u << 20)
#define KEEP_MS	 (1000 * HOUR_MS) /* of races: longer than they take, and looked after */

/* Global keys, and how many of them the source holds. */
#define POOL 3
#define RING 2

/* Steps of chains that one request may cost: it is tried under the present chain and under an
 * offer's. */
#define STEPS_MAX (2 * (NOS_CHAIN_SKIP_MAX + 1))

static bool working; /* on a request */
static size_t steps;

enum nos_code __real_nos_derive_key(const struct nos_secret *prk, const char *label,
    const struct nos_derive_field *ctx, size_t n, size_t len, struct nos_secret *ret,
    struct nos_err *err);
enum nos_code __wrap_nos_derive_key(const struct nos_secret *prk, const char *label,
    const struct nos_derive_field *ctx, size_t n, size_t len, struct nos_secret *ret,
    struct nos_err *err);

enum nos_code __wrap_nos_derive_key(const struct nos_secret *prk, const char *label,
    const struct nos_derive_field *ctx, size_t n, size_t len, struct nos_secret *ret,
    struct nos_err *err)
{
	if (working && !world.races && strcmp(label, "next") == 0 && ++steps > STEPS_MAX)
		world_wrong("a message costs more than its bound", steps);
	return __real_nos_derive_key(prk, label, ctx, n, len, ret, err);
}

static const struct nos_store_engine *engine(void)
{
	return world.races ? &shared_engine : &memory_engine;
}

static void make(struct node *n, const struct nos_self_policy *policy)
{
	NOS_AUTO(buf) text = { 0 };
	bool changed;

	nos_buf_init_secret(&text, 1024);
	MUST(nos_store_open_engine(engine(), "", true, &n->store, &fault));
	MUST(nos_vault_new(&n->home.vault, &text, &fault));
	MUST(nos_self_make(n->store, &n->home.vault, 1, &fault));
	MUST(nos_self_policy_put(n->store, policy, &fault));
	MUST(nos_globals_resize(
	    n->store, &n->home.vault, POOL, RING, nos_time_now(), &changed, &fault));
}

static void limit(struct node *n)
{
	*n = (struct node){ .keep_ms = world.races ? KEEP_MS : 0 };
	nos_limit_init(&n->limits);
	n->limits.of[NOS_LIMIT_SOURCES] = 64;
}

void node_init(struct node *n, const struct nos_self_policy *policy)
{
	memory_reset();
	limit(n);
	make(n, policy);
	n->view = n->store;
	if (world.races)
		MUST(nos_store_open_engine(engine(), "", false, &n->view, &fault));
	node_up(n);
}

void node_join(struct node *n, const struct node *first)
{
	limit(n);
	n->home.vault = first->home.vault;
	n->view = first->view;
	MUST(nos_store_open_engine(engine(), "", false, &n->store, &fault));
	node_up(n);
}

void node_leave(struct node *n)
{
	node_down(n);
	nos_store_close(n->store);
	nos_vault_release(&n->home.vault);
}

void node_free(struct node *n)
{
	if (n->view != n->store)
		nos_store_close(n->view);
	node_leave(n);
	memory_reset();
}

void node_up(struct node *n)
{
	struct nos_ledger_config config = { .store = n->store,
		.vault = &n->home.vault,
		.limits = &n->limits,
		.metric = &n->metric,
		.node = 1,
		.keep_ms = n->keep_ms };

	memory_fail(-1);
	MUST(nos_self_open(n->store, &n->home.vault, &n->home.self, &fault));
	MUST(nos_card_new(&n->home, false, &n->card, &fault));
	MUST(nos_member_table_new(64, &n->members, &fault));
	config.card = n->card;
	config.members = n->members;
	MUST(nos_ledger_init(&n->ledger, &config, nos_profile_builtin(), &fault));
	MUST(nos_replay_run(&n->ledger, &fault));
	n->ingest = (struct nos_ingest){ .card = n->card,
		.vault = &n->home.vault,
		.limits = &n->limits,
		.members = n->members,
		.metric = &n->metric };
	nos_ingest_loop_init(&n->loop, n->store, &n->metric);
	n->up = true;
	n->torn = false;
}

void node_down(struct node *n)
{
	if (!n->up)
		return;
	nos_ingest_loop_release(&n->loop);
	nos_ledger_release(&n->ledger);
	nos_member_table_free(n->members);
	nos_card_free(n->card);
	nos_self_release(&n->home.self);
	n->up = false;
}

/* ---- requests ---- */

/* As lane/commit.c, where another was quicker and some of a group may be in the store. */
static enum nos_code mend(struct node *n, struct nos_err *err)
{
	const struct nos_ledger_config config = n->ledger.config;

	nos_ledger_release(&n->ledger);
	if (!nos_ledger_init(&n->ledger, &config, nos_profile_builtin(), err))
		(void)!nos_replay_run(&n->ledger, err);
	n->torn = err->code != NOS_OK;
	return err->code;
}

/* The group was not taken: whoever sent it is to come again. */
static bool put_off(struct node *n, struct nos_job *job, const struct nos_err *err)
{
	if (!world.races || (err->code != NOS_BUSY && err->code != NOS_EXISTS))
		world_failed("commit", err);
	world_trace("  a group is put off", err->code);
	n->torn = true;
	if (job && !job->err.code) {
		job->err = *err;
		job->err.code = NOS_BUSY;
	}
	return true;
}

/* One group: false where its commit failed, and the node with it. */
static bool commit(struct node *n, struct nos_job *job)
{
	struct nos_err err = { 0 };

	if (n->torn && mend(n, &err))
		return put_off(n, job, &err);
	n->ledger.idle = !job;
	if (!nos_ledger_commit(&n->ledger, job, &err))
		return true;
	return (world.races || err.code != NOS_IO) && put_off(n, job, &err);
}

static void refuse(struct node *n, struct nos_http_request *r, const struct nos_err *err)
{
	nos_refuse_request(n->card, r, err);
}

/* A job through its group; false: the node died. */
static bool run(struct node *n, struct nos_job *job, struct nos_http_request *r)
{
	bool alive = commit(n, job);

	if (alive && job->kind == NOS_JOB_PACK) {
		nos_ingest_answer(&n->ingest, job);
	} else if (alive && job->err.code) {
		refuse(n, r, &job->err);
	} else if (alive) {
		r->status = job->kind == NOS_JOB_ASK ? 200 : 204;
		nos_buf_truncate(&r->out, 0);
		if (job->kind == NOS_JOB_ASK)
			nos_buf_add_str(&r->out, nos_buf_str(&job->body));
	}
	if (alive && !n->torn)
		nos_ledger_weigh(&n->ledger, job);
	nos_job_free(job, n->members);
	return alive;
}

static bool take_pack(struct node *n, struct nos_http_request *r)
{
	struct nos_err err = { 0 };
	struct nos_job *job;

	if (!nos_ingest_begin(&n->ingest, r, &err)) {
		refuse(n, r, &err);
		return true;
	}
	job = nos_ingest_take(&n->ingest, &n->loop, r);
	return job ? run(n, job, r) : true;
}

static bool take_ack(struct node *n, const char *id, struct nos_http_request *r)
{
	struct nos_job *job = nos_job_new(r, BODY_MAX);

	job->kind = NOS_JOB_ACK;
	snprintf(job->source, sizeof(job->source), "%s", id);
	nos_buf_add(&job->body, r->body.p, r->body.len);
	return run(n, job, r);
}

static void read_ask(struct node *n, struct nos_job *job, struct nos_http_request *r,
    struct nos_record *record, struct nos_err *err)
{
	const struct nos_self *self = nos_card_self(n->card);
	struct nos_time now = nos_time_now();
	struct nos_issuer w;
	uint8_t nonces[NOS_SELF_NONCES][NOS_SELF_NONCE_LEN];
	NOS_AUTO(secret) once = { 0 };
	const struct nos_secret *own;

	for (unsigned i = 0; i < NOS_SELF_NONCES; i++)
		MUST(nos_self_nonce_good(self, now, i, nonces[i], &fault));
	if (nos_registry_get(n->store, &n->home.vault, nos_str_of(job->source), record, err))
		return;
	w = nos_life_world(&n->ledger.life, record, now);
	if (nos_offer_read(&record->a, &w, r->body, nonces, NOS_SELF_NONCES, &job->asked, err) ||
	    job->asked.again)
		return;
	own = nos_self_private(self, job->asked.body.thumbprint, &job->identity);
	if (!own) {
		nos_err_set(err, NOS_TAG, "does not verify");
		return;
	}
	if (nos_ecdh_generate(&once, &job->shared.once, err) ||
	    nos_ecdh_shared(&once, &job->asked.once, &job->shared.once_once, err) ||
	    nos_ecdh_shared(own, &job->asked.once, &job->shared.node_once, err))
		return;
}

static bool take_ask(struct node *n, const char *id, struct nos_http_request *r)
{
	struct nos_job *job = nos_job_new(r, BODY_MAX);
	NOS_AUTO(record) record = { 0 };
	struct nos_err err = { 0 };
	bool again;

	job->kind = NOS_JOB_ASK;
	snprintf(job->source, sizeof(job->source), "%s", id);
	read_ask(n, job, r, &record, &err);
	again = job->asked.again;
	if (!err.code && !again)
		return run(n, job, r);
	if (again) {
		r->status = 200;
		nos_buf_add(&r->out, record.a.offer.answer, record.a.offer.len);
	} else {
		if (err.code != NOS_BUSY)
			nos_err_set(&err, NOS_TAG, "does not verify");
		refuse(n, r, &err);
	}
	nos_job_free(job, n->members);
	return true;
}

void node_life(struct node *n, struct nos_life *ret, struct nos_audit *audit)
{
	NOS_AUTO(self) self = { 0 };

	nos_audit_init(audit, n->view, "model", false);
	MUST(nos_self_open(n->view, &n->home.vault, &self, &fault));
	MUST(nos_life_open(ret, n->view, &n->home.vault, audit, &self, &fault));
}

static void said(void *state, struct nos_http_request *r)
{
	(void)state, (void)r;
}

/* Who proves nothing gets a nonce; none is held. */
static bool take_poll(struct node *n, struct nos_http_request *r)
{
	struct nos_polls polls = { .card = n->card, .answer = said, .closed = true };
	uint8_t tag[NOS_POLL_TAG_LEN];
	struct nos_audit audit;
	struct nos_err err = { 0 };
	NOS_AUTO(life) l = { 0 };

	if (!nos_exchange_proof(r->authorization, tag)) {
		nos_err_set(&err, NOS_TAG, "does not verify");
		refuse(n, r, &err);
		return true;
	}
	node_life(n, &l, &audit);
	nos_polls_take(&polls, &l, r);
	return true;
}

static bool route(struct node *n, const char *path, struct nos_http_request *r)
{
	char id[NOS_RECORD_ID_MAX] = "";
	struct nos_err err = { 0 };
	const char *rest;

	if (strcmp(path, "/v1/data") == 0)
		return take_pack(n, r);
	if (strcmp(path, "/v1/node") == 0) {
		r->status = 200;
		nos_buf_add_str(&r->out, nos_card_document(n->card));
		return true;
	}
	if (strncmp(path, "/v1/sources/", 12) == 0 && (rest = strchr(path + 12, '/')) &&
	    nos_str_copy(
		(struct nos_str){ path + 12, (size_t)(rest - path - 12) }, id, sizeof(id))) {
		if (strcmp(rest, "/acks") == 0)
			return take_ack(n, id, r);
		if (strcmp(rest, "/keys") == 0)
			return take_poll(n, r);
		if (strcmp(rest, "/resync") == 0)
			return take_ask(n, id, r);
	}
	nos_err_set(&err, NOS_TAG, "does not verify");
	refuse(n, r, &err);
	return true;
}

bool node_take(struct node *n, const struct nos_carrier_request *in, struct node_answer *ret)
{
	struct nos_http_request r = { .method = in->body ? NOS_STR("POST") : NOS_STR("GET"),
		.media = nos_str_of(in->media ? in->media : ""),
		.authorization = nos_str_of(in->authorization ? in->authorization : "") };
	char path[NOS_CARRIER_PATH_MAX];
	bool alive;

	r.query = nos_str_of(in->path);
	if (nos_str_cut(&r.query, '?', &r.path))
		nos_str_copy(r.path, path, sizeof(path));
	r.path = nos_str_of(path);
	if (!r.query.p)
		r.query = NOS_STR("");
	if (in->body)
		r.body = *in->body;
	working = true;
	steps = 0;
	nos_buf_init(&r.out, BODY_MAX);
	alive = route(n, path, &r);
	ret->status = r.status;
	ret->receipt[0] = '\0';
	for (size_t i = 0; i < r.header_count; i++)
		if (strcmp(r.headers[i].name, "Nos-Receipt") == 0)
			snprintf(ret->receipt, sizeof(ret->receipt), "%s", r.headers[i].value);
	nos_buf_truncate(&ret->body, 0);
	nos_buf_add_str(&ret->body, nos_buf_str(&r.out));
	nos_buf_release(&r.out);
	working = false;
	if (!alive)
		node_down(n);
	return alive;
}

void node_tick(struct node *n)
{
	if (!commit(n, NULL))
		node_down(n);
}

/* ---- an operator ---- */

void node_change(
    struct node *n, const char *id, nos_life_step *step, void *state, struct nos_record *ret)
{
	struct nos_audit audit;
	NOS_AUTO(life) l = { 0 };

	node_life(n, &l, &audit);
	MUST(nos_store_begin(n->view, &fault));
	nos_audit_begin(&audit);
	MUST(nos_life_change(&l, nos_str_of(id), nos_time_now(), step, state, ret, &fault));
	MUST(nos_store_commit(n->view, &fault));
	memory_touched();
}

uint64_t node_next_life(struct node *n)
{
	NOS_AUTO(buf) row = { 0 };
	struct nos_audit audit;
	NOS_AUTO(life) l = { 0 };
	uint64_t next;

	node_life(n, &l, &audit);
	nos_buf_init(&row, 256);
	MUST(nos_overhaul_restore(&l, "put back", nos_time_now(), &row, &fault));
	MUST(nos_self_life(n->view, &next, &fault));
	memory_touched();
	return next;
}

void node_invalidate(struct node *n, uint64_t domain)
{
	const struct nos_name name = { NOS_POOL_KIND, 1, { domain } };
	struct nos_recall_done done;
	char word[NOS_NAME_TEXT_MAX];
	struct nos_audit audit;
	NOS_AUTO(life) l = { 0 };

	nos_name_format(&name, word);
	node_life(n, &l, &audit);
	MUST(nos_recall_one(
	    &l, nos_card_self(n->card), nos_str_of(word), "stolen", nos_time_now(), &done, &fault));
	memory_touched();
}

uint64_t node_domain(void)
{
	return 1 + world_below(POOL);
}

void node_look(struct node *n, const char *id, struct nos_record *ret)
{
	MUST(nos_registry_get(n->view, &n->home.vault, nos_str_of(id), ret, &fault));
}
