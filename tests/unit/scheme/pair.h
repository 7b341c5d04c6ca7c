/* SPDX-License-Identifier: MIT */
/* A source and its node without anything between them: what one makes is handed to the other. */
#ifndef NOS_TEST_PAIR_H
#define NOS_TEST_PAIR_H

#include <stdio.h>

#include "../test.h"
#include "scheme/holder.h"
#include "scheme/offer.h"

#define SOURCE "s-7f3a09c2e1"

struct pair {
	struct nos_assoc node;
	struct nos_keyring source;
	struct nos_issuer world;
	struct nos_secret own; /* the node's P-256 key */
	struct nos_ecdh_point own_public;
	uint8_t nonce[1][NOS_ASK_NONCE_LEN];
	struct nos_err err;
};

/* Registered: both have p.1. */
static inline void pair_init(struct pair *p)
{
	NOS_AUTO(derive_base) base = { 0 };

	*p = (struct pair){ .world = { .now = { 1547812800000 },
				.node = 1,
				.source = NOS_STR(SOURCE),
				.life = 1,
				.identity = 1,
				.overlap_ms = 3600000,
				.period_ms = 604800000,
				.scheme = &nos_pairwise_scheme } };
	memset(base.down.bytes, 1, base.down.len = 32);
	memset(base.up.bytes, 2, base.up.len = 32);
	memset(base.pair.bytes, 3, base.pair.len = 32);
	memset(base.z.bytes, 4, base.z.len = 32);
	memset(p->nonce, 5, sizeof(p->nonce));
	assert_int_equal(nos_ecdh_generate(&p->own, &p->own_public, &p->err), NOS_OK);
	nos_issuer_enrol(&p->node, &p->world, &base);
	p->source.node = 1;
	snprintf(p->source.source, sizeof(p->source.source), SOURCE);
	p->source.z = 1;
	p->source.z_key = base.z;
	p->source.next = 1;
	p->source.down.key = base.down;
	p->source.up.key = base.up;
	p->source.keys[0] = (struct nos_keyring_key){
		.name = { 'p', 1, { 1 } }, .state = NOS_STATE_ACTIVE, .value = base.pair
	};
	p->source.key_count = 1;
}

static inline void pair_replace(struct pair *p, enum nos_issuer_did expect)
{
	enum nos_issuer_did did;

	assert_int_equal(nos_issuer_replace(&p->node, &p->world, &did, &p->err), NOS_OK);
	assert_int_equal(did, expect);
}

/* What the node has outstanding reaches the source. */
static inline enum nos_holder_did pair_deliver(struct pair *p)
{
	struct nos_span list[NOS_ASSOC_OUT_MAX];
	size_t count = nos_issuer_outstanding(&p->node, p->world.life);
	enum nos_holder_did did = NOS_HOLDER_NOTHING;

	for (size_t i = 0; i < count; i++)
		list[i] = (struct nos_span){ p->node.out[i].bytes, p->node.out[i].len };
	nos_err_clear(&p->err);
	(void)!nos_holder_take(&p->source, list, count, p->world.now, &did, &p->err);
	return did;
}

/* The source's acknowledgement reaches the node. */
static inline enum nos_code pair_ack(struct pair *p)
{
	struct nos_span ack = { p->source.ack, p->source.ack_len };
	bool changed;

	nos_err_clear(&p->err);
	return nos_issuer_acked(&p->node, &p->world, ack, &changed, &p->err);
}

static inline void pair_make_ack(struct pair *p)
{
	nos_err_clear(&p->err);
	assert_int_equal(nos_holder_ack(&p->source, &p->err), NOS_OK);
}

static inline enum nos_code pair_ask(struct pair *p, size_t way, bool renew)
{
	NOS_AUTO(secret) once = { 0 };
	struct nos_ecdh_point public;

	nos_err_clear(&p->err);
	assert_int_equal(nos_ecdh_generate(&once, &public, &p->err), NOS_OK);
	return nos_holder_ask(
	    &p->source, way, renew, p->nonce[0], &once, &public, p->world.now, &p->err);
}

/* The ask in the keyring is answered at the node; its answer is in the offer. */
static inline enum nos_code pair_answer(struct pair *p, uint64_t next)
{
	const struct nos_span ask = { p->source.ask.bytes, p->source.ask.len };
	NOS_AUTO(offer_shared) shared = { 0 };
	NOS_AUTO(secret) once = { 0 };
	struct nos_offer_asked asked;

	nos_err_clear(&p->err);
	if (nos_offer_read(&p->node, &p->world, ask, p->nonce, 1, &asked, &p->err))
		return p->err.code;
	if (asked.again)
		return NOS_OK;
	assert_int_equal(nos_ecdh_generate(&once, &shared.once, &p->err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&once, &asked.once, &shared.once_once, &p->err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&p->own, &asked.once, &shared.node_once, &p->err), NOS_OK);
	return nos_offer_make(&p->node, &p->world, &asked, &shared, next, &p->err);
}

static inline enum nos_code pair_take_answer(struct pair *p)
{
	const struct nos_span answer = { p->node.offer.answer, p->node.offer.len };

	nos_err_clear(&p->err);
	return nos_holder_answer(&p->source, answer, &p->own_public, p->world.now, &p->err);
}

/* A pack under the source's key: does the node have that key, with the same value? */
static inline bool pair_pack(struct pair *p)
{
	const struct nos_keyring_key *k = nos_keyring_active(&p->source);
	struct nos_assoc_key *at;
	NOS_AUTO(secret) here = { 0 };
	NOS_AUTO(secret) there = { 0 };
	bool changed;

	at = nos_assoc_key(&p->node, &k->name);
	if (!at || !nos_secret_eq(&at->value, &k->value))
		return false;
	assert_int_equal(
	    nos_derive_static(&p->source.z_key, NOS_DERIVE_AUTH, &here, &p->err), NOS_OK);
	assert_int_equal(nos_assoc_auth(&p->node, at, &there, &p->err), NOS_OK);
	if (!nos_secret_eq(&here, &there))
		return false;
	assert_int_equal(nos_issuer_used(&p->node, &p->world, &k->name, &changed, &p->err), NOS_OK);
	nos_holder_confirmed(&p->source, &k->name);
	return true;
}

/* Both send and take under the same key, and nothing is under way. */
static inline void pair_is_whole(struct pair *p)
{
	assert_true(pair_pack(p));
	assert_false(nos_issuer_is_pending(&p->node, p->world.life));
	assert_int_equal(nos_assoc_active(&p->node, 'p')->name.parts[0],
	    nos_keyring_active(&p->source)->name.parts[0]);
}

#endif
