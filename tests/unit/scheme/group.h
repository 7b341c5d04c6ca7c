/* SPDX-License-Identifier: MIT */
/*
 * The node's part of a group, of bytes and arithmetic alone: a tree with every key of it, a clock,
 * a chain of tokens; and members that are brought into it and told what they are to be told.
 */
#ifndef NOS_TEST_GROUP_H
#define NOS_TEST_GROUP_H

#include <stdio.h>

#include "../test.h"
#include "scheme/membership.h"

#define GROUP	    3
#define GROUP_DEPTH 4
#define GROUP_CHAIN 1200 /* tokens */
#define GROUP_T	    5	 /* t at which it begins */

struct group {
	uint64_t node;
	struct nos_session clock;
	uint8_t tokens[GROUP_CHAIN + 1][NOS_SESSION_TOKEN_LEN]; /* by t */
	struct nos_secret keys[2u << GROUP_DEPTH];
	struct nos_secret b; /* of the present epoch */
	uint64_t began;	     /* the t at which that was */
	struct nos_secret sign;
	uint8_t sign_public[NOS_SIGN_PUBLIC_LEN];
	struct nos_lkh_climb climb; /* of the last eviction … */
	uint32_t evicted;	    /* … and whose that was */
	uint8_t drawn;		    /* so that each secret is another */
	struct nos_err err;
};

static inline struct nos_secret group_draw(struct group *g, size_t len)
{
	struct nos_secret s = { .len = len };

	memset(s.bytes, 0x5a, len);
	s.bytes[0] = ++g->drawn;
	s.bytes[1] = (uint8_t)g->node;
	return s;
}

static inline void group_init(struct group *g, uint64_t node)
{
	*g = (struct group){ .node = node, .clock = { .group = GROUP, .t = GROUP_T } };
	g->clock.a = group_draw(g, 32);
	memset(g->tokens[GROUP_CHAIN], (int)node, NOS_SESSION_TOKEN_LEN);
	for (uint64_t t = GROUP_CHAIN; t; t--)
		assert_int_equal(nos_session_token_before(
				     node, GROUP, t, g->tokens[t], g->tokens[t - 1], &g->err),
		    NOS_OK);
	for (uint32_t n = 1; n < 2u << GROUP_DEPTH; n++)
		g->keys[n] = group_draw(g, NOS_LKH_KEY_LEN);
	g->sign = group_draw(g, NOS_SIGN_PRIVATE_LEN);
	assert_int_equal(nos_sign_public(&g->sign, g->sign_public, &g->err), NOS_OK);
}

/* A source of the node, which has its p. key and no place yet. */
static inline void group_source(const struct group *g, struct nos_keyring *k, const char *scheme)
{
	*k = (struct nos_keyring){ .node = g->node, .group_name = "roof" };
	snprintf(k->scheme, sizeof(k->scheme), "%s", scheme);
	memcpy(k->sign, g->sign_public, sizeof(k->sign));
	k->keys[0] = (struct nos_keyring_key){ .name = { 'p', 1, { 1 } },
		.state = NOS_STATE_ACTIVE,
		.value = { .len = 32 },
		.since = { 1 } };
	k->key_count = 1;
}

/* ---- what the node says under a seal ---- */

static inline enum nos_code group_tell(struct nos_keyring *k, enum nos_message_kind kind,
    struct nos_span body, const struct nos_secret *made, struct nos_err *err)
{
	const struct nos_scheme_message m = {
		.kind = kind, .body = body, .made = made, .now = { 1547812800000 }
	};

	nos_err_clear(err);
	return nos_membership_accept(&m, k, err);
}

static inline enum nos_code group_path(struct group *g, struct nos_keyring *k, uint32_t leaf)
{
	struct nos_lkh_path path = { GROUP_DEPTH, GROUP, g->clock.epoch, leaf };
	const struct nos_secret made = group_draw(g, 32);
	NOS_AUTO(buf) body = { 0 };

	assert_int_equal(
	    nos_lkh_leaf_key(&made, GROUP, &g->keys[nos_lkh_number(GROUP_DEPTH, leaf, 0)], &g->err),
	    NOS_OK);
	for (unsigned h = 1; h <= GROUP_DEPTH; h++)
		path.keys[h] = g->keys[nos_lkh_number(GROUP_DEPTH, leaf, h)];
	nos_buf_init_secret(&body, NOS_LKH_PATH_MAX);
	nos_lkh_path_encode(&body, &path);
	return group_tell(k, NOS_MESSAGE_PATH, nos_buf_span(&body), &made, &g->err);
}

static inline enum nos_code group_join(struct group *g, struct nos_keyring *k)
{
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	nos_session_join_encode(&body, &g->clock, g->tokens[g->clock.t]);
	return group_tell(k, NOS_MESSAGE_JOIN, nos_buf_span(&body), NULL, &g->err);
}

static inline enum nos_code group_tell_heal(struct group *g, struct nos_keyring *k)
{
	const struct nos_session_heal heal = { GROUP, g->clock.epoch, g->began, g->b };
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	nos_session_heal_encode(&body, &heal);
	return group_tell(k, NOS_MESSAGE_HEAL, nos_buf_span(&body), NULL, &g->err);
}

/* The last eviction, as the member of this leaf pulls it. */
static inline enum nos_code group_tell_evict(struct group *g, struct nos_keyring *k, uint32_t leaf)
{
	const unsigned level = nos_lkh_level(leaf, g->evicted);
	const struct nos_eviction_pull pull = { GROUP, g->clock.epoch, g->began, level,
		g->climb.s[level] };
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init_secret(&body, NOS_EVICTION_PULL_MAX);
	nos_eviction_pull_encode(&body, &pull);
	return group_tell(k, NOS_MESSAGE_EVICT, nos_buf_span(&body), NULL, &g->err);
}

/* ---- what the node does ---- */

static inline void group_order_of(
    const struct group *g, uint64_t epoch, uint64_t t, struct nos_buf *ret)
{
	struct nos_session_order o = { GROUP, epoch, { .t = t } };

	memcpy(o.token.h, g->tokens[t], sizeof(o.token.h));
	nos_buf_truncate(ret, 0);
	nos_session_order_encode(ret, &o);
}

/* One session on; the order is in *ret, which may be NULL. */
static inline void group_step(struct group *g, struct nos_buf *ret)
{
	assert_int_equal(nos_session_tick(&g->clock, &g->err), NOS_OK);
	if (ret)
		group_order_of(g, g->clock.epoch, g->clock.t, ret);
}

static inline void group_begin(struct group *g, const struct nos_secret *b)
{
	g->b = *b;
	g->began = g->clock.t;
	for (uint32_t n = 1; n < 2u << GROUP_DEPTH; n++)
		assert_int_equal(
		    nos_lkh_step(&g->keys[n], g->clock.epoch, g->clock.epoch + 1, &g->err), NOS_OK);
	assert_int_equal(
	    nos_session_begin_epoch(&g->clock, g->clock.epoch + 1, b, &g->err), NOS_OK);
}

/* A new epoch without an eviction. */
static inline void group_heal(struct group *g)
{
	const struct nos_secret b = group_draw(g, NOS_SESSION_B_LEN);

	group_begin(g, &b);
}

static inline enum nos_code group_key_of(
    void *state, uint32_t number, struct nos_secret *ret, struct nos_err *err)
{
	struct group *g = state;

	(void)err;
	*ret = g->keys[number];
	return NOS_OK;
}

/* And with one; the broadcast is in *ret. */
static inline void group_evict(struct group *g, uint32_t leaf, struct nos_buf *ret)
{
	struct nos_eviction v = {
		.turn = { GROUP_DEPTH, GROUP, g->clock.epoch + 1 }, .t = g->clock.t, .leaf = leaf
	};
	const struct nos_secret s = group_draw(g, NOS_LKH_KEY_LEN);

	g->evicted = leaf;
	assert_int_equal(nos_lkh_climb(&v.turn, 0, &s, &g->climb, &g->err), NOS_OK);
	assert_int_equal(
	    nos_lkh_wrap(&v.turn, &g->climb, leaf, group_key_of, g, v.wraps, &g->err), NOS_OK);
	memcpy(v.confirm, g->climb.confirm, sizeof(v.confirm));
	nos_buf_truncate(ret, 0);
	assert_int_equal(nos_eviction_seal(&v, &g->sign, ret, &g->err), NOS_OK);
	group_begin(g, &g->climb.b);
	for (unsigned h = 1; h <= GROUP_DEPTH; h++)
		g->keys[nos_lkh_number(GROUP_DEPTH, leaf, h)] = g->climb.keys[h];
	g->keys[nos_lkh_number(GROUP_DEPTH, leaf, 0)] = group_draw(g, NOS_LKH_KEY_LEN);
}

/* ---- what a member has of it ---- */

/* Hear it; did the keyring become another? */
static inline bool group_hear_at(
    struct nos_keyring *k, const struct nos_buf *message, int64_t now_ms)
{
	struct nos_err err = { 0 };
	bool took;

	assert_true(nos_membership_is_heard(nos_buf_span(message)));
	assert_int_equal(
	    nos_membership_hear(k, nos_buf_span(message), (struct nos_time){ now_ms }, &took, &err),
	    NOS_OK);
	assert_int_equal(err.code, NOS_OK);
	return took;
}

static inline bool group_hear(struct nos_keyring *k, const struct nos_buf *message)
{
	return group_hear_at(k, message, 1547812800000);
}

/* What is heard changes nothing, but that much may have been hashed over. */
static inline void group_hear_nothing(struct nos_keyring *k, const struct nos_buf *message)
{
	struct nos_keyring before = *k;

	assert_false(group_hear(k, message));
	before.group.leapt = k->group.leapt;
	assert_memory_equal(&before, k, sizeof(before));
}

/* Its path is the node's, of the present epoch. */
static inline void assert_placed(const struct group *g, const struct nos_keyring *k, uint32_t leaf)
{
	const struct nos_lkh_path *p = &k->group.path;

	assert_int_equal(k->group.number, GROUP);
	assert_int_equal(p->leaf, leaf);
	assert_int_equal(p->epoch, g->clock.epoch);
	for (unsigned h = 0; h <= GROUP_DEPTH; h++)
		assert_true(
		    nos_secret_eq(&p->keys[h], &g->keys[nos_lkh_number(GROUP_DEPTH, leaf, h)]));
}

/* It has one key of the group, which it sends under: the present one. */
static inline void assert_in_step(struct group *g, const struct nos_keyring *k)
{
	const struct nos_keyring_key *key = nos_keyring_active(k);
	const struct nos_name name = { k->shared ? 'g' : 's', 3,
		{ GROUP, g->clock.epoch, g->clock.t } };
	struct nos_secret want;

	assert_int_equal(nos_session_key(&g->clock, g->tokens[g->clock.t], &want, &g->err), NOS_OK);
	assert_true(nos_name_eq(&key->name, &name));
	assert_true(nos_secret_eq(&key->value, &want));
	assert_int_equal(k->key_count, 2);
	assert_int_equal(k->group.token.t, g->clock.t);
}

/* A member of this leaf that has joined and is in step. */
static inline void group_enter(
    struct group *g, struct nos_keyring *k, const char *scheme, uint32_t leaf)
{
	group_source(g, k, scheme);
	assert_int_equal(group_path(g, k, leaf), NOS_OK);
	assert_int_equal(group_join(g, k), NOS_OK);
	assert_in_step(g, k);
}

#endif
