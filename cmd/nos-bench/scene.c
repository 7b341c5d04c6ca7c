/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/jose.h"
#include "envelope/grant.h"

#define BEGIN	     1547812800000 /* ms since 1970: as good as any */
#define DOMAINS	     5
#define PERIOD	     604800000
#define SETTLE_TURNS 4 /* a path, then a key, and one to spare */

struct nos_secret scene_draw(struct scene *s, size_t len)
{
	struct nos_secret ret = { .len = len };

	bench_random_bytes(s->random, ret.bytes, len);
	return ret;
}

bool scene_is_grouped(const struct scene *s)
{
	return s->scheme->grouped;
}

void scene_release(struct scene *s)
{
	for (size_t i = 0; i < s->air.count; i++)
		free(s->air.list[i].bytes);
	free(s->air.list);
	if (s->members)
		explicit_bzero(s->members, s->count * sizeof(s->members[0]));
	free(s->members);
	explicit_bzero(s, sizeof(*s));
}

struct scene_member *scene_begin(struct scene *s, unsigned i)
{
	struct scene_member *m = &s->members[i];

	m->world.now = s->now;
	m->node.event_count = 0;
	if (scene_is_grouped(s))
		scene_group_place(s, i);
	return m;
}

/* ---- the air ---- */

enum nos_code scene_say(struct scene *s, enum scene_kind kind, unsigned member,
    struct nos_span message, struct nos_err *err)
{
	struct scene_air *a = &s->air;
	struct scene_message *grown;

	if (s->mute)
		return NOS_OK;
	if (a->count == a->cap) {
		grown = reallocarray(a->list, a->cap * 2 + 64, sizeof(*grown));
		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		a->list = grown;
		a->cap = a->cap * 2 + 64;
	}
	a->list[a->count] =
	    (struct scene_message){ kind, member, message.len, malloc(message.len + 1) };
	if (!a->list[a->count].bytes)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	memcpy(a->list[a->count++].bytes, message.p, message.len);
	return NOS_OK;
}

/* ---- registration ---- */

/* Of one registration: what both sides have at hand. */
struct enrolment {
	struct nos_grant_request request;
	struct nos_secret once; /* E_S, private */
	struct nos_ecdh_point node_once;
	uint8_t hash[NOS_HASH_LEN]; /* of m1 */
};

static enum nos_code say_m1(struct scene *s, unsigned i, struct enrolment *e, struct nos_err *err)
{
	struct scene_member *m = &s->members[i];
	const struct nos_secret word = scene_draw(s, 16);
	NOS_AUTO(buf) plain = { 0 };
	NOS_AUTO(buf) m1 = { 0 };
	struct nos_span piece;

	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	nos_buf_init(&m1, NOS_GRANT_TEXT_MAX * 2);
	e->once = scene_draw(s, NOS_ECDH_PRIVATE_LEN);
	e->request.description = NOS_STR("{}");
	bench_random_bytes(s->random, e->request.nonce, sizeof(e->request.nonce));
	if (nos_derive_token(nos_secret_span(&word), &m->token, err) ||
	    nos_ecdh_public(&e->once, &e->request.once, err) ||
	    nos_grant_request_prove(&m->token, &e->request, err))
		return err->code;
	nos_grant_request_encode(&plain, &e->request);
	if (nos_buf_check(&plain, "m1", err) ||
	    nos_jose_seal_to(&s->own_public, nos_buf_span(&plain), &m1, err))
		return err->code;
	piece = nos_buf_span(&m1);
	if (nos_hash_sha256(&piece, 1, e->hash, err))
		return err->code;
	return scene_say(s, SCENE_M1, i, piece, err);
}

static enum nos_code say_m2(struct scene *s, unsigned i, const struct enrolment *e,
    const struct nos_secret *r, struct nos_err *err)
{
	struct nos_grant_answer answer = { .source = s->members[i].world.source,
		.node = SCENE_NODE,
		.once = e->node_once,
		.next = 1,
		.grants = NOS_STR("[]") };
	NOS_AUTO(buf) plain = { 0 };
	NOS_AUTO(buf) m2 = { 0 };

	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	nos_buf_init(&m2, NOS_GRANT_TEXT_MAX * 2);
	memcpy(answer.nonce, e->request.nonce, sizeof(answer.nonce));
	memcpy(answer.m1, e->hash, sizeof(answer.m1));
	memcpy(answer.sign, s->sign_public, sizeof(answer.sign));
	if (nos_grant_answer_seal(r, &answer, &plain, err) ||
	    nos_jose_seal_to(&e->request.once, nos_buf_span(&plain), &m2, err))
		return err->code;
	return scene_say(s, SCENE_M2, i, nos_buf_span(&m2), err);
}

static void fill_keyring(
    const struct scene *s, struct nos_keyring *k, const struct nos_derive_base *base)
{
	k->node = SCENE_NODE;
	k->shared = s->shared;
	memcpy(k->sign, s->sign_public, sizeof(k->sign));
	snprintf(k->scheme, sizeof(k->scheme), "%s", s->scheme->name);
	if (scene_is_grouped(s))
		snprintf(k->group_name, sizeof(k->group_name), "%s", s->group.name);
	k->next = 1;
	k->down.key = base->down;
	k->up.key = base->up;
	k->z = 1;
	k->z_key = base->z;
	k->keys[0] = (struct nos_keyring_key){
		.name = { 'p', 1, { 1 } }, .state = NOS_STATE_ACTIVE, .value = base->pair
	};
	k->key_count = 1;
}

static enum nos_code enrol(struct scene *s, unsigned i, struct nos_err *err)
{
	struct scene_member *m = &s->members[i];
	struct enrolment e = { 0 };
	const struct nos_derive_registration c = { { e.hash, sizeof(e.hash) },
		{ e.node_once.bytes, sizeof(e.node_once.bytes) }, SCENE_NODE, m->world.source };
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(secret) once_once = { 0 };
	NOS_AUTO(secret) node_once = { 0 };
	NOS_AUTO(secret) r = { 0 };

	m->once = scene_draw(s, NOS_ECDH_PRIVATE_LEN);
	if (!say_m1(s, i, &e, err) && !nos_ecdh_public(&m->once, &e.node_once, err) &&
	    !nos_ecdh_shared(&m->once, &e.request.once, &once_once, err) &&
	    !nos_ecdh_shared(&s->own, &e.request.once, &node_once, err) &&
	    !nos_derive_root(&m->token, &once_once, &node_once, &r, err) &&
	    !nos_derive_base_from(&r, &c, &base, err) && !say_m2(s, i, &e, &r, err)) {
		nos_issuer_enrol(&m->node, &m->world, &base);
		fill_keyring(s, &m->source, &base);
	}
	explicit_bzero(&e, sizeof(e));
	return err->code;
}

/* ---- the whole ---- */

static enum nos_code make_node(struct scene *s, struct nos_err *err)
{
	s->own = scene_draw(s, NOS_ECDH_PRIVATE_LEN);
	s->sign = scene_draw(s, NOS_SIGN_PRIVATE_LEN);
	bench_random_bytes(s->random, s->nonce, sizeof(s->nonce));
	s->pool = (struct nos_pool){ .size = DOMAINS, .drawn = DOMAINS, .ring = 1 };
	for (unsigned i = 0; i < DOMAINS; i++) {
		s->pool.keys[i].version = 1;
		bench_random_bytes(s->random, s->pool.keys[i].value, NOS_POOL_KEY_LEN);
	}
	s->numbers = (struct nos_pool_numbers){ 1, UINT64_C(1) << 32 };
	if (nos_ecdh_public(&s->own, &s->own_public, err) ||
	    nos_sign_public(&s->sign, s->sign_public, err))
		return err->code;
	return scene_is_grouped(s) ? scene_group_make(s, err) : NOS_OK;
}

static void make_member(struct scene *s, unsigned i)
{
	struct scene_member *m = &s->members[i];

	snprintf(m->source.source, sizeof(m->source.source), "s-%010" PRIx64,
	    bench_random_next(s->random) >> 24);
	m->leaf = s->next_leaf++;
	m->world = (struct nos_issuer){ .now = s->now,
		.node = SCENE_NODE,
		.source = nos_str_of(m->source.source),
		.life = 1,
		.identity = 1,
		.overlap_ms = SCENE_OVERLAP,
		.period_ms = PERIOD,
		.scheme = s->scheme,
		.pool = &s->pool,
		.numbers = &s->numbers,
		.place = scene_is_grouped(s) ? &m->place : NULL };
}

static enum nos_code settle_all(struct scene *s, struct nos_err *err)
{
	for (unsigned i = 0; i < s->count; i++)
		if (!s->members[i].node.revoked && scene_settle(s, i, err))
			return err->code;
	return NOS_OK;
}

enum nos_code scene_open(struct scene *s, struct bench *b, enum bench_scheme scheme, bool shared,
    unsigned members, struct nos_err *err)
{
	*s = (struct scene){ .random = &b->random,
		.scheme = nos_scheme_find(nos_str_of(bench_scheme_text(scheme))),
		.shared = shared,
		.now = { BEGIN },
		.members = calloc(members, sizeof(*s->members)),
		.count = members };
	if (!s->members)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (make_node(s, err))
		return err->code;
	for (unsigned i = 0; i < members; i++) {
		make_member(s, i);
		if (enrol(s, i, err))
			return err->code;
	}
	/* Who was placed is given a key that began since. */
	if (settle_all(s, err))
		return err->code;
	return scene_is_grouped(s) ? scene_rekey(s, 0, err) : NOS_OK;
}

/* ---- a re-key ---- */

enum nos_code scene_fill(struct scene *s, unsigned i, struct nos_err *err)
{
	struct scene_member *m = scene_begin(s, i);
	bool changed;

	if (nos_issuer_fill(&m->node, &m->world, &changed, err))
		return err->code;
	if (scene_is_grouped(s))
		scene_group_placed(s, i);
	return NOS_OK;
}

enum nos_code scene_down(struct scene *s, unsigned i, enum nos_holder_did *ret, struct nos_err *err)
{
	struct scene_member *m = &s->members[i];
	struct nos_span list[NOS_ASSOC_OUT_MAX];
	const size_t count = nos_issuer_outstanding(&m->node, m->world.life);

	*ret = NOS_HOLDER_NOTHING;
	for (size_t j = 0; j < count; j++) {
		list[j] = (struct nos_span){ m->node.out[j].bytes, m->node.out[j].len };
		if (scene_say(s, SCENE_TOLD, i, list[j], err))
			return err->code;
	}
	return nos_holder_take(&m->source, list, count, s->now, ret, err);
}

enum nos_code scene_up(struct scene *s, unsigned i, struct nos_err *err)
{
	struct scene_member *m = scene_begin(s, i);
	bool changed;

	if (nos_holder_ack(&m->source, err) ||
	    scene_say(s, SCENE_ACK, i, (struct nos_span){ m->source.ack, m->source.ack_len }, err))
		return err->code;
	if (nos_issuer_acked(&m->node, &m->world,
		(struct nos_span){ m->source.ack, m->source.ack_len }, &changed, err))
		return err->code;
	return scene_group_left(s, i, err);
}

enum nos_code scene_settle(struct scene *s, unsigned i, struct nos_err *err)
{
	enum nos_holder_did did;

	for (unsigned turn = 0; turn < SETTLE_TURNS; turn++) {
		if (scene_fill(s, i, err))
			return err->code;
		if (!nos_issuer_outstanding(&s->members[i].node, s->members[i].world.life))
			return NOS_OK;
		if (scene_down(s, i, &did, err) || scene_up(s, i, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code scene_order(struct scene *s, unsigned i, struct nos_err *err)
{
	struct scene_member *m;
	enum nos_issuer_did did;

	s->now.ms += 1000;
	m = scene_begin(s, i);
	return nos_issuer_replace(&m->node, &m->world, &did, err);
}

enum nos_code scene_rekey(struct scene *s, unsigned i, struct nos_err *err)
{
	if (!scene_is_grouped(s))
		return scene_order(s, i, err) ? err->code : scene_settle(s, i, err);
	s->now.ms += 1000;
	if (nos_group_has_clock(&s->group) ? scene_group_tick(s, err) : scene_group_heal(s, err))
		return err->code;
	return settle_all(s, err);
}

/* ---- ask, renew, revoke ---- */

static enum nos_code answer(struct scene *s, unsigned i, struct nos_err *err)
{
	struct scene_member *m = &s->members[i];
	const struct nos_span ask = { m->source.ask.bytes, m->source.ask.len };
	NOS_AUTO(offer_shared) shared = { 0 };
	const struct nos_secret once = scene_draw(s, NOS_ECDH_PRIVATE_LEN);
	struct nos_offer_asked asked;

	if (scene_say(s, SCENE_ASK, i, ask, err) ||
	    nos_offer_read(&m->node, &m->world, ask, s->nonce, 1, &asked, err))
		return err->code;
	if (nos_ecdh_public(&once, &shared.once, err) ||
	    nos_ecdh_shared(&once, &asked.once, &shared.once_once, err) ||
	    nos_ecdh_shared(&s->own, &asked.once, &shared.node_once, err) ||
	    nos_offer_make(&m->node, &m->world, &asked, &shared, m->window.top + 1, err))
		return err->code;
	return scene_say(
	    s, SCENE_ANSWER, i, (struct nos_span){ m->node.offer.answer, m->node.offer.len }, err);
}

enum nos_code scene_ask(struct scene *s, unsigned i, bool renew, struct nos_err *err)
{
	const struct nos_secret once = scene_draw(s, NOS_ECDH_PRIVATE_LEN);
	struct nos_ecdh_point public;
	struct scene_member *m;

	/* A nonce lives for a few minutes, in which only so many may ask. */
	s->now.ms += 600000;
	m = scene_begin(s, i);
	bench_random_bytes(s->random, s->nonce, sizeof(s->nonce));
	if (nos_ecdh_public(&once, &public, err) ||
	    nos_holder_ask(&m->source, 0, renew, s->nonce[0], &once, &public, s->now, err) ||
	    answer(s, i, err))
		return err->code;
	return nos_holder_answer(&m->source,
	    (struct nos_span){ m->node.offer.answer, m->node.offer.len }, &s->own_public, s->now,
	    err);
}

enum nos_code scene_revoke(struct scene *s, unsigned i, struct nos_err *err)
{
	struct scene_member *m = scene_begin(s, i);
	bool done;

	if (nos_issuer_revoke(&m->node, "revoked", &done, err))
		return err->code;
	return scene_group_left(s, i, err);
}
