/* SPDX-License-Identifier: MIT */
#include "group/turn.h"

#include <string.h>

#include "crypto/random.h"
#include "registry/due.h"
#include "group/grove.h"
#include "group/leaving.h"

static struct nos_grove grove_of(const struct nos_turn *t, const struct nos_group *g)
{
	return (struct nos_grove){ t->store, t->vault, g };
}

static struct nos_group_step step_of(const struct nos_turn *t)
{
	return (struct nos_group_step){ t->now, t->overlap_ms };
}

/* ---- what is written down ---- */

static enum nos_code note(struct nos_turn *t, const char *source, const struct nos_name *name,
    const char *from, const char *to, struct nos_err *err)
{
	char kid[NOS_NAME_TEXT_MAX];
	const struct nos_audit_event e = { .what = NOS_AUDIT_GROUP,
		.source = source,
		.key = kid,
		.from = from,
		.to = to,
		.reason = t->reason };

	nos_name_format(name, kid);
	return nos_audit_append(t->audit, t->now, &e, err);
}

/* What will have to be destroyed is noted before it is put. */
static enum nos_code put(struct nos_turn *t, struct nos_group *g, struct nos_err *err)
{
	struct nos_time at;

	if (nos_group_due(g, &at) && nos_due_note_group(t->store, at, g->number, err))
		return err->code;
	return nos_groups_put(t->store, t->vault, g, err);
}

static enum nos_code put_key(struct nos_turn *t, struct nos_group *g, struct nos_err *err)
{
	const struct nos_name name = nos_group_name(g, nos_group_present(g));

	t->destroyed = true; /* what the clock was before */
	return put(t, g, err) ? err->code : note(t, NULL, &name, NULL, "active", err);
}

/* ---- sessions and epochs ---- */

static enum nos_code tick(struct nos_turn *t, struct nos_group *g, struct nos_err *err)
{
	const struct nos_group_step step = step_of(t);
	uint8_t token[NOS_SESSION_TOKEN_LEN];

	return nos_groups_token(t->store, t->vault, g, t->node, token, err)
		   ? err->code
		   : nos_group_tick(g, token, &step, err);
}

/* The epoch, and with a clock the session that follows at once. */
static enum nos_code begin(struct nos_turn *t, struct nos_group *g, enum nos_group_how how,
    uint32_t leaf, const struct nos_secret *secret, struct nos_err *err)
{
	const struct nos_group_step step = step_of(t);

	if (nos_group_turn(g, g->clock.epoch + 1, how, leaf, secret, &step, err))
		return err->code;
	return nos_group_has_clock(g) ? tick(t, g, err) : NOS_OK;
}

static enum nos_code draw(struct nos_secret *ret, struct nos_err *err)
{
	uint8_t bytes[NOS_LKH_KEY_LEN];

	if (nos_random_bytes(bytes, sizeof(bytes), err))
		return err->code;
	nos_secret_put(ret, bytes, sizeof(bytes));
	explicit_bzero(bytes, sizeof(bytes));
	return NOS_OK;
}

enum nos_code nos_turn_heal(struct nos_turn *t, struct nos_group *g, struct nos_err *err)
{
	NOS_AUTO(secret) b = { 0 };

	if (nos_turn_finish(t, g, err) || draw(&b, err) ||
	    begin(t, g, NOS_GROUP_HEALED, 0, &b, err))
		return err->code;
	g->turning = false; /* keys of the tree are caught up where they are read */
	return put_key(t, g, err);
}

enum nos_code nos_turn_order(struct nos_turn *t, struct nos_group *g, struct nos_err *err)
{
	if (!nos_group_has_clock(g))
		return nos_turn_heal(t, g, err);
	return nos_turn_finish(t, g, err) || tick(t, g, err) ? err->code : put_key(t, g, err);
}

/* ---- evictions ---- */

/* What all may hear of it: wrapped under the keys of the epoch before. */
static enum nos_code make_broadcast(struct nos_turn *t, const struct nos_group *before,
    uint32_t leaf, const struct nos_secret *s, struct nos_group *g, struct nos_err *err)
{
	const struct nos_grove tree = grove_of(t, before);
	struct nos_eviction v = {
		.turn = { g->depth, g->number, g->clock.epoch }, .t = g->began, .leaf = leaf
	};
	NOS_AUTO(lkh_climb) climb = { 0 };
	NOS_AUTO(buf) message = { 0 };

	nos_buf_init(&message, sizeof(g->broadcast));
	if (nos_lkh_climb(&v.turn, 0, s, &climb, err))
		return err->code;
	memcpy(v.confirm, climb.confirm, sizeof(v.confirm));
	if (nos_grove_wrap(&tree, &v.turn, &climb, leaf, v.wraps, err) ||
	    nos_eviction_seal(&v, t->sign, &message, err))
		return err->code;
	memcpy(g->broadcast, message.p, message.len);
	g->broadcast_len = message.len;
	return NOS_OK;
}

enum nos_code nos_turn_evict(
    struct nos_turn *t, struct nos_group *g, uint32_t leaf, const char *source, struct nos_err *err)
{
	const struct nos_name place = {
		.kind = 'l', .count = 3, .parts = { g->number, g->clock.epoch, leaf }
	};
	NOS_AUTO(group) before = *g;
	NOS_AUTO(secret) s = { 0 };

	if (draw(&s, err) || begin(t, g, NOS_GROUP_EVICTED, leaf, &s, err) ||
	    make_broadcast(t, &before, leaf, &s, g, err) || put_key(t, g, err))
		return err->code;
	return note(t, source, &place, "active", "destroyed", err);
}

enum nos_code nos_turn_finish(struct nos_turn *t, struct nos_group *g, struct nos_err *err)
{
	const struct nos_grove tree = grove_of(t, g);

	if (!g->turning)
		return NOS_OK;
	t->destroyed = true;
	if (nos_grove_turn(&tree, err) || nos_grove_free(&tree, g->leaf, err) ||
	    nos_leaving_done(t->store, g->number, g->leaf, err))
		return err->code;
	g->turning = false;
	return put(t, g, err);
}

/* ---- time ---- */

enum nos_code nos_turn_expire(struct nos_turn *t, uint64_t number, struct nos_err *err)
{
	NOS_AUTO(group) g = { 0 };

	if (nos_groups_get(t->store, t->vault, number, &g, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (!nos_group_expire(&g, t->now))
		return NOS_OK;
	t->destroyed = true;
	return put(t, &g, err);
}
