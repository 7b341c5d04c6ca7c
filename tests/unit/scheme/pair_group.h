/* SPDX-License-Identifier: MIT */
/*
 * The group that pairs are members of, as their node has it: scheme/group.h, and the whole of its
 * tree in memory. What a node keeps of it in a store is group/grove.h's and turn.h's.
 */
#ifndef NOS_TEST_PAIR_GROUP_H
#define NOS_TEST_PAIR_GROUP_H

#include <stdio.h>

#include "../test.h"
#include "scheme/place.h"

#define PAIR_GROUP  3
#define PAIR_DEPTH  4
#define PAIR_LEAVES (1u << PAIR_DEPTH)
#define PAIR_TOKENS 400

struct pair_group {
	struct nos_group g;
	struct nos_group_chain chain;
	struct nos_secret keys[2 * PAIR_LEAVES]; /* by number */
	uint32_t next;				 /* leaf, the first that was never given */
	struct nos_secret sign;			 /* the node's Ed25519 key */
	struct nos_group_step step;
	uint64_t node;
	unsigned drawn; /* so that each secret is another */
	struct nos_err err;
};

static inline struct nos_secret pair_group_draw(struct pair_group *of, size_t len)
{
	struct nos_secret s = { .len = len };

	memset(s.bytes, 0xa5, len);
	s.bytes[0] = (uint8_t)++of->drawn;
	s.bytes[1] = (uint8_t)(of->drawn >> 8);
	s.bytes[2] = (uint8_t)of->g.number;
	s.bytes[3] = (uint8_t)of->node;
	return s;
}

/* Clock, tokens and tree, all drawn. */
static inline void pair_group_make(struct pair_group *of)
{
	const struct nos_secret last = pair_group_draw(of, NOS_SESSION_TOKEN_LEN);

	of->g.clock.a = pair_group_draw(of, NOS_GROUP_A_LEN);
	of->g.chain = of->g.clock.t;
	for (uint32_t n = 1; n < 2 * PAIR_LEAVES; n++)
		of->keys[n] = pair_group_draw(of, NOS_LKH_KEY_LEN);
	assert_int_equal(nos_group_chain_make(&of->chain, of->node, of->g.number, of->g.chain,
			     PAIR_TOKENS, last.bytes, &of->err),
	    NOS_OK);
}

/* And again, in the life of the node that g.life says; all leaves are free. */
static inline void pair_group_renew(struct pair_group *of)
{
	of->g.clock.epoch = (of->g.life - 1) << 32;
	of->g.began = of->g.clock.t;
	of->g.how = NOS_GROUP_MADE;
	of->g.broadcast_len = 0;
	of->g.key_count = 0;
	of->next = 0;
	pair_group_make(of);
}

static inline void pair_group_init_as(
    struct pair_group *of, const char *scheme, uint64_t node, uint64_t number, bool shared)
{
	*of = (struct pair_group){ .node = node,
		.step = { { 1547812800000 }, 3600000 },
		.g = { .number = number,
		    .depth = PAIR_DEPTH,
		    .shared = shared,
		    .life = 1,
		    .clock = { .group = number } } };
	snprintf(of->g.name, sizeof(of->g.name), "roof");
	snprintf(of->g.scheme, sizeof(of->g.scheme), "%s", scheme);
	of->sign.len = NOS_SIGN_PRIVATE_LEN;
	memset(of->sign.bytes, 6, of->sign.len);
	pair_group_make(of);
}

static inline void pair_group_init(struct pair_group *of, const char *scheme)
{
	pair_group_init_as(of, scheme, 1, PAIR_GROUP, false);
}

/* h_t, which nobody but the node has before it says so. */
static inline void pair_group_token(
    struct pair_group *of, uint64_t t, uint8_t ret[static NOS_SESSION_TOKEN_LEN])
{
	assert_int_equal(
	    nos_group_chain_token(&of->chain, of->node, of->g.number, t, ret, &of->err), NOS_OK);
}

/* The next session. */
static inline void pair_group_tick(struct pair_group *of)
{
	uint8_t token[NOS_SESSION_TOKEN_LEN];

	pair_group_token(of, of->g.clock.t + 1, token);
	assert_int_equal(nos_group_tick(&of->g, token, &of->step, &of->err), NOS_OK);
}

static inline void pair_group_begin(
    struct pair_group *of, enum nos_group_how how, uint32_t leaf, const struct nos_secret *secret)
{
	const uint64_t e = of->g.clock.epoch;

	for (uint32_t n = 1; n < 2 * PAIR_LEAVES; n++)
		assert_int_equal(nos_lkh_step(&of->keys[n], e, e + 1, &of->err), NOS_OK);
	assert_int_equal(
	    nos_group_turn(&of->g, e + 1, how, leaf, secret, &of->step, &of->err), NOS_OK);
	if (nos_group_has_clock(&of->g))
		pair_group_tick(of);
}

static inline void pair_group_heal(struct pair_group *of)
{
	const struct nos_secret b = pair_group_draw(of, NOS_SESSION_B_LEN);

	pair_group_begin(of, NOS_GROUP_HEALED, 0, &b);
}

static inline enum nos_code pair_group_key_of(
    void *state, uint32_t number, struct nos_secret *ret, struct nos_err *err)
{
	struct pair_group *of = state;

	(void)err;
	*ret = of->keys[number];
	return NOS_OK;
}

/* The broadcast is g.broadcast then. */
static inline void pair_group_evict(struct pair_group *of, uint32_t leaf)
{
	struct nos_eviction v = { .turn = { PAIR_DEPTH, of->g.number, of->g.clock.epoch + 1 },
		.t = of->g.clock.t,
		.leaf = leaf };
	const struct nos_secret s = pair_group_draw(of, NOS_LKH_KEY_LEN);
	struct nos_lkh_climb up;
	struct nos_buf message;

	assert_int_equal(nos_lkh_climb(&v.turn, 0, &s, &up, &of->err), NOS_OK);
	assert_int_equal(
	    nos_lkh_wrap(&v.turn, &up, leaf, pair_group_key_of, of, v.wraps, &of->err), NOS_OK);
	memcpy(v.confirm, up.confirm, sizeof(v.confirm));
	nos_buf_init(&message, sizeof(of->g.broadcast));
	assert_int_equal(nos_eviction_seal(&v, &of->sign, &message, &of->err), NOS_OK);
	pair_group_begin(of, NOS_GROUP_EVICTED, leaf, &s);
	memcpy(of->g.broadcast, message.p, of->g.broadcast_len = message.len);
	nos_buf_release(&message);
	for (unsigned h = 1; h <= PAIR_DEPTH; h++)
		of->keys[nos_lkh_number(PAIR_DEPTH, leaf, h)] = up.keys[h];
	of->keys[nos_lkh_number(PAIR_DEPTH, leaf, 0)] = pair_group_draw(of, NOS_LKH_KEY_LEN);
}

/* One step on, as an operator orders it: of a group without a clock, an epoch. */
static inline void pair_group_order(struct pair_group *of)
{
	if (nos_group_has_clock(&of->g))
		pair_group_tick(of);
	else
		pair_group_heal(of);
}

/* What a source that wants a path is given: a leaf, if it has none, and the keys over it. */
static inline void pair_group_prepare(
    struct pair_group *of, const struct nos_assoc *a, struct nos_place *p)
{
	p->has_leaf = !nos_place_is(a, &of->g);
	p->leaf = p->has_leaf ? of->next++ : a->place.leaf;
	p->has_path = true;
	p->path = (struct nos_lkh_path){ PAIR_DEPTH, of->g.number, of->g.clock.epoch, p->leaf };
	for (unsigned h = 1; h <= PAIR_DEPTH; h++)
		p->path.keys[h] = of->keys[nos_lkh_number(PAIR_DEPTH, p->leaf, h)];
}

/* It was given one, and stands at its leaf from now on. */
static inline void pair_group_plant(
    struct pair_group *of, const struct nos_assoc *a, const struct nos_place *p)
{
	of->keys[nos_lkh_number(PAIR_DEPTH, a->place.leaf, 0)] = p->leaf_key;
}

#endif
