/* SPDX-License-Identifier: MIT */
#include "scheme/group.h"

#include <assert.h>
#include <string.h>

void nos_group_release(struct nos_group *g)
{
	explicit_bzero(g, sizeof(*g));
}

bool nos_group_has_clock(const struct nos_group *g)
{
	return strcmp(g->scheme, "tree") != 0;
}

/* ---- tokens ---- */

void nos_group_chain_release(struct nos_group_chain *c)
{
	explicit_bzero(c, sizeof(*c));
}

/* Which of the kept ones stands at t or next behind it, and which t that is. */
static size_t kept_at(const struct nos_group_chain *c, uint64_t t, uint64_t *ret_t)
{
	const uint64_t i = (t - c->base + NOS_GROUP_STRIDE - 1) / NOS_GROUP_STRIDE;

	*ret_t = c->base + i * NOS_GROUP_STRIDE;
	if (*ret_t > c->last)
		*ret_t = c->last;
	return (size_t)i;
}

enum nos_code nos_group_chain_make(struct nos_group_chain *c, uint64_t node, uint64_t group,
    uint64_t base, uint64_t length, const uint8_t last[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err)
{
	uint8_t h[NOS_SESSION_TOKEN_LEN];
	uint64_t stands;
	size_t i;

	assert(length && length <= NOS_SESSION_CHAIN_MAX);
	*c = (struct nos_group_chain){ .base = base, .last = base + length };
	memcpy(h, last, sizeof(h));
	for (uint64_t t = c->last;; t--) {
		i = kept_at(c, t, &stands);
		if (stands == t)
			memcpy(c->kept[i], h, sizeof(h));
		if (t == base)
			break;
		if (nos_session_token_before(node, group, t, h, h, err))
			return err->code;
	}
	explicit_bzero(h, sizeof(h));
	return NOS_OK;
}

enum nos_code nos_group_chain_token(const struct nos_group_chain *c, uint64_t node, uint64_t group,
    uint64_t t, uint8_t ret[static NOS_SESSION_TOKEN_LEN], struct nos_err *err)
{
	uint64_t at;
	const size_t i = kept_at(c, t, &at);

	assert(t >= c->base && t <= c->last);
	memcpy(ret, c->kept[i], NOS_SESSION_TOKEN_LEN);
	for (; at > t; at--)
		if (nos_session_token_before(node, group, at, ret, ret, err))
			return err->code;
	return NOS_OK;
}

/* ---- keys ---- */

static void drop_keys(struct nos_group *g)
{
	explicit_bzero(g->keys, sizeof(g->keys));
	g->key_count = 0;
}

/* In front; the one before gets its overlap, and the oldest leaves where there is no room. */
static void add_key(struct nos_group *g, const struct nos_secret *value, uint64_t t,
    const struct nos_group_step *step)
{
	size_t kept = g->key_count;

	if (kept && !step->overlap_ms)
		kept = 0;
	else if (kept && !g->keys[0].until.ms)
		g->keys[0].until.ms = step->now.ms + (int64_t)step->overlap_ms;
	if (kept == NOS_GROUP_KEYS_MAX)
		kept--;
	memmove(g->keys + 1, g->keys, kept * sizeof(g->keys[0]));
	g->key_count = kept + 1;
	explicit_bzero(
	    g->keys + g->key_count, (NOS_GROUP_KEYS_MAX - g->key_count) * sizeof(g->keys[0]));
	g->keys[0] = (struct nos_group_key){
		.epoch = g->clock.epoch, .t = t, .since = step->now, .value = *value
	};
}

enum nos_code nos_group_tick(struct nos_group *g, const uint8_t token[static NOS_SESSION_TOKEN_LEN],
    const struct nos_group_step *step, struct nos_err *err)
{
	NOS_AUTO(secret) key = { 0 };

	if (nos_session_tick(&g->clock, err) || nos_session_key(&g->clock, token, &key, err))
		return err->code;
	memcpy(g->token, token, sizeof(g->token));
	add_key(g, &key, g->clock.t, step);
	return NOS_OK;
}

enum nos_code nos_group_b(const struct nos_group *g, struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_lkh_turn turn = { g->depth, g->number, g->clock.epoch };
	NOS_AUTO(lkh_climb) climb = { 0 };

	if (g->how == NOS_GROUP_EVICTED) {
		if (nos_lkh_climb(&turn, 0, &g->secret, &climb, err))
			return err->code;
		*ret = climb.b;
	} else {
		*ret = g->secret;
	}
	return NOS_OK;
}

enum nos_code nos_group_turn(struct nos_group *g, uint64_t epoch, enum nos_group_how how,
    uint32_t leaf, const struct nos_secret *secret, const struct nos_group_step *step,
    struct nos_err *err)
{
	NOS_AUTO(secret) b = { 0 };

	g->clock.epoch = epoch; /* of which B is */
	g->how = how;
	g->leaf = leaf;
	g->secret = *secret;
	g->began = g->clock.t;
	g->since = step->now;
	g->turning = true;
	g->broadcast_len = 0;
	/* What an insider who was put out still holds must not let him speak for others. */
	if (g->shared)
		drop_keys(g);
	if (nos_group_b(g, &b, err))
		return err->code;
	if (nos_group_has_clock(g))
		return nos_session_begin_epoch(&g->clock, epoch, &b, err);
	add_key(g, &b, 0, step);
	return NOS_OK;
}

struct nos_name nos_group_name(const struct nos_group *g, const struct nos_group_key *k)
{
	struct nos_name ret = {
		.kind = g->shared ? 'g' : 's', .count = 3, .parts = { g->number, k->epoch, k->t }
	};

	if (nos_group_has_clock(g))
		return ret;
	ret.kind = 't';
	ret.count = 2;
	ret.parts[2] = 0;
	return ret;
}

bool nos_group_is_own(const struct nos_group *g, const struct nos_name *name, uint64_t *ret_epoch)
{
	const struct nos_group_key any = { 0 };
	const struct nos_name own = nos_group_name(g, &any);

	if (name->kind != own.kind || name->count != own.count || name->parts[0] != g->number)
		return false;
	*ret_epoch = name->parts[1];
	return true;
}

const struct nos_group_key *nos_group_key(const struct nos_group *g, const struct nos_name *name)
{
	for (size_t i = 0; i < g->key_count; i++) {
		const struct nos_name own = nos_group_name(g, &g->keys[i]);

		if (nos_name_eq(&own, name))
			return &g->keys[i];
	}
	return NULL;
}

const struct nos_group_key *nos_group_present(const struct nos_group *g)
{
	return g->key_count && !g->keys[0].until.ms ? &g->keys[0] : NULL;
}

bool nos_group_order(const struct nos_group *g, struct nos_buf *ret)
{
	struct nos_session_order o = {
		.group = g->number, .epoch = g->clock.epoch, .token = { .t = g->clock.t }
	};

	if (!nos_group_has_clock(g) || g->clock.t <= g->chain)
		return false;
	memcpy(o.token.h, g->token, sizeof(o.token.h));
	nos_session_order_encode(ret, &o);
	return true;
}

/* ---- time ---- */

bool nos_group_expire(struct nos_group *g, struct nos_time now)
{
	const size_t before = g->key_count;
	size_t kept = 0;

	for (size_t i = 0; i < before; i++)
		if (!g->keys[i].until.ms || g->keys[i].until.ms > now.ms)
			g->keys[kept++] = g->keys[i];
	explicit_bzero(g->keys + kept, (before - kept) * sizeof(g->keys[0]));
	g->key_count = kept;
	return kept != before;
}

bool nos_group_due(const struct nos_group *g, struct nos_time *ret)
{
	bool is = false;

	for (size_t i = 0; i < g->key_count; i++) {
		if (!g->keys[i].until.ms || (is && g->keys[i].until.ms >= ret->ms))
			continue;
		*ret = g->keys[i].until;
		is = true;
	}
	return is;
}
