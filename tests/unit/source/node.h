/* SPDX-License-Identifier: MIT */
/*
 * A node without a wire: the node's half of a key's life (scheme/issuer.h, scheme/offer.h) behind a
 * carrier, and a source that sends to it. What a test does to it, it says in the struct.
 */
#ifndef NOS_TEST_SOURCE_NODE_H
#define NOS_TEST_SOURCE_NODE_H

#include "keyring.h"

#include "crypto/jose.h"
#include "json/encode.h"
#include "key/poll.h"
#include "scheme/holder.h"
#include "scheme/offer.h"
#include "source/courier.h"

#define NODE_SEEN_MAX 256

struct node {
	struct nos_assoc a;
	struct nos_issuer world;
	struct nos_secret own; /* its P-256 key */
	struct nos_ecdh_point own_public;
	uint8_t nonce[1][NOS_ASK_NONCE_LEN];
	uint64_t seen[NODE_SEEN_MAX]; /* numbers of packs, whose text is not kept */
	size_t seen_count;

	const char *away;   /* requests to a path that ends so do not arrive */
	const char *lose;   /* they arrive, and their answer does not */
	const char *refuse; /* they are answered 401, whatever they are */
	bool strip;	    /* receipts are taken off */
	bool bare;	    /* a 401 has no nonce */

	/* Of the source's group, NULL: none: in every 401, and in lists. */
	const struct nos_buf *order, *list_order;

	/* What came. */
	unsigned packs, asks, acks, polls;
	char path[NOS_CARRIER_PATH_MAX]; /* of the last request */
	unsigned different;		 /* asks that were not the one before, once more */
	uint8_t ask[NOS_HASH_LEN];
	uint8_t ack[NOS_HASH_LEN];
};

static inline uint64_t node_next(const struct node *n)
{
	uint64_t highest = 0;

	for (size_t i = 0; i < n->seen_count; i++)
		highest = n->seen[i] > highest ? n->seen[i] : highest;
	return highest + 1;
}

static inline bool node_saw(const struct node *n, uint64_t seq)
{
	for (size_t i = 0; i < n->seen_count; i++)
		if (n->seen[i] == seq)
			return true;
	return false;
}

/* Registered, as test_keyring is; *k pins it. */
static inline void node_init(struct node *n, struct nos_keyring *k)
{
	struct nos_err err = { 0 };
	NOS_AUTO(derive_base) base = { 0 };

	*n = (struct node){ .world = { .now = { 1547812800000 },
				.node = 1,
				.source = NOS_STR(TEST_SOURCE),
				.life = 1,
				.identity = 1,
				.overlap_ms = 3600000,
				.period_ms = 604800000,
				.scheme = &nos_pairwise_scheme } };
	memset(n->nonce, 5, sizeof(n->nonce));
	base.down = k->down.key;
	base.up = k->up.key;
	base.z = k->z_key;
	base.pair = k->keys[0].value;
	assert_int_equal(nos_ecdh_generate(&n->own, &n->own_public, &err), NOS_OK);
	assert_int_equal(nos_jose_thumbprint(&n->own_public, k->pin, &err), NOS_OK);
	nos_issuer_enrol(&n->a, &n->world, &base);
	for (uint64_t seq = 1; seq < k->next; seq++)
		n->seen[n->seen_count++] = seq;
}

/* ---- its answers ---- */

static inline void node_problem(
    const struct node *n, unsigned status, const char *code, struct nos_http_answer *ret)
{
	ret->status = status;
	nos_buf_addf(&ret->body,
	    "{\"type\":\"urn:nos:%s\",\"title\":\"t\",\"status\":%u,\"detail\":\"no\"", code,
	    status);
	if (status == 401 && !n->bare)
		nos_encode_member_bytes(&ret->body, "nonce", n->nonce[0], sizeof(n->nonce[0]));
	if (status == 401 && n->order)
		nos_encode_member_bytes(&ret->body, "order", n->order->p, n->order->len);
	nos_buf_add_char(&ret->body, '}');
}

static inline void node_news(const struct node *n, struct nos_buf *b)
{
	size_t count = nos_issuer_outstanding(&n->a, n->world.life);

	nos_encode_member(b, "keys");
	nos_buf_add_char(b, '[');
	if (n->list_order) {
		nos_buf_add_char(b, '"');
		nos_enc_base64(b, n->list_order->p, n->list_order->len);
		nos_buf_add_char(b, '"');
	}
	for (size_t i = 0; i < count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '"');
		nos_enc_base64(b, n->a.out[i].bytes, n->a.out[i].len);
		nos_buf_add_char(b, '"');
	}
	nos_buf_add_char(b, ']');
	nos_encode_member_bool(b, "resync", nos_issuer_wants_ask(&n->a, n->world.life));
}

static inline void node_document(const struct node *n, struct nos_http_answer *ret)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];
	struct nos_err err = { 0 };

	assert_int_equal(nos_ecdh_to_xy(&n->own_public, x, y, &err), NOS_OK);
	ret->status = 200;
	nos_buf_add_text(&ret->body, "{\"v\":1,\"node\":1,\"keys\":[{\"kty\":\"EC\"");
	nos_encode_member_text(&ret->body, "crv", NOS_STR("P-256"));
	nos_encode_member_bytes(&ret->body, "x", x, sizeof(x));
	nos_encode_member_bytes(&ret->body, "y", y, sizeof(y));
	nos_buf_add_text(&ret->body, "}]}");
}

/* The keys of the pack, if it is this source's. */
static inline bool node_open(struct node *n, struct nos_str jwe, struct nos_header *h,
    struct nos_pack_keys *keys, struct nos_buf *plain)
{
	struct nos_scan scan = { .depth = 4 };
	NOS_AUTO(secret) auth = { 0 };
	struct nos_err err = { 0 };
	struct nos_assoc_key *k;
	bool good = !nos_header_read(jwe, NOS_HEADER_PACK, NOS_PACK_MAX, &scan, h, &err);

	nos_scan_release(&scan);
	k = good ? nos_assoc_key(&n->a, &h->name) : NULL;
	return k && !nos_assoc_auth(&n->a, k, &auth, &err) &&
	       !nos_pack_keys_make(
		   &k->value, &auth, nos_str_of(h->kid), nos_str_of(h->source), keys, &err) &&
	       !nos_pack_open(keys, jwe, plain, &err);
}

static inline void node_data(struct node *n, struct nos_span jwe, struct nos_http_answer *ret)
{
	struct nos_pack_keys keys = { 0 };
	struct nos_header h = { 0 };
	struct nos_err err = { 0 };
	NOS_AUTO(buf) plain = { 0 };
	bool changed, again;

	n->packs++;
	nos_buf_init(&plain, NOS_PACK_MAX);
	if (!node_open(n, (struct nos_str){ (const char *)jwe.p, jwe.len }, &h, &keys, &plain)) {
		node_problem(n, 401, "tag", ret);
		return;
	}
	assert_int_equal(nos_issuer_used(&n->a, &n->world, &h.name, &changed, &err), NOS_OK);
	again = node_saw(n, h.seq);
	if (!again)
		n->seen[n->seen_count++] = h.seq;
	ret->status = 202;
	nos_buf_addf(
	    &ret->body, "{\"accepted\":%d,\"duplicates\":%d,\"rejected\":[]", !again, again);
	if (!again)
		nos_encode_member_uint(&ret->body, "position", h.seq);
	node_news(n, &ret->body);
	nos_encode_member_uint(&ret->body, "next", node_next(n));
	nos_buf_add_char(&ret->body, '}');
	assert_int_equal(
	    nos_pack_receipt(&keys, jwe, nos_buf_span(&ret->body), ret->receipt, &err), NOS_OK);
	nos_pack_keys_release(&keys);
}

static inline void node_ack(struct node *n, struct nos_span ack, struct nos_http_answer *ret)
{
	struct nos_err err = { 0 };
	bool changed;

	n->acks++;
	assert_int_equal(nos_hash_sha256(&ack, 1, n->ack, &err), NOS_OK);
	ret->status = 204;
	if (nos_issuer_acked(&n->a, &n->world, ack, &changed, &err))
		node_problem(n, 401, "tag", ret);
}

static inline bool node_offers(struct node *n, struct nos_span ask)
{
	NOS_AUTO(offer_shared) shared = { 0 };
	NOS_AUTO(secret) once = { 0 };
	struct nos_offer_asked asked;
	struct nos_err err = { 0 };

	if (nos_offer_read(&n->a, &n->world, ask, n->nonce, 1, &asked, &err))
		return false;
	if (asked.again)
		return true;
	assert_int_equal(nos_ecdh_generate(&once, &shared.once, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&once, &asked.once, &shared.once_once, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&n->own, &asked.once, &shared.node_once, &err), NOS_OK);
	return !nos_offer_make(&n->a, &n->world, &asked, &shared, node_next(n), &err);
}

static inline void node_ask(struct node *n, struct nos_span ask, struct nos_http_answer *ret)
{
	uint8_t hash[NOS_HASH_LEN];
	struct nos_err err = { 0 };

	n->asks++;
	assert_int_equal(nos_hash_sha256(&ask, 1, hash, &err), NOS_OK);
	n->different += memcmp(hash, n->ask, sizeof(hash)) != 0;
	memcpy(n->ask, hash, sizeof(hash));
	if (!node_offers(n, ask)) {
		node_problem(n, 401, "tag", ret);
		return;
	}
	ret->status = 200;
	nos_buf_add(&ret->body, n->a.offer.answer, n->a.offer.len);
}

/* Q that proves it. */
static inline bool node_prover(struct node *n, const char *authorization, struct nos_secret *ret)
{
	uint8_t given[NOS_POLL_TAG_LEN], good[NOS_POLL_TAG_LEN];
	struct nos_err err = { 0 };

	if (!authorization || strncmp(authorization, "Nos ", 4) != 0 ||
	    !nos_enc_base64_fixed(nos_str_of(authorization + 4), given, sizeof(given)))
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (nos_issuer_poll_key(&n->a, i, ret) &&
		    !nos_poll_ask(ret, n->world.source, n->nonce[0], good, &err) &&
		    memcmp(good, given, sizeof(good)) == 0)
			return true;
	return false;
}

static inline void node_poll(struct node *n, const char *authorization, struct nos_http_answer *ret)
{
	uint8_t receipt[NOS_POLL_TAG_LEN];
	struct nos_err err = { 0 };
	NOS_AUTO(secret) q = { 0 };
	NOS_AUTO(buf) text = { 0 };

	n->polls += authorization != NULL;
	if (!node_prover(n, authorization, &q)) {
		node_problem(n, 401, "tag", ret);
		return;
	}
	if (n->a.revoked) {
		node_problem(n, 403, "denied", ret);
	} else {
		ret->status = 200;
		nos_buf_add_char(&ret->body, '{');
		node_news(n, &ret->body);
		nos_buf_add_char(&ret->body, '}');
	}
	assert_int_equal(nos_poll_receipt(&q, n->world.source, n->nonce[0], ret->status,
			     nos_buf_span(&ret->body), receipt, &err),
	    NOS_OK);
	nos_buf_init(&text, sizeof(ret->receipt) - 1);
	nos_enc_base64(&text, receipt, sizeof(receipt));
	memcpy(ret->receipt, text.p, text.len + 1);
}

/* ---- the carrier ---- */

static inline bool node_is(const char *path, const char *end)
{
	size_t len = strcspn(path, "?");

	return end && len >= strlen(end) && memcmp(path + len - strlen(end), end, strlen(end)) == 0;
}

static inline void node_answer(
    struct node *n, const struct nos_carrier_request *r, struct nos_http_answer *ret)
{
	if (node_is(r->path, n->refuse))
		node_problem(n, 401, "tag", ret);
	else if (node_is(r->path, "/v1/data"))
		node_data(n, *r->body, ret);
	else if (node_is(r->path, "/v1/node"))
		node_document(n, ret);
	else if (node_is(r->path, "/v1/sources/" TEST_SOURCE "/acks"))
		node_ack(n, *r->body, ret);
	else if (node_is(r->path, "/v1/sources/" TEST_SOURCE "/resync"))
		node_ask(n, *r->body, ret);
	else if (node_is(r->path, "/v1/sources/" TEST_SOURCE "/keys"))
		node_poll(n, r->authorization, ret);
	else
		fail_msg("a request to '%s'", r->path);
	if (n->strip)
		ret->receipt[0] = '\0';
}

static inline enum nos_code node_carry(void *state, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err)
{
	struct node *n = state;

	snprintf(n->path, sizeof(n->path), "%s", r->path);
	nos_buf_truncate(&ret->body, 0);
	ret->status = 0;
	ret->retry_s = 0;
	ret->receipt[0] = '\0';
	ret->sent = !node_is(r->path, n->away);
	if (!ret->sent)
		return nos_err_set(err, NOS_AWAY, "not reached");
	node_answer(n, r, ret);
	return node_is(r->path, n->lose) ? nos_err_set(err, NOS_AWAY, "lost") : NOS_OK;
}

/* ---- a source before it ---- */

static volatile int node_stop;

struct source {
	struct nos_carrier carrier;
	struct nos_ring ring;
	struct nos_send send;
	struct nos_err err;
};

/* A run that begins. */
static inline void source_open(struct source *s, struct node *n)
{
	struct nos_send_config config = {
		.ring = &s->ring, .carrier = &s->carrier, .try_ms = 1000, .stop = &node_stop
	};

	*s = (struct source){ .carrier = { node_carry, n } };
	nos_ring_init(&s->ring);
	nos_send_init(&s->send);
	if (nos_ring_open(&s->ring, "a.key", 0, &s->err) ||
	    nos_send_open(&s->send, &config, &s->err))
		fail_msg("%s", s->err.text);
	nos_keeper_aim(&s->send.keeper, "http://127.0.0.1:1", 1000);
}

/* A run that dies: nothing is written. */
static inline void source_die(struct source *s)
{
	nos_send_release(&s->send);
	nos_ring_release(&s->ring);
}

/* A node and a registered source, whose run begins. */
static inline void source_begin(struct source *s, struct node *n)
{
	struct nos_keyring k = test_keyring();
	struct nos_err err = { 0 };

	node_stop = 0;
	node_init(n, &k);
	assert_int_equal(nos_ring_write("a.key", &k, true, &err), NOS_OK);
	nos_keyring_release(&k);
	source_open(s, n);
}

/* Another run, behind one that died. */
static inline void source_again(struct source *s, struct node *n)
{
	source_die(s);
	source_open(s, n);
}

/* A pack with a number of its own, once; *p as it is left. */
static inline enum nos_code source_push(struct source *s, struct nos_send_pack *p)
{
	struct nos_answer a = { 0 };

	nos_err_clear(&s->err);
	if (!nos_send_number(&s->send, p, &s->err))
		(void)!nos_send_pack(&s->send, p, 0, &a, &s->err);
	nos_answer_release(&a);
	return s->err.code;
}

static inline enum nos_code source_send(struct source *s)
{
	struct nos_send_pack p = { .text = NOS_STR("{\"type\":\"t\",\"value\":1}\n"),
		.readings = 1 };

	return source_push(s, &p);
}

/* The version of the key that it sends under, in memory and in the file. */
static inline uint64_t source_version(const struct source *s)
{
	return nos_keyring_active(&s->ring.k)->name.parts[0];
}

static inline struct nos_keyring source_on_disk(void)
{
	struct nos_err err = { 0 };
	struct nos_keyring k;

	assert_int_equal(nos_ring_read("a.key", &k, &err), NOS_OK);
	return k;
}

/* A pack goes under the key that both have, and nothing is under way at the node. */
static inline void source_is_whole(struct source *s, struct node *n)
{
	unsigned asks = n->asks;

	if (source_send(s))
		fail_msg("%s", s->err.text);
	if (s->send.fault.code)
		fail_msg("%s", s->send.fault.text);
	assert_int_equal(n->asks, asks);
	assert_false(nos_issuer_is_pending(&n->a, n->world.life));
	assert_int_equal(nos_assoc_active(&n->a, 'p')->name.parts[0], source_version(s));
}

static inline void node_replaces(struct node *n)
{
	enum nos_issuer_did did;
	struct nos_err err = { 0 };

	assert_int_equal(nos_issuer_replace(&n->a, &n->world, &did, &err), NOS_OK);
	assert_int_equal(did, NOS_ISSUER_ISSUED);
}

#endif
