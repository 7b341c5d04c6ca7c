/* SPDX-License-Identifier: MIT */
#include "key/lkh_path.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/num.h"

void nos_lkh_path_release(struct nos_lkh_path *p)
{
	explicit_bzero(p, sizeof(*p));
}

void nos_lkh_path_encode(struct nos_buf *b, const struct nos_lkh_path *p)
{
	assert(p->depth >= 1 && p->depth <= NOS_LKH_DEPTH_MAX && p->leaf >> p->depth == 0);
	nos_enc_add_leb128(b, p->group);
	nos_enc_add_leb128(b, p->epoch);
	nos_enc_add_leb128(b, p->leaf);
	for (unsigned h = 1; h <= p->depth; h++) {
		assert(p->keys[h].len == NOS_LKH_KEY_LEN);
		nos_buf_add(b, p->keys[h].bytes, NOS_LKH_KEY_LEN);
	}
}

enum nos_code nos_lkh_path_decode(struct nos_span body, const struct nos_secret *made,
    struct nos_lkh_path *ret, struct nos_err *err)
{
	NOS_AUTO(lkh_path) p = { 0 };
	uint64_t leaf;
	size_t depth;

	if (!nos_enc_leb128_decode(&body, &p.group) || !nos_enc_leb128_decode(&body, &p.epoch) ||
	    !nos_enc_leb128_decode(&body, &leaf) || p.group >= NOS_NUM_SAFE ||
	    p.epoch >= NOS_NUM_SAFE)
		return nos_err_set(err, NOS_DATA, "not a path");
	depth = body.len / NOS_LKH_KEY_LEN;
	if (body.len % NOS_LKH_KEY_LEN || !depth || depth > NOS_LKH_DEPTH_MAX || leaf >> depth)
		return nos_err_set(err, NOS_DATA, "not a path");
	p.depth = (unsigned)depth;
	p.leaf = (uint32_t)leaf;
	for (size_t h = 1; h <= depth; h++)
		nos_secret_put(&p.keys[h], body.p + (h - 1) * NOS_LKH_KEY_LEN, NOS_LKH_KEY_LEN);
	if (nos_lkh_leaf_key(made, p.group, &p.keys[0], err))
		return err->code;
	*ret = p;
	return NOS_OK;
}

enum nos_code nos_lkh_path_step(struct nos_lkh_path *p, uint64_t epoch, struct nos_err *err)
{
	NOS_AUTO(lkh_path) next = *p;

	for (unsigned h = 0; h <= p->depth; h++)
		if (nos_lkh_step(&next.keys[h], p->epoch, epoch, err))
			return err->code;
	next.epoch = epoch;
	*p = next;
	return NOS_OK;
}

/* Does it begin the epoch that follows this path's, in its group? */
static enum nos_code check(
    const struct nos_lkh_path *p, uint64_t group, uint64_t epoch, struct nos_err *err)
{
	if (group != p->group)
		return nos_err_set(err, NOS_DATA, "an eviction from another group");
	if (epoch != p->epoch + 1)
		return nos_err_set(err, NOS_DATA,
		    "epoch %" PRIu64 " of group %" PRIu64 " does not follow %" PRIu64
		    ": ask for the path",
		    epoch, group, p->epoch);
	return NOS_OK;
}

/* All keys step, and those that climb has anew take their place. */
static enum nos_code turn_over(struct nos_lkh_path *p, const struct nos_lkh_climb *climb,
    struct nos_secret *ret_b, struct nos_err *err)
{
	if (nos_lkh_path_step(p, p->epoch + 1, err))
		return err->code;
	for (unsigned h = climb->level + 1; h <= p->depth; h++)
		p->keys[h] = climb->keys[h];
	*ret_b = climb->b;
	return NOS_OK;
}

enum nos_code nos_lkh_path_hear(struct nos_lkh_path *p, const struct nos_eviction *v,
    struct nos_secret *ret_b, struct nos_err *err)
{
	NOS_AUTO(lkh_climb) climb = { 0 };
	NOS_AUTO(secret) s = { 0 };
	unsigned level;

	if (check(p, v->turn.group, v->turn.epoch, err))
		return err->code;
	if (v->turn.depth != p->depth)
		return nos_err_set(err, NOS_DATA, "an eviction from a tree of another depth");
	if (v->leaf == p->leaf)
		return nos_err_set(err, NOS_DENIED, "evicted from group %" PRIu64, p->group);
	level = nos_lkh_level(v->leaf, p->leaf);
	if (nos_lkh_unwrap(&v->turn, v->confirm, nos_lkh_number(p->depth, p->leaf, level),
		&p->keys[level], v->wraps[level], &s, err) ||
	    nos_lkh_climb(&v->turn, level, &s, &climb, err))
		return err->code;
	if (!nos_secret_same(climb.confirm, v->confirm, NOS_LKH_CONFIRM_LEN))
		return nos_err_set(err, NOS_TAG, "does not verify");
	return turn_over(p, &climb, ret_b, err);
}

enum nos_code nos_lkh_path_pull(struct nos_lkh_path *p, const struct nos_eviction_pull *v,
    struct nos_secret *ret_b, struct nos_err *err)
{
	const struct nos_lkh_turn turn = { p->depth, v->group, v->epoch };
	NOS_AUTO(lkh_climb) climb = { 0 };

	if (check(p, v->group, v->epoch, err))
		return err->code;
	if (v->level >= p->depth)
		return nos_err_set(
		    err, NOS_DATA, "level %u is not in a tree of depth %u", v->level, p->depth);
	if (nos_lkh_climb(&turn, v->level, &v->s, &climb, err))
		return err->code;
	return turn_over(p, &climb, ret_b, err);
}
