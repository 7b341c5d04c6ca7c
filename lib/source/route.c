/* SPDX-License-Identifier: MIT */
#include "source/route.h"

#include <string.h>

#include "envelope/pack.h"
#include "json/decode.h"
#include "key/hop.h"
#include "source/answer.h"
#include "source/inquiry.h"

#define DATA	   "/v1/data"
#define SEALED	   "application/jose"
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
	*r = (struct nos_route){ .straight = *straight, .ring = ring, .count = 1 + count };
	for (size_t i = 0; i < count; i++)
		r->ways[1 + i].url = via[i];
	nos_buf_init(&r->document.body, NOS_INQUIRY_ANSWER_MAX);
	nos_buf_init(&r->frame, NOS_PACK_MAX + NOS_HOP_OVERHEAD);
}

void nos_route_release(struct nos_route *r)
{
	nos_buf_release(&r->document.body);
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
	way->asked = r->document.status == 200;
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

static bool is_pack(const struct nos_carrier_request *q)
{
	return q->body && strcmp(q->path, DATA) == 0 && strcmp(q->media, SEALED) == 0;
}

static enum nos_code carry_via(struct nos_route *r, struct nos_route_way *way,
    const struct nos_carrier_request *asked, struct nos_http_answer *ret, struct nos_err *err)
{
	const struct nos_keyring_link *link = NULL;
	struct nos_carrier_request q = *asked;

	q.url = way->url;
	ret->sent = false;
	if (is_pack(asked) && r->ring && r->ring->k.link_count) {
		if (ask_relay(r, way, asked->most_ms, err))
			return err->code;
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

static enum nos_code carry_by_ways(void *state, const struct nos_carrier_request *q,
    struct nos_http_answer *ret, struct nos_err *err)
{
	struct nos_route *r = state;
	const size_t first = first_way(r);
	bool sent = false;

	/* Lines 28–31: adjacent nodes while there are some, each once. */
	for (size_t i = 0; i < r->count; i++) {
		struct nos_route_way *way = &r->ways[way_at(i, first)];

		nos_err_clear(err);
		/* Lines 1–3: (N,S)K exists, and D goes straight; lines 6–8: through a neighbour. */
		if (!way->url)
			(void)!carry(r, q, ret, err);
		else
			(void)!carry_via(r, way, q, ret, err);
		ret->sent = sent |= ret->sent;
		if (!err->code)
			note_good(r, (size_t)(way - r->ways));
		if (err->code != NOS_AWAY)
			return err->code;
	}
	/* Line 32: the source is disconnected. */
	return nos_err_within(err, "disconnected: neither the node nor a neighbour is reached");
}

struct nos_carrier nos_route_carrier(struct nos_route *r)
{
	return (struct nos_carrier){ .carry = carry_by_ways, .state = r };
}
