/* SPDX-License-Identifier: MIT */
/*
 * What is forged: by who has nothing but the air, and by who is a source of the same node and a
 * member of the same group. Member 0 is the victim, member 1 the insider. Without the defence the
 * forger has what makes the real thing: the node's key, token or chain.
 */
#include <string.h>

#include "robustness.h"
#include "scheme/membership.h"
#include "scheme/pairwise.h"
#include "thief.h"

#define MEMBERS 3

/* One forgery, tried on a copy of the victim's keyring. */
static enum nos_code try_heard(
    struct attack *a, const struct scene *s, struct nos_span message, struct nos_err *err)
{
	NOS_AUTO(keyring) k = s->members[0].source;
	bool took;

	if (nos_holder_overhear(&k, message, s->now, &took, err))
		return err->code;
	a->k += took;
	a->m++;
	return NOS_OK;
}

/* ---- orders ---- */

struct order_try {
	uint64_t epoch, ahead;
	enum { DRAWN, LAST, BEFORE, TRUE } token;
};

static enum nos_code forge_token(struct scene *s, const struct order_try *o, uint64_t t,
    uint8_t ret[static NOS_SESSION_TOKEN_LEN], struct nos_err *err)
{
	const uint64_t now = s->group.clock.t;

	bench_random_bytes(s->random, ret, NOS_SESSION_TOKEN_LEN);
	switch (o->token) {
	case DRAWN:
		return NOS_OK;
	case LAST:
		return scene_group_token(s, now, ret, err);
	case BEFORE:
		return scene_group_token(s, now - 1, ret, err);
	case TRUE:
		break;
	}
	return scene_group_token(s, t, ret, err);
}

static enum nos_code try_order(
    struct attack *a, struct scene *s, const struct order_try *o, struct nos_err *err)
{
	const uint64_t t = s->group.clock.t + o->ahead;
	struct nos_session_order order = { SCENE_GROUP, s->group.clock.epoch + o->epoch,
		{ .t = t } };
	NOS_AUTO(buf) message = { 0 };

	if (forge_token(s, o, t, order.token.h, err))
		return err->code;
	nos_buf_init(&message, NOS_SESSION_ORDER_MAX);
	nos_session_order_encode(&message, &order);
	return try_heard(a, s, nos_buf_span(&message), err);
}

enum nos_code attack_forge_order(struct attack *a, struct nos_err *err)
{
	static const struct order_try tries[] = { { 0, 1, DRAWN }, { 0, 1, LAST }, { 0, 1, BEFORE },
		{ 1, 1, DRAWN }, { 1, 1, LAST }, { 0, 60, DRAWN }, { 0, 200, LAST } };
	static const struct order_try true_one = { 0, 1, TRUE };

	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) || scene_rekey(&s, 0, err))
			return err->code;
		for (size_t j = 0; j < sizeof(tries) / sizeof(tries[0]); j++)
			if (try_order(a, &s, a->defence ? &tries[j] : &true_one, err))
				return err->code;
	}
	return NOS_OK;
}

/* ---- messages to one source, and acknowledgements ---- */

static enum nos_code seal_message(struct scene *s, enum nos_message_kind kind,
    const struct nos_chain *chain, struct nos_span body, struct nos_buf *ret, struct nos_err *err)
{
	nos_buf_init(ret, NOS_ASSOC_MESSAGE_MAX);
	return nos_message_seal(
	    kind, chain, SCENE_NODE, s->members[0].world.source, body, ret, err);
}

/* A p. key of the forger's choice, under this chain. */
static enum nos_code try_message(
    struct attack *a, struct scene *s, const struct nos_chain *chain, struct nos_err *err)
{
	NOS_AUTO(keyring) k = s->members[0].source;
	enum nos_holder_did did = NOS_HOLDER_NOTHING;
	NOS_AUTO(buf) body = { 0 };
	NOS_AUTO(buf) message = { 0 };
	struct nos_span one;

	nos_buf_init(&body, 64);
	nos_pairwise_encode(&body, 1000);
	if (seal_message(s, NOS_MESSAGE_PAIR, chain, nos_buf_span(&body), &message, err))
		return err->code;
	one = nos_buf_span(&message);
	if (nos_holder_take(&k, &one, 1, s->now, &did, err) == NOS_INTERNAL)
		return err->code;
	nos_err_clear(err);
	a->k += did == NOS_HOLDER_TOOK;
	a->m++;
	return NOS_OK;
}

/* That the source has all, so that nothing is sent again. */
static enum nos_code try_ack(
    struct attack *a, struct scene *s, const struct nos_chain *chain, struct nos_err *err)
{
	static const uint8_t body[] = { 0x7f };
	struct scene_member *m = &s->members[0];
	NOS_AUTO(assoc) node = m->node;
	NOS_AUTO(buf) message = { 0 };
	bool changed = false;

	if (seal_message(
		s, NOS_MESSAGE_ACK, chain, (struct nos_span){ body, sizeof(body) }, &message, err))
		return err->code;
	if (nos_issuer_acked(&node, &m->world, nos_buf_span(&message), &changed, err) ==
	    NOS_INTERNAL)
		return err->code;
	nos_err_clear(err);
	a->k += changed;
	a->m++;
	return NOS_OK;
}

/* Whose chain a forger has: one that it made up, and its own. */
static enum nos_code with_chains(struct attack *a, bool up, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		struct nos_chain chains[3];

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) || scene_rekey(&s, 0, err))
			return err->code;
		for (size_t j = 0; j < 3; j++) {
			chains[j] = up ? s.members[0].source.up : s.members[0].source.down;
			if (a->defence && j == 0)
				chains[j].key = scene_draw(&s, 32);
			else if (a->defence)
				chains[j].key = (up == (j == 1) ? s.members[1].source.up
								: s.members[1].source.down)
						    .key;
			if (up ? try_ack(a, &s, &chains[j], err)
			       : try_message(a, &s, &chains[j], err))
				return err->code;
		}
		explicit_bzero(chains, sizeof(chains));
	}
	return NOS_OK;
}

enum nos_code attack_forge_message(struct attack *a, struct nos_err *err)
{
	return with_chains(a, false, err);
}

enum nos_code attack_forge_ack(struct attack *a, struct nos_err *err)
{
	return with_chains(a, true, err);
}

/* ---- evictions ---- */

/* Member 2 is put out by member 1, who has the key of the subtree that it shares with member 0:
 * the wrap for that one is good, the others are anything. */
static enum nos_code forge_eviction(
    struct scene *s, const struct nos_secret *sign, struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_lkh_path *p = &s->members[1].source.group.path;
	struct nos_eviction v = { .turn = { SCENE_DEPTH, SCENE_GROUP, p->epoch + 1 },
		.t = s->group.clock.t,
		.leaf = s->members[2].leaf };
	const unsigned level = nos_lkh_level(v.leaf, p->leaf);
	const struct nos_secret secret = scene_draw(s, NOS_LKH_KEY_LEN);
	NOS_AUTO(lkh_climb) climb = { 0 };
	NOS_AUTO(secret) wrap = { 0 };

	bench_random_bytes(s->random, v.wraps, sizeof(v.wraps));
	if (nos_lkh_climb(&v.turn, 0, &secret, &climb, err))
		return err->code;
	memcpy(v.confirm, climb.confirm, sizeof(v.confirm));
	/* To wrap and to unwrap are the same. */
	if (nos_lkh_unwrap(&v.turn, v.confirm, nos_lkh_number(p->depth, p->leaf, level),
		&p->keys[level], climb.s[level].bytes, &wrap, err))
		return err->code;
	memcpy(v.wraps[level], wrap.bytes, NOS_LKH_KEY_LEN);
	nos_buf_init(ret, NOS_EVICTION_MAX);
	return nos_eviction_seal(&v, sign, ret, err);
}

enum nos_code attack_forge_eviction(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		NOS_AUTO(buf) message = { 0 };
		struct nos_secret sign;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err))
			return err->code;
		sign = a->defence ? scene_draw(&s, NOS_SIGN_PRIVATE_LEN) : s.sign;
		if (forge_eviction(&s, &sign, &message, err) ||
		    try_heard(a, &s, nos_buf_span(&message), err))
			return err->code;
	}
	return NOS_OK;
}

/* ---- invalidations ---- */

enum nos_code attack_forge_invalidation(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		NOS_AUTO(buf) message = { 0 };
		struct nos_invalidation v = { .node = SCENE_NODE, .version = 1 };
		struct nos_secret sign;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err))
			return err->code;
		for (unsigned d = 0; d < s.pool.size; d++)
			v.names[v.count++] = (struct nos_invalidation_name){ d + 1, 1 };
		sign = a->defence ? scene_draw(&s, NOS_SIGN_PRIVATE_LEN) : s.sign;
		nos_buf_init(&message, NOS_INVALIDATION_MAX);
		if (nos_invalidation_seal(&v, &sign, &message, err) ||
		    try_heard(a, &s, nos_buf_span(&message), err))
			return err->code;
	}
	return NOS_OK;
}

/* ---- receipts ---- */

/* A receipt by whose keys these are, for a pack of the victim's that nobody took. */
static enum nos_code try_receipt(
    struct attack *a, const struct scene *s, const struct scene_seal *forger, struct nos_err *err)
{
	const struct nos_span answer = nos_str_bytes(NOS_STR("{\"accepted\":1}"));
	char receipt[NOS_PACK_RECEIPT_LEN];
	NOS_AUTO(pack_keys) own = { 0 };
	NOS_AUTO(pack_keys) theirs = { 0 };
	NOS_AUTO(buf) pack = { 0 };
	struct scene_seal seal;

	if (scene_seal_of(&s->members[0].source, &seal, err) || scene_pack(&seal, &pack, err) ||
	    scene_keys(&seal, &own, err) || scene_keys(forger, &theirs, err) ||
	    nos_pack_receipt(&theirs, nos_buf_span(&pack), answer, receipt, err))
		return err->code;
	a->k += nos_pack_receipt_is_good(&own, nos_buf_span(&pack), answer, nos_str_of(receipt));
	a->m++;
	return NOS_OK;
}

enum nos_code attack_forge_receipt(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		struct scene_seal outside, inside;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) ||
		    scene_seal_of(&s.members[a->defence ? 1 : 0].source, &inside, err))
			return err->code;
		outside = inside;
		if (a->defence) {
			outside.value = scene_draw(&s, 32);
			outside.auth = scene_draw(&s, 32);
		}
		if (try_receipt(a, &s, &outside, err) || try_receipt(a, &s, &inside, err))
			return err->code;
	}
	return NOS_OK;
}
