/* SPDX-License-Identifier: MIT */
#include "key/lkh.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "key/derive.h"

uint32_t nos_lkh_number(unsigned depth, uint32_t leaf, unsigned height)
{
	assert(depth >= 1 && depth <= NOS_LKH_DEPTH_MAX && leaf >> depth == 0 && height <= depth);
	return (UINT32_C(1) << depth | leaf) >> height;
}

uint32_t nos_lkh_sibling(uint32_t number)
{
	assert(number > 1);
	return number ^ 1;
}

uint32_t nos_lkh_parent(uint32_t number)
{
	assert(number > 1);
	return number / 2;
}

unsigned nos_lkh_level(uint32_t leaf, uint32_t other)
{
	unsigned level = 0;

	assert(leaf != other);
	for (uint32_t apart = leaf ^ other; apart > 1; apart /= 2)
		level++;
	return level;
}

enum nos_code nos_lkh_leaf_key(
    const struct nos_secret *made, uint64_t group, struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = { NOS_DERIVE_NUM(group) };

	return nos_derive_key(made, "leaf", ctx, 1, NOS_LKH_KEY_LEN, ret, err);
}

enum nos_code nos_lkh_step(struct nos_secret *key, uint64_t from, uint64_t to, struct nos_err *err)
{
	NOS_AUTO(secret) at = *key;

	if (to < from || to - from > NOS_LKH_STEPS_MAX)
		return nos_err_set(err, NOS_DATA,
		    "a key of epoch %" PRIu64 " is out of reach of epoch %" PRIu64, from, to);
	for (uint64_t e = from; e < to; e++) {
		const struct nos_derive_field ctx[] = { NOS_DERIVE_NUM(e + 1) };
		NOS_AUTO(secret) next = { 0 };

		if (nos_derive_key(&at, "step", ctx, 1, NOS_LKH_KEY_LEN, &next, err))
			return err->code;
		at = next;
	}
	*key = at;
	return NOS_OK;
}

void nos_lkh_climb_release(struct nos_lkh_climb *c)
{
	explicit_bzero(c, sizeof(*c));
}

/* What the s of the root gives: the confirm and B_e. */
static enum nos_code finish(const struct nos_lkh_turn *turn, const struct nos_secret *top,
    struct nos_lkh_climb *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = {
		NOS_DERIVE_NUM(turn->group),
		NOS_DERIVE_NUM(turn->epoch),
	};
	NOS_AUTO(secret) confirm = { 0 };

	if (nos_derive_key(top, "confirm", ctx, 2, NOS_LKH_CONFIRM_LEN, &confirm, err) ||
	    nos_derive_key(top, "B", ctx, 2, NOS_LKH_KEY_LEN, &ret->b, err))
		return err->code;
	memcpy(ret->confirm, confirm.bytes, NOS_LKH_CONFIRM_LEN);
	return NOS_OK;
}

enum nos_code nos_lkh_climb(const struct nos_lkh_turn *turn, unsigned level,
    const struct nos_secret *s, struct nos_lkh_climb *ret, struct nos_err *err)
{
	NOS_AUTO(lkh_climb) c = { .level = level };

	assert(
	    turn->depth <= NOS_LKH_DEPTH_MAX && level < turn->depth && s->len == NOS_LKH_KEY_LEN);
	c.s[level] = *s;
	for (unsigned j = level; j < turn->depth; j++) {
		if (j > level &&
		    nos_derive_key(&c.s[j - 1], "up", NULL, 0, NOS_LKH_KEY_LEN, &c.s[j], err))
			return err->code;
		if (nos_derive_key(&c.s[j], "node", NULL, 0, NOS_LKH_KEY_LEN, &c.keys[j + 1], err))
			return err->code;
	}
	if (finish(turn, &c.s[turn->depth - 1], &c, err))
		return err->code;
	*ret = c;
	return NOS_OK;
}

/* What a wrap is XORed with. */
static enum nos_code make_pad(const struct nos_lkh_turn *turn, const uint8_t *confirm,
    uint32_t number, const struct nos_secret *key, struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = {
		NOS_DERIVE_NUM(turn->group),
		NOS_DERIVE_NUM(turn->epoch),
		NOS_DERIVE_NUM(number),
		NOS_DERIVE_BYTES(confirm, NOS_LKH_CONFIRM_LEN),
	};

	return nos_derive_key(key, "wrap", ctx, 4, NOS_LKH_KEY_LEN, ret, err);
}

enum nos_code nos_lkh_wrap(const struct nos_lkh_turn *turn, const struct nos_lkh_climb *climb,
    uint32_t leaf, nos_lkh_key_of *key_of, void *tree,
    uint8_t ret[static NOS_LKH_DEPTH_MAX][NOS_LKH_KEY_LEN], struct nos_err *err)
{
	assert(climb->level == 0);
	for (unsigned j = 0; j < turn->depth; j++) {
		const uint32_t number = nos_lkh_sibling(nos_lkh_number(turn->depth, leaf, j));
		NOS_AUTO(secret) key = { 0 };
		NOS_AUTO(secret) pad = { 0 };

		if (key_of(tree, number, &key, err) ||
		    make_pad(turn, climb->confirm, number, &key, &pad, err))
			return err->code;
		for (size_t i = 0; i < NOS_LKH_KEY_LEN; i++)
			ret[j][i] = climb->s[j].bytes[i] ^ pad.bytes[i];
	}
	return NOS_OK;
}

enum nos_code nos_lkh_unwrap(const struct nos_lkh_turn *turn,
    const uint8_t confirm[static NOS_LKH_CONFIRM_LEN], uint32_t number,
    const struct nos_secret *key, const uint8_t wrap[static NOS_LKH_KEY_LEN],
    struct nos_secret *ret, struct nos_err *err)
{
	NOS_AUTO(secret) pad = { 0 };

	if (make_pad(turn, confirm, number, key, &pad, err))
		return err->code;
	for (size_t i = 0; i < NOS_LKH_KEY_LEN; i++)
		pad.bytes[i] ^= wrap[i];
	*ret = pad;
	return NOS_OK;
}
