/* SPDX-License-Identifier: MIT */
#include "serve/polls.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "json/encode.h"
#include "json/problem.h"
#include "node/refuse.h"
#include "lifecycle/member.h"
#include "scheme/place.h"

#define REVOKED 403
#define AT_ONCE 500 /* polls whose records are looked at in one go */

struct nos_polls_poll {
	struct nos_http_request *request;
	struct nos_polls_poll *prev, *next;
	struct nos_mono until;
	uint64_t rev;		   /* of the record when it was read */
	uint64_t group, group_rev; /* and of its group; 0: none */
	struct nos_exchange_poll query;
	char id[NOS_RECORD_ID_MAX];
	uint8_t tag[NOS_POLL_TAG_LEN];
	/* By which it was proved, and its answer will be. */
	struct nos_secret q;
	uint8_t nonce[NOS_POLL_NONCE_LEN];
	unsigned which; /* number of q (scheme/issuer.h) */
	bool changed;	/* its record or its group is another than it was */
};

static void drop(struct nos_polls_poll *h)
{
	nos_secret_release(&h->q);
	free(h);
}

static void put_in(struct nos_polls *p, struct nos_polls_poll *h)
{
	h->prev = p->last;
	if (p->last)
		p->last->next = h;
	else
		p->first = h;
	p->last = h;
	p->count++;
}

static void take_out(struct nos_polls *p, struct nos_polls_poll *h)
{
	if (h->prev)
		h->prev->next = h->next;
	else
		p->first = h->next;
	if (h->next)
		h->next->prev = h->prev;
	else
		p->last = h->prev;
	p->count--;
}

/* ---- the proof ---- */

static enum nos_code unproved(struct nos_err *err)
{
	return nos_err_set(err, NOS_TAG, "does not verify");
}

/* For which nonce, under which Q? */
static enum nos_code prove(const struct nos_polls *p, struct nos_polls_poll *h,
    const struct nos_assoc *a, struct nos_err *err)
{
	uint8_t nonces[NOS_SELF_NONCES][NOS_SELF_NONCE_LEN], tag[NOS_POLL_TAG_LEN];

	if (nos_card_nonces(p->card, nos_time_now(), nonces, err))
		return err->code;
	for (h->which = 0; nos_issuer_poll_key(a, h->which, &h->q); h->which++)
		for (size_t i = 0; i < NOS_SELF_NONCES; i++) {
			if (nos_poll_ask(&h->q, nos_str_of(h->id), nonces[i], tag, err))
				return err->code;
			if (!nos_secret_same(tag, h->tag, sizeof(tag)))
				continue;
			memcpy(h->nonce, nonces[i], sizeof(h->nonce));
			return NOS_OK;
		}
	return unproved(err);
}

/* Its nonce may have passed since; its Q must still be one of the source's. */
static enum nos_code prove_again(
    struct nos_polls_poll *h, const struct nos_assoc *a, struct nos_err *err)
{
	NOS_AUTO(secret) q = { 0 };

	for (h->which = 0; nos_issuer_poll_key(a, h->which, &q); h->which++)
		if (nos_secret_eq(&q, &h->q))
			return NOS_OK;
	return unproved(err);
}

/* ---- the answer ---- */

/* A source believes an answer by this alone. One that cannot be signed is none. */
static void sign(const struct nos_polls *p, const struct nos_polls_poll *h)
{
	struct nos_http_request *r = h->request;
	uint8_t receipt[NOS_POLL_TAG_LEN];
	NOS_AUTO(buf) text = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init(&text, NOS_ENC_BASE64_LEN(NOS_POLL_TAG_LEN));
	if (!nos_buf_check(&r->out, "answer", &err) &&
	    !nos_poll_receipt(&h->q, nos_str_of(h->id), h->nonce, r->status, nos_buf_span(&r->out),
		receipt, &err)) {
		nos_enc_base64(&text, receipt, sizeof(receipt));
		if (!nos_buf_check(&text, "receipt", &err)) {
			nos_http_server_header(r, "Nos-Receipt", text.p);
			return;
		}
	}
	nos_buf_truncate(&r->out, 0);
	nos_refuse_request(p->card, r, &err);
}

static void say(
    const struct nos_polls *p, struct nos_polls_poll *h, const struct nos_exchange_word *word)
{
	struct nos_http_request *r = h->request;

	r->status = 200;
	r->type = "application/json";
	nos_buf_add_char(&r->out, '{');
	nos_exchange_encode(&r->out, word);
	nos_buf_add_char(&r->out, '}');
	sign(p, h);
}

static void say_revoked(const struct nos_polls *p, struct nos_polls_poll *h)
{
	struct nos_err err = { 0 };

	nos_err_set(&err, NOS_DENIED, "its keys were taken back");
	nos_refuse_status(h->request, &err, REVOKED, 0);
	sign(p, h);
}

/* What the answer looks at beside the association. */
struct around {
	struct nos_globals globals;
	struct nos_group group; /* without what is secret */
};

static enum nos_code read_around(const struct nos_life *life, const struct nos_record *r,
    struct nos_polls_poll *h, struct around *ret, struct nos_err *err)
{
	*ret = (struct around){ 0 };
	h->group = r->group;
	if (nos_globals_for(life->store, nos_str_of(r->scheme), &ret->globals, err))
		return err->code;
	if (r->group && nos_groups_get(life->store, NULL, r->group, &ret->group, err) == NOS_ABSENT)
		nos_err_clear(err);
	h->group_rev = ret->group.rev;
	return err->code;
}

/* The order of its group's present session, where that is not where its source stands, or another
 * thing is said anyway. *order outlives the word. */
static void add_order(const struct nos_polls_poll *h, const struct nos_group *g,
    struct nos_buf *order, struct nos_exchange_word *word)
{
	const bool speaks = word->keys.len || word->resync || word->identity;

	nos_buf_init(order, NOS_SESSION_ORDER_MAX);
	if (g->number && (h->query.has_after ? h->query.after != g->clock.t : speaks) &&
	    nos_group_order(g, order))
		word->order = nos_buf_span(order);
}

/* False: there is nothing to say yet. */
static bool speak(const struct nos_polls *p, const struct nos_life *life, struct nos_polls_poll *h,
    const struct nos_assoc *a, const struct around *around)
{
	/* Who has the Q that was offered has the offer, and its word on that is under way: what was
	 * before concerns it no more. */
	const struct nos_assoc_base *base = h->which ? &a->offer.base : &a->base;
	struct nos_exchange_word word = { .identity = base->identity != life->identity };
	NOS_AUTO(buf) order = { 0 };
	NOS_AUTO(buf) keys = { 0 };

	if (a->revoked) {
		say_revoked(p, h);
		return true;
	}
	nos_buf_init(&keys, NOS_MEMBER_OUTSTANDING_MAX);
	if (h->which) {
		word.resync = base->life != life->life;
	} else {
		word.resync = nos_issuer_wants_ask(a, life->life);
		nos_member_outstanding(a, life->life, &around->globals, &keys);
	}
	word.keys = nos_buf_str(&keys);
	add_order(h, &around->group, &order, &word);
	if (!word.keys.len && !word.order.len && !word.resync && !word.identity)
		return false;
	say(p, h, &word);
	return true;
}

/* ---- what it lacks ---- */

/* As with a pack, what has come since for a source goes on its way when that is there. */
static bool lacks(const struct nos_life *life, const struct nos_polls_poll *h,
    const struct nos_record *r, const struct around *around)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(r->scheme));
	struct nos_place place = { .group = &around->group };
	const struct nos_issuer w = { .source = nos_str_of(r->id),
		.pool = &around->globals.pool,
		.place = around->group.number ? &place : NULL };

	return scheme && scheme->lacks && !h->which && !r->a.revoked &&
	       !nos_issuer_wants_ask(&r->a, life->life) && scheme->lacks(&r->a, &w);
}

static enum nos_code fill(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	(void)state;
	return nos_issuer_fill(&r->a, w, ret_changed, err);
}

/* *r: as it is then. */
static enum nos_code issue(struct nos_life *life, struct nos_record *r, struct nos_err *err)
{
	char id[NOS_RECORD_ID_MAX];

	memcpy(id, r->id, sizeof(id));
	nos_record_release(r);
	nos_audit_begin(life->audit);
	if (nos_store_begin(life->store, err))
		return err->code;
	if (!nos_life_change(life, nos_str_of(id), nos_time_now(), fill, NULL, r, err))
		return nos_store_commit(life->store, err);
	nos_store_rollback(life->store);
	return err->code;
}

/* ---- an answer ---- */

/* It stands in h->request, or there is nothing to say yet. NOS_IO, NOS_BUSY: the store failed. */
static enum nos_code answer(struct nos_polls *p, struct nos_life *life, struct nos_polls_poll *h,
    bool again, bool *ret_said, struct nos_err *err)
{
	struct around around;
	NOS_AUTO(record) r = { 0 };

	*ret_said = true;
	if (nos_registry_get(life->store, life->vault, nos_str_of(h->id), &r, err))
		return err->code == NOS_ABSENT ? unproved(err) : err->code;
	if ((again ? prove_again(h, &r.a, err) : prove(p, h, &r.a, err)) ||
	    read_around(life, &r, h, &around, err) ||
	    (lacks(life, h, &r, &around) && issue(life, &r, err)))
		return err->code;
	h->rev = r.rev;
	*ret_said = speak(p, life, h, &r.a, &around);
	return NOS_OK;
}

/* Send what stands in its request. */
static void finish(struct nos_polls *p, struct nos_polls_poll *h)
{
	struct nos_http_request *r = h->request;

	drop(h);
	p->answer(p->state, r);
}

static void finish_empty(struct nos_polls *p, struct nos_polls_poll *h)
{
	const struct nos_exchange_word nothing = { 0 };

	say(p, h, &nothing);
	finish(p, h);
}

/* ---- in, and out ---- */

static struct nos_polls_poll *make(struct nos_http_request *r)
{
	struct nos_polls_poll *h = calloc(1, sizeof(*h));
	struct nos_exchange e;

	if (!h)
		return NULL;
	h->request = r;
	if (nos_exchange_parse(r->path, &e) && nos_exchange_proof(r->authorization, h->tag) &&
	    nos_exchange_query(r->query, &h->query)) {
		memcpy(h->id, e.id, sizeof(h->id));
		h->until.us = nos_mono_now().us + (uint64_t)h->query.wait_s * 1000000;
		return h;
	}
	drop(h);
	return NULL;
}

void nos_polls_take(struct nos_polls *p, struct nos_life *life, struct nos_http_request *r)
{
	struct nos_err err = { 0 };
	struct nos_polls_poll *h = make(r);
	bool said;

	if (!h)
		nos_err_set(&err, NOS_BUSY, "out of memory");
	if (err.code || answer(p, life, h, false, &said, &err)) {
		nos_refuse_request(p->card, r, &err);
		if (h)
			drop(h);
		p->answer(p->state, r);
	} else if (said) {
		finish(p, h);
	} else if (p->closed || !h->query.wait_s) {
		finish_empty(p, h);
	} else {
		put_in(p, h);
	}
}

/* Is the record, or its group, another than it was? One that is gone is. */
static enum nos_code compare(
    const struct nos_life *life, struct nos_polls_poll *h, struct nos_err *err)
{
	uint64_t rev = 0;

	/* It could not be answered then. */
	if (h->changed)
		return NOS_OK;
	if (nos_store_get(life->store, NOS_RECORD_NS, nos_str_of(h->id), NULL, &rev, err) &&
	    err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	h->changed = rev != h->rev;
	if (h->changed || !h->group)
		return NOS_OK;
	if (nos_groups_rev(life->store, h->group, &rev, err))
		return err->code;
	h->changed = rev != h->group_rev;
	return NOS_OK;
}

/* Note which have changed, up to so many from *at on, which moves on: most have not, and where much
 * is stored this is done ten times a second. */
static enum nos_code compare_some(
    const struct nos_life *life, struct nos_polls_poll **at, struct nos_err *err)
{
	if (nos_store_look(life->store, err))
		return err->code;
	for (size_t n = 0; *at && n < AT_ONCE && !err->code; n++) {
		(void)!compare(life, *at, err);
		*at = (*at)->next;
	}
	nos_store_look_end(life->store);
	return err->code;
}

/* False: the store failed, and it stays. */
static bool look_at(struct nos_polls *p, struct nos_life *life, struct nos_polls_poll *h, bool all)
{
	struct nos_err err = { 0 };
	bool said;

	if (!all && !h->changed)
		return true;
	h->changed = false;
	if (answer(p, life, h, true, &said, &err)) {
		h->changed = err.code != NOS_TAG;
		if (h->changed)
			return false;
		nos_refuse_request(p->card, h->request, &err);
	}
	if (said) {
		take_out(p, h);
		finish(p, h);
	}
	return true;
}

bool nos_polls_look(struct nos_polls *p, struct nos_life *life, bool all)
{
	struct nos_polls_poll *h = p->first, *next;
	struct nos_err err = { 0 };
	bool good = true;

	while (!all && h)
		if (compare_some(life, &h, &err))
			return false;
	for (h = p->first; h; h = next) {
		next = h->next;
		good &= look_at(p, life, h, all);
	}
	return good;
}

void nos_polls_expire(struct nos_polls *p, struct nos_mono now)
{
	struct nos_polls_poll *h, *next;

	for (h = p->first; h; h = next) {
		next = h->next;
		if (h->until.us > now.us)
			continue;
		take_out(p, h);
		finish_empty(p, h);
	}
}

void nos_polls_close(struct nos_polls *p)
{
	p->closed = true;
	while (p->first) {
		struct nos_polls_poll *h = p->first;

		take_out(p, h);
		finish_empty(p, h);
	}
}
