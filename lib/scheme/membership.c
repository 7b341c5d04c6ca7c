/* SPDX-License-Identifier: MIT */
#include "scheme/membership.h"

#include <string.h>

#include "scheme/membership_draft.h"

void nos_membership_forget(struct nos_keyring *k)
{
	explicit_bzero(&k->group, sizeof(k->group));
	nos_membership_draft_drop_keys(k);
}

/* ---- what comes under a seal ---- */

/* The place that a path gives. With it all begins anew: who gives one knows of nothing that is
 * held, or went back, and has its own under the names of it. */
static enum nos_code accept_path(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err)
{
	NOS_AUTO(lkh_path) path = { 0 };
	struct nos_keyring_group *g = &k->group;

	if (nos_lkh_path_decode(m->body, m->made, &path, err))
		return err->code;
	if (!path.group)
		return nos_err_set(err, NOS_DATA, "not a path");
	nos_membership_forget(k);
	g->number = path.group;
	g->path = path;
	return NOS_OK;
}

/* A place in the group that the message is of; of its epoch, of the one before, or past it. */
static enum nos_code check_place(
    const struct nos_keyring *k, uint64_t group, uint64_t epoch, struct nos_err *err)
{
	const struct nos_lkh_path *p = &k->group.path;

	if (!p->depth || group != k->group.number)
		return nos_err_set(err, NOS_DATA, "of a group in which there is no place");
	return p->epoch + 1 < epoch ? nos_membership_draft_out_of_step(epoch, k, err) : NOS_OK;
}

static enum nos_code accept_heal(
    const struct nos_scheme_message *m, struct nos_membership_draft *d, struct nos_err *err)
{
	struct nos_lkh_path *p = &d->g.path;
	struct nos_session_heal heal = { 0 };

	if (!nos_session_heal_decode(m->body, &heal, err) &&
	    !check_place(d->k, heal.group, heal.epoch, err) &&
	    (p->epoch >= heal.epoch || !nos_lkh_path_step(p, heal.epoch, err)))
		(void)!nos_membership_draft_turn(d, heal.epoch, heal.t, &heal.b, err);
	nos_secret_release(&heal.b);
	return err->code;
}

/* Where the path has made the step already, as by what all hear, the climb gives B alone. */
static enum nos_code climb(const struct nos_lkh_path *p, const struct nos_eviction_pull *v,
    struct nos_secret *ret_b, struct nos_err *err)
{
	const struct nos_lkh_turn at = { p->depth, v->group, v->epoch };
	NOS_AUTO(lkh_climb) up = { 0 };

	if (v->level >= p->depth)
		return nos_err_set(err, NOS_DATA, "an eviction from a tree of another depth");
	if (nos_lkh_climb(&at, v->level, &v->s, &up, err))
		return err->code;
	*ret_b = up.b;
	return NOS_OK;
}

static enum nos_code accept_evict(
    const struct nos_scheme_message *m, struct nos_membership_draft *d, struct nos_err *err)
{
	struct nos_lkh_path *p = &d->g.path;
	NOS_AUTO(eviction_pull) pull = { 0 };
	NOS_AUTO(secret) b = { 0 };

	if (nos_eviction_pull_decode(m->body, &pull, err) ||
	    check_place(d->k, pull.group, pull.epoch, err) ||
	    (p->epoch >= pull.epoch ? climb(p, &pull, &b, err)
				    : nos_lkh_path_pull(p, &pull, &b, err)))
		return err->code;
	return nos_membership_draft_turn(d, pull.epoch, pull.t, &b, err);
}

static enum nos_code accept_join(
    const struct nos_scheme_message *m, struct nos_membership_draft *d, struct nos_err *err)
{
	NOS_AUTO(session) clock = { 0 };
	uint8_t token[NOS_SESSION_TOKEN_LEN];

	if (nos_session_join_decode(m->body, &clock, token, err))
		return err->code;
	if (nos_membership_is_tree(d->k) || clock.group != d->k->group.number ||
	    !d->k->group.path.depth || clock.epoch > d->k->group.path.epoch)
		return nos_membership_draft_out_of_step(clock.epoch, d->k, err);
	/* To a later epoch an eviction led that all heard. */
	if (nos_membership_has_clock(&d->g) && d->g.clock.epoch > clock.epoch)
		return NOS_OK;
	return nos_membership_draft_set_clock(d, &clock, token, err);
}

enum nos_code nos_membership_accept(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err)
{
	NOS_AUTO(membership_draft) d = { .k = k, .g = k->group };

	if (m->kind == NOS_MESSAGE_PATH)
		return accept_path(m, k, err);
	if (m->kind == NOS_MESSAGE_HEAL)
		(void)!accept_heal(m, &d, err);
	else if (m->kind == NOS_MESSAGE_EVICT)
		(void)!accept_evict(m, &d, err);
	else
		(void)!accept_join(m, &d, err);
	if (!err->code)
		nos_membership_draft_put(k, &d, m->now);
	return err->code;
}

/* ---- what a list brings that was made before ---- */

/* Does *behind lead to where *ahead stands? Another's line has another A there. */
static enum nos_code leads_to(const struct nos_session *behind, const struct nos_session *ahead,
    bool *ret, struct nos_err *err)
{
	NOS_AUTO(session) clock = *behind;

	*ret = false;
	if (clock.epoch != ahead->epoch || clock.t >= ahead->t ||
	    ahead->t - clock.t > NOS_SESSION_CHAIN_MAX)
		return NOS_OK;
	if (nos_session_run(&clock, ahead->t, err))
		return err->code;
	*ret = nos_secret_eq(&clock.a, &ahead->a);
	return NOS_OK;
}

bool nos_membership_fell(const struct nos_keyring *k, const struct nos_keyring *before)
{
	const struct nos_keyring_group *was = &before->group;

	return k->group.number == was->number && k->group.path.epoch < was->path.epoch;
}

enum nos_code nos_membership_keep(
    struct nos_keyring *k, const struct nos_keyring *before, struct nos_err *err)
{
	const struct nos_keyring_group *was = &before->group;
	bool same_line;

	if (!nos_membership_has_clock(&k->group) || !nos_membership_has_clock(was) ||
	    k->group.number != was->number)
		return NOS_OK;
	if (leads_to(&k->group.clock, &was->clock, &same_line, err) || !same_line)
		return err->code;
	k->group.clock = was->clock;
	k->group.token = was->token;
	k->group.token_epoch = was->token_epoch;
	nos_membership_draft_drop_keys(k);
	for (size_t i = 0; i < before->key_count; i++)
		if (nos_membership_is_of_group(&before->keys[i]))
			*nos_keyring_add(k) = before->keys[i];
	return NOS_OK;
}

/* ---- what all hear ---- */

bool nos_membership_is_heard(struct nos_span message)
{
	return nos_session_order_is(message) || nos_eviction_is(message);
}

/* May so many be hashed over now? What the node itself tells is always looked at. */
static bool may_leap(struct nos_keyring_group *g, uint64_t orders, struct nos_time now, bool told)
{
	if (orders <= NOS_MEMBERSHIP_LEAP || told)
		return true;
	if (orders > NOS_SESSION_CHAIN_MAX)
		return false;
	if (g->leapt.ms && now.ms >= g->leapt.ms && now.ms - g->leapt.ms < NOS_MEMBERSHIP_LEAP_MS)
		return false;
	g->leapt = now;
	return true;
}

static enum nos_code nothing(struct nos_err *err)
{
	return nos_err_set(err, NOS_TAG, "says nothing");
}

/*
 * The last token again. Of that its epoch may still be news, which nothing proves: it may be the
 * clock's own, under whose token a bent one came first, or the next.
 */
static enum nos_code take_again(
    struct nos_membership_draft *d, const struct nos_session_order *o, struct nos_err *err)
{
	struct nos_keyring_group *g = &d->g;

	if (!nos_secret_same(o->token.h, g->token.h, sizeof(g->token.h)) ||
	    o->token.t <= g->clock.t || o->epoch == g->token_epoch ||
	    (o->epoch != g->clock.epoch && o->epoch != g->clock.epoch + 1))
		return nothing(err);
	g->token_epoch = o->epoch;
	return nos_membership_draft_catch_up(d, err);
}

/* NOS_TAG, NOS_DATA: it changes nothing. */
static enum nos_code hear_order(struct nos_membership_draft *d, struct nos_span message,
    struct nos_time now, bool told, struct nos_err *err)
{
	struct nos_keyring_group *g = &d->g;
	struct nos_session_order o;

	if (nos_session_order_decode(message, &o, err))
		return err->code;
	if (nos_membership_is_tree(d->k) || !nos_membership_has_clock(g) || o.group != g->number ||
	    o.token.t < g->token.t)
		return nothing(err);
	if (o.token.t == g->token.t)
		return take_again(d, &o, err);
	if (!may_leap(g, o.token.t - g->token.t, now, told))
		return nothing(err);
	if (nos_session_verify(
		d->k->node, g->number, &g->token, &o.token, NOS_SESSION_CHAIN_MAX, err))
		return err->code;
	g->token = o.token;
	g->token_epoch = o.epoch;
	return nos_membership_draft_catch_up(d, err);
}

/* As above, and NOS_DENIED: it is this member that goes, which drops nothing, since it may have a
 * new place on its way. */
static enum nos_code hear_eviction(
    struct nos_membership_draft *d, struct nos_span message, struct nos_err *err)
{
	struct nos_eviction v;
	NOS_AUTO(secret) b = { 0 };

	if (!d->g.path.depth)
		return nothing(err);
	if (nos_eviction_open(message, d->k->sign, &v, err) ||
	    nos_lkh_path_hear(&d->g.path, &v, &b, err))
		return err->code;
	return nos_membership_draft_turn(d, v.turn.epoch, v.t, &b, err);
}

static enum nos_code hear(struct nos_keyring *k, struct nos_span message, struct nos_time now,
    bool told, bool *ret_took, struct nos_err *err)
{
	NOS_AUTO(membership_draft) d = { .k = k, .g = k->group };

	*ret_took = false;
	if (nos_session_order_is(message))
		(void)!hear_order(&d, message, now, told, err);
	else
		(void)!hear_eviction(&d, message, err);
	if (!err->code) {
		nos_membership_draft_put(k, &d, now);
		*ret_took = true;
	} else if (err->code != NOS_INTERNAL) {
		/* Whoever sent it, it was hashed over. */
		k->group.leapt = d.g.leapt;
		nos_err_clear(err);
	}
	return err->code;
}

enum nos_code nos_membership_hear(struct nos_keyring *k, struct nos_span message,
    struct nos_time now, bool *ret_took, struct nos_err *err)
{
	return hear(k, message, now, false, ret_took, err);
}

enum nos_code nos_membership_told(struct nos_keyring *k, struct nos_span message,
    struct nos_time now, bool *ret_took, struct nos_err *err)
{
	return hear(k, message, now, true, ret_took, err);
}

bool nos_membership_place(const struct nos_keyring *k, struct nos_name *ret)
{
	const struct nos_lkh_path *p = &k->group.path;

	if (!p->depth)
		return false;
	*ret = (struct nos_name){
		.kind = NOS_MEMBERSHIP_PLACE, .count = 3, .parts = { p->group, p->epoch, p->leaf }
	};
	return true;
}

bool nos_membership_last(const struct nos_keyring *k, uint64_t *ret_t)
{
	*ret_t = k->group.token.t;
	return nos_membership_has_clock(&k->group) && !nos_membership_is_tree(k);
}
