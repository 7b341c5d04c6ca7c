/* SPDX-License-Identifier: MIT */
/* A source and its node without anything between them: what one makes is handed to the other. */
#ifndef NOS_TEST_PAIR_H
#define NOS_TEST_PAIR_H

#include <stdio.h>

#include "../test.h"
#include "crypto/sign.h"
#include "pair_group.h"
#include "scheme/holder.h"
#include "scheme/offer.h"

#define SOURCE "s-7f3a09c2e1"

struct pair {
	struct nos_assoc node;
	struct nos_keyring source;
	struct nos_issuer world;
	struct nos_secret own; /* the node's P-256 key */
	struct nos_ecdh_point own_public;
	struct nos_secret sign; /* and its Ed25519 key */
	struct nos_pool pool;
	struct nos_pool_numbers numbers;
	uint8_t nonce[1][NOS_ASK_NONCE_LEN];
	struct pair_group *group; /* that it is a member of; NULL: of none */
	struct nos_place place;
	struct nos_err err;
};

/* A secret of a source's own. */
static inline struct nos_secret pair_secret(const char *id, uint8_t which)
{
	struct nos_secret s = { .len = 32 };

	memset(s.bytes, which, s.len);
	s.bytes[0] = (uint8_t)id[strlen(id) - 1];
	return s;
}

/* Global keys, each of its first version, the same whoever asks; rings of so many. */
static inline void pair_pool(struct pair *p, unsigned size, unsigned ring)
{
	p->pool = (struct nos_pool){ .size = size, .drawn = size, .ring = ring };
	for (unsigned i = 0; i < size; i++) {
		p->pool.keys[i].version = 1;
		memset(p->pool.keys[i].value, 0x40 + (int)i, NOS_POOL_KEY_LEN);
	}
}

/* Registered, under an id whose last letter is its own: both have p.1. */
static inline void pair_init_as(struct pair *p, const struct nos_scheme *scheme, const char *id)
{
	NOS_AUTO(derive_base)
	base = { pair_secret(id, 1), pair_secret(id, 2), pair_secret(id, 3), pair_secret(id, 4) };

	*p = (struct pair){ .world = { .now = { 1547812800000 },
				.node = 1,
				.life = 1,
				.identity = 1,
				.overlap_ms = 3600000,
				.period_ms = 604800000,
				.scheme = scheme } };
	memset(p->nonce, 5, sizeof(p->nonce));
	memset(p->sign.bytes, 6, p->sign.len = NOS_SIGN_PRIVATE_LEN);
	pair_pool(p, 5, 1);
	p->numbers = (struct nos_pool_numbers){ 1, 1025 };
	p->world.pool = &p->pool;
	p->world.numbers = &p->numbers;
	snprintf(p->source.source, sizeof(p->source.source), "%s", id);
	snprintf(p->source.scheme, sizeof(p->source.scheme), "%s", scheme->name);
	p->world.source = nos_str_of(p->source.source);
	assert_int_equal(nos_ecdh_generate(&p->own, &p->own_public, &p->err), NOS_OK);
	assert_int_equal(nos_sign_public(&p->sign, p->source.sign, &p->err), NOS_OK);
	nos_issuer_enrol(&p->node, &p->world, &base);
	p->source.node = 1;
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

static inline void pair_init(struct pair *p)
{
	pair_init_as(p, &nos_pairwise_scheme, SOURCE);
}

/* It belongs to a group, where its scheme has any. */
static inline void pair_enter(struct pair *p, struct pair_group *of)
{
	p->group = of;
	p->place = (struct nos_place){ .group = &of->g };
	p->world.place = &p->place;
	snprintf(p->source.group_name, sizeof(p->source.group_name), "%s", of->g.name);
	p->source.shared = of->g.shared;
}

/* The path that it wants, with what goes with that; its leaf key is noted in the tree. */
static inline bool pair_fill_place(struct pair *p)
{
	bool changed;

	pair_group_prepare(p->group, &p->node, &p->place);
	assert_int_equal(nos_issuer_fill(&p->node, &p->world, &changed, &p->err), NOS_OK);
	if (p->place.gave)
		pair_group_plant(p->group, &p->node, &p->place);
	return changed;
}

/* What the source lacks of its scheme is on its way. */
static inline bool pair_fill(struct pair *p)
{
	bool changed;

	nos_err_clear(&p->err);
	if (p->group)
		p->place = (struct nos_place){ .group = &p->group->g };
	assert_int_equal(nos_issuer_fill(&p->node, &p->world, &changed, &p->err), NOS_OK);
	return (p->place.wants && pair_fill_place(p)) || changed;
}

static inline void pair_replace(struct pair *p, enum nos_issuer_did expect)
{
	enum nos_issuer_did did;

	assert_int_equal(nos_issuer_replace(&p->node, &p->world, &did, &p->err), NOS_OK);
	assert_int_equal(did, expect);
}

/* The order of its group's present session, if there is one; *ret is then to be released. */
static inline bool pair_order(const struct pair *p, struct nos_buf *ret)
{
	nos_buf_init(ret, NOS_SESSION_ORDER_MAX);
	return p->group && nos_group_order(&p->group->g, ret);
}

/* What the node has outstanding reaches the source, behind what all of its group hear. */
static inline enum nos_holder_did pair_deliver(struct pair *p)
{
	struct nos_span list[1 + NOS_ASSOC_OUT_MAX];
	const size_t outstanding = nos_issuer_outstanding(&p->node, p->world.life);
	enum nos_holder_did did = NOS_HOLDER_NOTHING;
	NOS_AUTO(buf) order = { 0 };
	size_t count = 0;

	if (pair_order(p, &order))
		list[count++] = nos_buf_span(&order);
	for (size_t i = 0; i < outstanding; i++)
		list[count++] = (struct nos_span){ p->node.out[i].bytes, p->node.out[i].len };
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

/* What the node has under a name, its own or its group's, and K_S of the source with it. */
static inline bool pair_find(struct pair *p, const struct nos_name *name, struct nos_secret *ret,
    struct nos_secret *ret_auth)
{
	static const struct nos_assoc_key groups = { 0 }; /* stand under the present K_S */
	const struct nos_assoc_key *own = nos_assoc_key(&p->node, name);
	const struct nos_group_key *all = p->group ? nos_group_key(&p->group->g, name) : NULL;

	if (!own && !all)
		return false;
	*ret = own ? own->value : all->value;
	assert_int_equal(nos_assoc_auth(&p->node, own ? own : &groups, ret_auth, &p->err), NOS_OK);
	return true;
}

/* A pack under the source's key: does the node have that key, with the same value? */
static inline bool pair_pack(struct pair *p)
{
	const struct nos_keyring_key *k = nos_keyring_active(&p->source);
	NOS_AUTO(secret) value = { 0 };
	NOS_AUTO(secret) here = { 0 };
	NOS_AUTO(secret) there = { 0 };
	bool changed;

	if (!pair_find(p, &k->name, &value, &there) || !nos_secret_eq(&value, &k->value))
		return false;
	assert_int_equal(
	    nos_derive_static(&p->source.z_key, NOS_DERIVE_AUTH, &here, &p->err), NOS_OK);
	if (!nos_secret_eq(&here, &there))
		return false;
	assert_int_equal(nos_issuer_used(&p->node, &p->world, &k->name, &changed, &p->err), NOS_OK);
	nos_holder_confirmed(&p->source, &k->name);
	return true;
}

/* What the node takes the source to send under. */
static inline struct nos_name pair_present(const struct pair *p)
{
	const struct nos_group *g = p->group ? &p->group->g : NULL;

	if (g && nos_group_present(g))
		return nos_group_name(g, nos_group_present(g));
	return nos_assoc_active(&p->node, g ? 'p' : p->world.scheme->letter)->name;
}

/* Both send and take under the same key, and nothing is under way. */
static inline void pair_is_whole(struct pair *p)
{
	struct nos_name present;

	assert_true(pair_pack(p));
	assert_false(nos_issuer_is_pending(&p->node, p->world.life));
	present = pair_present(p);
	assert_true(nos_name_eq(&present, &nos_keyring_active(&p->source)->name));
}

/* What the source lacks is issued, delivered, acknowledged and used. */
static inline void pair_settle(struct pair *p)
{
	(void)pair_fill(p);
	if (nos_issuer_outstanding(&p->node, p->world.life)) {
		assert_int_equal(pair_deliver(p), NOS_HOLDER_TOOK);
		pair_make_ack(p);
		assert_int_equal(pair_ack(p), NOS_OK);
	}
	pair_is_whole(p);
}

/* The node takes a domain's global key back, and draws the next. */
static inline void pair_take_back(struct pair *p, uint64_t domain)
{
	struct nos_pool_key *k = &p->pool.keys[domain - 1];

	k->version++;
	memset(k->value, 0x80 + (int)(domain + k->version), sizeof(k->value));
}

/* The broadcast that says so of one of its versions, appended to *ret. */
static inline void pair_broadcast(
    struct pair *p, uint64_t domain, uint64_t version, struct nos_buf *ret)
{
	const struct nos_invalidation v = {
		.node = p->world.node, .version = 1, .names = { { domain, version } }, .count = 1
	};

	assert_int_equal(nos_invalidation_seal(&v, &p->sign, ret, &p->err), NOS_OK);
}

/* One message, whatever it is, reaches the source alone. */
static inline enum nos_holder_did pair_take(struct pair *p, struct nos_span message)
{
	enum nos_holder_did did = NOS_HOLDER_NOTHING;

	nos_err_clear(&p->err);
	(void)!nos_holder_take(&p->source, &message, 1, p->world.now, &did, &p->err);
	return did;
}

/* So does what all of its group hear. */
static inline enum nos_holder_did pair_hear(struct pair *p)
{
	NOS_AUTO(buf) order = { 0 };

	return pair_order(p, &order) ? pair_take(p, nos_buf_span(&order)) : NOS_HOLDER_NOTHING;
}

#endif
