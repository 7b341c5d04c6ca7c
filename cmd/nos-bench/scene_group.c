/* SPDX-License-Identifier: MIT */
/* The node's part of a scene's group: every key of its tree in memory, where a node keeps pages. */
#include <stdio.h>
#include <string.h>

#include "key/lkh.h"
#include "scene.h"
#include "scheme/membership.h"

#define TOKENS 2048 /* sessions that a scene may have */

enum nos_code scene_group_make(struct scene *s, struct nos_err *err)
{
	const struct nos_secret last = scene_draw(s, NOS_SESSION_TOKEN_LEN);
	struct nos_group *g = &s->group;

	g->number = SCENE_GROUP;
	snprintf(g->name, sizeof(g->name), "roof");
	snprintf(g->scheme, sizeof(g->scheme), "%s", s->scheme->name);
	g->depth = SCENE_DEPTH;
	g->shared = s->shared;
	g->life = 1;
	g->how = NOS_GROUP_MADE;
	g->clock = (struct nos_session){
		.group = SCENE_GROUP, .epoch = 1, .a = scene_draw(s, NOS_GROUP_A_LEN)
	};
	for (size_t n = 1; n < sizeof(s->tree) / sizeof(s->tree[0]); n++)
		s->tree[n] = scene_draw(s, NOS_LKH_KEY_LEN);
	return nos_group_chain_make(&s->chain, SCENE_NODE, SCENE_GROUP, 0, TOKENS, last.bytes, err);
}

void scene_group_place(struct scene *s, unsigned i)
{
	struct scene_member *m = &s->members[i];
	struct nos_place *p = &m->place;

	*p = (struct nos_place){
		.group = &s->group, .has_leaf = true, .leaf = m->leaf, .has_path = true
	};
	p->path.depth = SCENE_DEPTH;
	p->path.group = SCENE_GROUP;
	p->path.epoch = s->group.clock.epoch;
	p->path.leaf = m->leaf;
	for (unsigned h = 1; h <= SCENE_DEPTH; h++)
		p->path.keys[h] = s->tree[nos_lkh_number(SCENE_DEPTH, m->leaf, h)];
}

void scene_group_placed(struct scene *s, unsigned i)
{
	const struct nos_place *p = &s->members[i].place;

	if (p->gave)
		s->tree[nos_lkh_number(SCENE_DEPTH, p->path.leaf, 0)] = p->leaf_key;
}

enum nos_code scene_group_left(struct scene *s, unsigned i, struct nos_err *err)
{
	struct scene_member *m = &s->members[i];
	const struct nos_assoc_place left = m->node.left;

	if (!left.group)
		return NOS_OK;
	m->node.left = (struct nos_assoc_place){ 0 };
	m->leaf = s->next_leaf++ % (1u << SCENE_DEPTH);
	return scene_group_evict(s, left.leaf, err);
}

enum nos_code scene_group_token(const struct scene *s, uint64_t t,
    uint8_t ret[static NOS_SESSION_TOKEN_LEN], struct nos_err *err)
{
	return nos_group_chain_token(&s->chain, SCENE_NODE, SCENE_GROUP, t, ret, err);
}

enum nos_code scene_hear(
    struct scene *s, unsigned i, struct nos_span message, bool *ret_took, struct nos_err *err)
{
	bool took;

	if (nos_holder_overhear(&s->members[i].source, message, s->now, &took, err))
		return err->code;
	if (ret_took)
		*ret_took = took;
	return NOS_OK;
}

static enum nos_code say_to_all(struct scene *s, struct nos_span message, struct nos_err *err)
{
	if (scene_say(s, SCENE_HEARD, 0, message, err))
		return err->code;
	for (unsigned i = 0; i < s->count; i++)
		if (scene_hear(s, i, message, NULL, err))
			return err->code;
	return NOS_OK;
}

enum nos_code scene_group_tick(struct scene *s, struct nos_err *err)
{
	const struct nos_group_step step = { s->now, SCENE_OVERLAP };
	uint8_t token[NOS_SESSION_TOKEN_LEN];
	NOS_AUTO(buf) order = { 0 };

	if (scene_group_token(s, s->group.clock.t + 1, token, err) ||
	    nos_group_tick(&s->group, token, &step, err))
		return err->code;
	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	if (!nos_group_order(&s->group, &order) || nos_buf_check(&order, "order", err))
		return nos_err_set(err, NOS_INTERNAL, "no order of a session");
	return say_to_all(s, nos_buf_span(&order), err);
}

static enum nos_code key_of(
    void *tree, uint32_t number, struct nos_secret *ret, struct nos_err *err)
{
	(void)err;
	*ret = ((const struct nos_secret *)tree)[number];
	return NOS_OK;
}

/* All keys step, and those that climb has anew take their place. */
static enum nos_code turn_tree(struct scene *s, uint64_t epoch, struct nos_err *err)
{
	for (size_t n = 1; n < sizeof(s->tree) / sizeof(s->tree[0]); n++)
		if (nos_lkh_step(&s->tree[n], epoch - 1, epoch, err))
			return err->code;
	s->group.turning = false;
	return NOS_OK;
}

/* The clock wants the tick that follows at once. */
static enum nos_code begin(struct scene *s, enum nos_group_how how, uint32_t leaf,
    const struct nos_secret *secret, struct nos_err *err)
{
	const struct nos_group_step step = { s->now, SCENE_OVERLAP };
	const uint64_t epoch = s->group.clock.epoch + 1;

	return nos_group_turn(&s->group, epoch, how, leaf, secret, &step, err)
		   ? err->code
		   : turn_tree(s, epoch, err);
}

enum nos_code scene_group_heal(struct scene *s, struct nos_err *err)
{
	const struct nos_secret b = scene_draw(s, NOS_SESSION_B_LEN);

	if (begin(s, NOS_GROUP_HEALED, 0, &b, err))
		return err->code;
	return nos_group_has_clock(&s->group) ? scene_group_tick(s, err) : NOS_OK;
}

/* The broadcast is made under the keys of the epoch before. */
static enum nos_code seal_eviction(struct scene *s, uint32_t leaf, const struct nos_secret *secret,
    struct nos_lkh_climb *climb, struct nos_buf *ret, struct nos_err *err)
{
	struct nos_eviction v = { .turn = { SCENE_DEPTH, SCENE_GROUP, s->group.clock.epoch + 1 },
		.t = s->group.clock.t,
		.leaf = leaf };

	if (nos_lkh_climb(&v.turn, 0, secret, climb, err) ||
	    nos_lkh_wrap(&v.turn, climb, leaf, key_of, s->tree, v.wraps, err))
		return err->code;
	memcpy(v.confirm, climb->confirm, sizeof(v.confirm));
	return nos_eviction_seal(&v, &s->sign, ret, err);
}

enum nos_code scene_group_evict(struct scene *s, uint32_t leaf, struct nos_err *err)
{
	const struct nos_secret secret = scene_draw(s, NOS_LKH_KEY_LEN);
	NOS_AUTO(lkh_climb) climb = { 0 };
	NOS_AUTO(buf) message = { 0 };

	nos_buf_init(&message, NOS_EVICTION_MAX);
	if (seal_eviction(s, leaf, &secret, &climb, &message, err) ||
	    begin(s, NOS_GROUP_EVICTED, leaf, &secret, err))
		return err->code;
	for (unsigned h = 1; h <= SCENE_DEPTH; h++)
		s->tree[nos_lkh_number(SCENE_DEPTH, leaf, h)] = climb.keys[h];
	s->tree[nos_lkh_number(SCENE_DEPTH, leaf, 0)] = scene_draw(s, NOS_LKH_KEY_LEN);
	if (say_to_all(s, nos_buf_span(&message), err))
		return err->code;
	return nos_group_has_clock(&s->group) ? scene_group_tick(s, err) : NOS_OK;
}
