/* SPDX-License-Identifier: MIT */
#include "source/route.h"

#include <string.h>

#include "envelope/pack.h"
#include "json/decode.h"
#include "key/hop.h"
#include "source/answer.h"
#include "source/inquiry.h"
#include "source/worth.h"

#define HOP	   "/v1/hop"
#define HOP_MEDIA  "application/octet-stream"
#define UNKNOWN	   401
#define BAD	   502
#define UNREACHED  503
#define DOCUMENT_S 10 /* longest wait for a neighbour's document */

enum nos_code nos_route_check(const char *const *via, size_t count, struct nos_err *err)
{
	if (count > NOS_ROUTE_VIA_MAX)
		return nos_err_set(err, NOS_USAGE, "--via: over %d neighbours", NOS_ROUTE_VIA_MAX);
	for (size_t i = 0; i < count; i++)
		if (nos_url_check(via[i], err))
			return nos_err_within(err, "--via");
	return NOS_OK;
}

void nos_route_init(struct nos_route *r, const struct nos_carrier *straight,
    const struct nos_ring *ring, const char *const *via, size_t count)
{
	*r = (struct nos_route){ .straight = *straight,
		.ring = ring,
		.count = 1 + count,
		.pin = ring ? ring->k.pin : NULL };
	for (size_t i = 0; i < count; i++)
		r->ways[1 + i].url = via[i];
	nos_buf_init(&r->document.body, NOS_INQUIRY_ANSWER_MAX);
	nos_buf_init(&r->frame, NOS_PACK_MAX + NOS_HOP_OVERHEAD);
}

/* Who it is. */
static void forget(struct nos_route_way *way)
{
	way->asked = false;
	way->foreign.us = 0;
}

void nos_route_aim(struct nos_route *r, const uint8_t *pin)
{
	r->pin = pin;
	for (size_t i = 0; i < r->count; i++)
		forget(&r->ways[i]);
}

void nos_route_release(struct nos_route *r)
{
	nos_buf_release(&r->document.body);
	nos_buf_release(&r->kept.body);
	nos_buf_release(&r->frame);
	*r = (struct nos_route){ 0 };
}

/* Somebody answered who did not reach the node. */
static bool is_away(const struct nos_http_answer *a, struct nos_err *ret_why)
{
	return (a->status == BAD || a->status == UNREACHED) &&
	       nos_answer_problem(nos_buf_str(&a->body), ret_why) && ret_why->code == NOS_AWAY;
}

/* By one way: NOS_AWAY also where that is another's word. */
static enum nos_code carry(const struct nos_route *r, const struct nos_carrier_request *q,
    struct nos_http_answer *ret, struct nos_err *err)
{
	struct nos_err why = { 0 };

	if (nos_carrier_send(&r->straight, q, ret, err) || !is_away(ret, &why))
		return err->code;
	return nos_err_set(err, NOS_AWAY, "%s: %s", q->url, why.text);
}

static void read_relay(struct nos_str document, struct nos_route_way *way)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_err ignored = { 0 };
	struct nos_decode d;

	if (nos_decode_object(&scan, document, "document", &d, &ignored) ||
	    nos_decode_copy(&d, "relay", true, way->relay, sizeof(way->relay), &ignored))
		way->relay[0] = '\0';
	nos_scan_release(&scan);
}

/* Who the neighbour is, which it says itself: who lies gets a frame that it cannot use. */
static enum nos_code ask_relay(
    struct nos_route *r, struct nos_route_way *way, uint64_t most_ms, struct nos_err *err)
{
	const struct nos_carrier_request q = { .url = way->url,
		.path = "/v1/node",
		.most_ms = most_ms && most_ms < DOCUMENT_S * 1000 ? most_ms : DOCUMENT_S * 1000 };

	if (way->asked)
		return NOS_OK;
	if (carry(r, &q, &r->document, err))
		return err->code;
	way->relay[0] = '\0';
	way->asked = nos_worth_is_document(&r->document, NULL);
	if (way->asked && !nos_worth_is_document(&r->document, r->pin))
		way->foreign.us = nos_mono_now().us + NOS_ROUTE_AGAIN_MS * 1000;
	if (way->asked)
		read_relay(nos_buf_str(&r->document.body), way);
	return NOS_OK;
}

/* A relay that does not know the link says 401 as a node does, but has no nonce to give. */
static bool is_refused(const struct nos_http_answer *a)
{
	uint8_t nonce[NOS_ASK_NONCE_LEN];

	return a->status == UNKNOWN && !*a->receipt &&
	       !nos_answer_nonce(nos_buf_str(&a->body), nonce);
}

/* Lines 7–8: S sends D to M by their connection (S,M)K. */
static enum nos_code carry_framed(struct nos_route *r, struct nos_route_way *way,
    const struct nos_keyring_link *link, const struct nos_carrier_request *asked,
    struct nos_http_answer *ret, struct nos_err *err)
{
	const struct nos_str source = nos_str_of(r->ring->k.source);
	struct nos_carrier_request q = *asked;
	struct nos_span frame;

	nos_buf_truncate(&r->frame, 0);
	if (nos_hop_seal(&link->value, r->hops, source, *asked->body, &r->frame, err))
		return err->code;
	frame = nos_buf_span(&r->frame);
	q.path = HOP;
	q.media = HOP_MEDIA;
	q.body = &frame;
	if (carry(r, &q, ret, err) || !is_refused(ret))
		return err->code;
	/* The link is wrong: without it the node hears of that, and gives another. */
	way->asked = false;
	(void)!carry(r, asked, ret, err);
	ret->sent = true;
	return err->code;
}

static enum nos_code say_foreign(const struct nos_route_way *way, struct nos_err *err)
{
	return nos_err_set(err, NOS_AWAY, "%s: a relay of another node", way->url);
}

static enum nos_code carry_via(struct nos_route *r, struct nos_route_way *way,
    const struct nos_carrier_request *asked, struct nos_http_answer *ret, struct nos_err *err)
{
	const struct nos_keyring_link *link = NULL;
	struct nos_carrier_request q = *asked;

	q.url = way->url;
	ret->sent = false;
	if (nos_worth_is_pack(asked) && r->ring && r->ring->k.link_count) {
		if (ask_relay(r, way, asked->most_ms, err))
			return err->code;
		if (way->foreign.us)
			return say_foreign(way, err);
		link = nos_keyring_link(&r->ring->k, nos_str_of(way->relay));
	}
	return link ? carry_framed(r, way, link, &q, ret, err) : carry(r, &q, ret, err);
}

/* The way that goes first. */
static size_t first_way(struct nos_route *r)
{
	const struct nos_mono now = nos_mono_now();

	if (!r->good || now.us < r->again.us)
		return r->good;
	r->again.us = now.us + NOS_ROUTE_AGAIN_MS * 1000;
	return 0;
}

/* Way number i of those that are tried, each once: first, then the others in their order. */
static size_t way_at(size_t i, size_t first)
{
	return !i ? first : i <= first ? i - 1 : i;
}

static void note_good(struct nos_route *r, size_t way)
{
	if (way && way != r->good)
		r->again.us = nos_mono_now().us + NOS_ROUTE_AGAIN_MS * 1000;
	r->good = way;
}

/* ---- answers ---- */

static enum nos_worth worth_of(
    const struct nos_route *r, const struct nos_carrier_request *q, const struct nos_http_answer *a)
{
	const enum nos_worth worth = nos_worth_of(q, a, r->pin);

	if (worth != NOS_WORTH_ALL || !r->proven || !nos_worth_is_pack(q))
		return worth;
	return r->proven(r->state, a) ? worth : NOS_WORTH_LITTLE;
}

/* A refusal, by another node than ours, which would be asked in vain. */
static bool is_foreign(struct nos_route *r, struct nos_route_way *way,
    const struct nos_carrier_request *q, const struct nos_http_answer *a)
{
	struct nos_err ignored = { 0 };

	return way->url && r->pin && a->status == UNKNOWN &&
	       !ask_relay(r, way, q->most_ms, &ignored) && way->foreign.us;
}

/* The answer aside; ret has room of the same size for another. */
static void keep(struct nos_route *r, struct nos_http_answer *ret)
{
	const struct nos_http_answer a = *ret;

	nos_buf_release(&r->kept.body);
	*ret = (struct nos_http_answer){ 0 };
	nos_buf_init(&ret->body, a.body.max);
	r->kept = a;
}

/* Where no way has an answer of the node's: what helps most of what there is. */
static enum nos_code give_kept(
    struct nos_route *r, enum nos_worth best, struct nos_http_answer *ret, struct nos_err *err)
{
	const bool sent = ret->sent;

	/* Line 32: the source is disconnected. */
	if (best == NOS_WORTH_NOTHING)
		return nos_err_within(err, NOS_ROUTE_DISCONNECTED);
	nos_err_clear(err);
	nos_buf_release(&ret->body);
	*ret = r->kept;
	ret->sent = sent;
	r->kept.body = (struct nos_buf){ 0 };
	return NOS_OK;
}

/* ---- ways ---- */

static enum nos_code carry_by(struct nos_route *r, struct nos_route_way *way,
    const struct nos_carrier_request *q, struct nos_http_answer *ret, struct nos_err *err)
{
	nos_err_clear(err);
	ret->sent = false;
	ret->status = 0;
	if (way->foreign.us && nos_mono_now().us < way->foreign.us)
		return say_foreign(way, err);
	/* It may be another's by now: it is asked anew. */
	if (way->foreign.us)
		forget(way);
	/* Lines 1–3: (N,S)K exists, and D goes straight; lines 6–8: through a neighbour. */
	(void)!(way->url ? carry_via(r, way, q, ret, err) : carry(r, q, ret, err));
	ret->from = way->url ? way->url : q->url;
	return err->code;
}

/* Why none was good: the last that somebody told, who is further on, else the last. */
struct reason {
	struct nos_err err;
	bool told;
};

static void note_reason(struct reason *r, bool told, const struct nos_err *err)
{
	if (told || !r->told)
		r->err = *err;
	r->told |= told;
}

static enum nos_code carry_by_ways(void *state, const struct nos_carrier_request *q,
    struct nos_http_answer *ret, struct nos_err *err)
{
	struct nos_route *r = state;
	const size_t first = first_way(r);
	enum nos_worth best = NOS_WORTH_NOTHING, worth;
	struct reason said = { 0 };
	bool sent = false;

	/* Lines 28–31: adjacent nodes while there are some, each once. */
	for (size_t i = 0; i < r->count; i++) {
		struct nos_route_way *way = &r->ways[way_at(i, first)];

		(void)!carry_by(r, way, q, ret, err);
		ret->sent = sent |= ret->sent;
		if (err->code && err->code != NOS_AWAY)
			return err->code;
		if (err->code) {
			note_reason(&said, ret->status != 0, err);
			continue;
		}
		if (is_foreign(r, way, q, ret)) {
			(void)!say_foreign(way, err);
			note_reason(&said, true, err);
			continue;
		}
		worth = worth_of(r, q, ret);
		if (worth == NOS_WORTH_ALL) {
			note_good(r, (size_t)(way - r->ways));
			return NOS_OK;
		}
		if (worth > best) {
			best = worth;
			keep(r, ret);
		}
		ret->sent = sent;
	}
	*err = said.err;
	return give_kept(r, best, ret, err);
}

struct nos_carrier nos_route_carrier(struct nos_route *r)
{
	return (struct nos_carrier){ .carry = carry_by_ways, .state = r };
}
