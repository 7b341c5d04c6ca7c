/* SPDX-License-Identifier: MIT */
#include "scheme/place.h"

#include <string.h>

#include "base/enc.h"
#include "scheme/membership.h"
#include "scheme/outbox.h"

/* What a member is given at one contact: a path or what leads to the next one, then its key. */
#define MESSAGES 2

void nos_place_release(struct nos_place *p)
{
	explicit_bzero(p, sizeof(*p));
}

bool nos_place_is(const struct nos_assoc *a, const struct nos_group *g)
{
	return a->place.group == g->number && a->place.life == g->life;
}

/* ---- names of what messages bring ---- */

static struct nos_name path_name(const struct nos_group *g, uint32_t leaf)
{
	return (struct nos_name){ .kind = NOS_MEMBERSHIP_PLACE,
		.count = 3,
		.parts = { g->number, g->clock.epoch, leaf } };
}

/* A place, or a key of a group. */
static bool is_of_group(const struct nos_name *n)
{
	return n->kind == NOS_MEMBERSHIP_PLACE || n->kind == 's' || n->kind == 'g' ||
	       n->kind == 't';
}

static const struct nos_assoc_message *find(const struct nos_assoc *a, bool path)
{
	for (size_t i = 0; i < a->out_count; i++) {
		const struct nos_name *n = &a->out[i].brings;

		if (is_of_group(n) && (n->kind == NOS_MEMBERSHIP_PLACE) == path)
			return &a->out[i];
	}
	return NULL;
}

/* ---- what is known, and what is on its way ---- */

/* Exactly one epoch behind, and what led to this one is not lost yet: it can follow. */
static bool can_follow(const struct nos_assoc_place *p, const struct nos_group *g)
{
	return p->has_path && p->path_epoch + 1 == g->clock.epoch && g->how != NOS_GROUP_MADE &&
	       (!p->has_key || p->key_epoch == p->path_epoch) &&
	       (g->how != NOS_GROUP_EVICTED || g->leaf != p->leaf);
}

/* Has it all in it, or is it only the way from the epoch before? */
static bool is_whole(const struct nos_assoc_message *m)
{
	return m->bytes[0] >> 4 == NOS_MESSAGE_PATH;
}

/* Does it still lead where the group stands now, from what the source is known to hold? */
static bool is_good(
    const struct nos_assoc *a, const struct nos_group *g, const struct nos_assoc_message *m)
{
	const struct nos_name *n = &m->brings;

	if (n->parts[0] != g->number || n->parts[1] != g->clock.epoch)
		return false;
	if (n->kind == NOS_MEMBERSHIP_PLACE)
		return n->parts[2] == a->place.leaf && (is_whole(m) || can_follow(&a->place, g));
	return !nos_group_has_clock(g) || n->parts[2] > g->chain;
}

/* What is of no use any more leaves the list: its numbers are skipped. */
static bool drop_moot(struct nos_assoc *a, const struct nos_group *g)
{
	const size_t before = a->out_count;
	size_t kept = 0;

	for (size_t i = 0; i < before; i++)
		if (!is_of_group(&a->out[i].brings) || (g && is_good(a, g, &a->out[i])))
			a->out[kept++] = a->out[i];
	a->out_count = kept;
	return kept != before;
}

/* The path of the present epoch is there or comes; *ret_follows: by a message that takes the key
 * with it. */
static bool has_path(const struct nos_assoc *a, const struct nos_group *g, bool *ret_follows)
{
	const struct nos_assoc_message *m = find(a, true);

	*ret_follows = m && is_good(a, g, m) && !is_whole(m);
	return (a->place.has_path && a->place.path_epoch == g->clock.epoch) ||
	       (m && is_good(a, g, m));
}

static bool has_key(const struct nos_assoc *a, const struct nos_group *g, bool follows)
{
	const struct nos_assoc_place *p = &a->place;
	const struct nos_assoc_message *m = find(a, false);

	if (m && is_good(a, g, m))
		return true;
	if (!p->has_key || (nos_group_has_clock(g) && p->chain != g->chain))
		return false;
	return p->key_epoch == g->clock.epoch || (follows && p->key_epoch + 1 == g->clock.epoch);
}

/* Who was placed is given no key of a time before: of a session or an epoch that began since. */
static bool may_have_key(const struct nos_assoc *a, const struct nos_group *g)
{
	if (!nos_group_present(g))
		return false;
	return nos_group_has_clock(g) ? g->clock.t > a->place.since
				      : g->clock.epoch > a->place.since;
}

bool nos_place_is_current(const struct nos_assoc *a, const struct nos_group *g)
{
	return nos_place_is(a, g) && a->place.has_key && a->place.key_epoch == g->clock.epoch;
}

bool nos_place_lacks(const struct nos_assoc *a, const struct nos_issuer *w)
{
	const struct nos_group *g = w->place ? w->place->group : NULL;
	bool follows;

	if (!g)
		return false;
	if (!nos_place_is(a, g) || !has_path(a, g, &follows))
		return true;
	return may_have_key(a, g) && !has_key(a, g, follows);
}

/* ---- what it is given ---- */

static enum nos_code add(struct nos_assoc *a, const struct nos_issuer *w,
    enum nos_message_kind kind, const struct nos_buf *body, const struct nos_name *brings,
    struct nos_err *err)
{
	struct nos_assoc_message *m;

	if (nos_buf_check(body, "message to a member", err) ||
	    nos_outbox_add(a, w, kind, nos_buf_span(body), &m, err))
		return err->code;
	m->brings = *brings;
	return NOS_OK;
}

/* The keys over its leaf. The leaf's own is made of the message, and is noted for the tree. */
static enum nos_code give_path(struct nos_assoc *a, const struct nos_issuer *w, struct nos_err *err)
{
	struct nos_place *p = w->place;
	const struct nos_name brings = path_name(p->group, p->path.leaf);
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	nos_lkh_path_encode(&body, &p->path);
	if (nos_outbox_look(a, &step, err) ||
	    nos_lkh_leaf_key(&step.key, p->group->number, &p->leaf_key, err) ||
	    add(a, w, NOS_MESSAGE_PATH, &body, &brings, err))
		return err->code;
	p->gave = true;
	return NOS_OK;
}

static enum nos_code give_heal(struct nos_assoc *a, const struct nos_issuer *w,
    const struct nos_name *brings, struct nos_err *err)
{
	const struct nos_group *g = w->place->group;
	struct nos_session_heal h = { g->number, g->clock.epoch, g->began, { 0 } };
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	if (!nos_group_b(g, &h.b, err)) {
		nos_session_heal_encode(&body, &h);
		(void)!add(a, w, NOS_MESSAGE_HEAL, &body, brings, err);
	}
	nos_secret_release(&h.b);
	return err->code;
}

/* s_j of its own level: what everybody else hears wrapped. */
static enum nos_code give_eviction(struct nos_assoc *a, const struct nos_issuer *w,
    const struct nos_name *brings, struct nos_err *err)
{
	const struct nos_group *g = w->place->group;
	const struct nos_lkh_turn turn = { g->depth, g->number, g->clock.epoch };
	NOS_AUTO(eviction_pull)
	pull = { .group = g->number,
		.epoch = g->clock.epoch,
		.t = g->began,
		.level = nos_lkh_level(g->leaf, a->place.leaf) };
	NOS_AUTO(lkh_climb) climb = { 0 };
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	if (nos_lkh_climb(&turn, 0, &g->secret, &climb, err))
		return err->code;
	pull.s = climb.s[pull.level];
	nos_eviction_pull_encode(&body, &pull);
	return add(a, w, NOS_MESSAGE_EVICT, &body, brings, err);
}

static enum nos_code give_way(struct nos_assoc *a, const struct nos_issuer *w, struct nos_err *err)
{
	const struct nos_group *g = w->place->group;
	const struct nos_name brings = path_name(g, a->place.leaf);

	return g->how == NOS_GROUP_EVICTED ? give_eviction(a, w, &brings, err)
					   : give_heal(a, w, &brings, err);
}

static enum nos_code give_key(struct nos_assoc *a, const struct nos_issuer *w, struct nos_err *err)
{
	const struct nos_group *g = w->place->group;
	const struct nos_name brings = nos_group_name(g, nos_group_present(g));
	NOS_AUTO(buf) body = { 0 };

	if (!nos_group_has_clock(g))
		return give_heal(a, w, &brings, err);
	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	nos_session_join_encode(&body, &g->clock, g->token);
	return add(a, w, NOS_MESSAGE_JOIN, &body, &brings, err);
}

/* Into the leaf that is there for it; the one that it had elsewhere is left. */
static void settle_down(struct nos_assoc *a, const struct nos_place *p)
{
	const struct nos_group *g = p->group;

	nos_place_leave(a);
	a->place = (struct nos_assoc_place){ .group = g->number,
		.life = g->life,
		.leaf = p->leaf,
		.since = nos_group_has_clock(g) ? g->clock.t : g->clock.epoch };
}

/* False: its path is wanted first. */
static bool can_have_path(struct nos_assoc *a, struct nos_place *p)
{
	if (!nos_place_is(a, p->group) && p->has_leaf && p->has_path)
		settle_down(a, p);
	p->wants = !p->has_path || !nos_place_is(a, p->group);
	return !p->wants;
}

enum nos_code nos_place_issue(struct nos_assoc *a, const struct nos_issuer *w, bool anew,
    bool *ret_changed, struct nos_err *err)
{
	const struct nos_group *g = w->place ? w->place->group : NULL;
	bool follows;

	(void)anew;
	*ret_changed = drop_moot(a, g);
	if (!g || !nos_outbox_has_room(a, MESSAGES))
		return NOS_OK;
	if (!nos_place_is(a, g) || !has_path(a, g, &follows)) {
		const bool can = nos_place_is(a, g) && can_follow(&a->place, g);

		if (!can && !can_have_path(a, w->place))
			return NOS_OK;
		*ret_changed = true;
		if (can ? give_way(a, w, err) : give_path(a, w, err))
			return err->code;
		follows = can;
	}
	if (!may_have_key(a, g) || has_key(a, g, follows))
		return NOS_OK;
	*ret_changed = true;
	return give_key(a, w, err);
}

/* ---- what its source says ---- */

/* Up to this epoch nothing of the group needs to be on its way. */
static void take_off(struct nos_assoc *a, uint64_t epoch)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->out_count; i++)
		if (!is_of_group(&a->out[i].brings) || a->out[i].brings.parts[1] > epoch)
			a->out[kept++] = a->out[i];
	a->out_count = kept;
}

/* A session behind where the tokens begin was made with one of them. */
static void hold_key(
    struct nos_assoc_place *p, const struct nos_group *g, const struct nos_name *key)
{
	p->has_key = true;
	p->key_epoch = key->parts[1];
	if (key->count == 3 && key->parts[2] > g->chain)
		p->chain = g->chain;
}

static bool is_of(const struct nos_assoc_place *p, const struct nos_name *n)
{
	return p->group && is_of_group(n) && n->count >= 2 && n->parts[0] == p->group;
}

bool nos_place_is_news(const struct nos_assoc_place *p, const struct nos_name *key)
{
	return is_of(p, key) && !(p->has_key && p->key_epoch >= key->parts[1]);
}

bool nos_place_seen(struct nos_assoc *a, const struct nos_group *g, const struct nos_name *key)
{
	struct nos_assoc_place *p = &a->place;

	if (!g || !nos_place_is(a, g) || !nos_place_is_news(p, key))
		return false;
	hold_key(p, g, key);
	/* Who has the key of an epoch has come to it over its path. */
	p->has_path = true;
	p->path_epoch = key->parts[1];
	take_off(a, p->path_epoch);
	return true;
}

static void arrive(struct nos_assoc_place *p, uint64_t epoch)
{
	p->has_key &= p->key_epoch + 1 == epoch || p->key_epoch == epoch;
	if (p->has_key)
		p->key_epoch = epoch;
	p->has_path = true;
	p->path_epoch = epoch;
}

void nos_place_arrived(
    struct nos_assoc *a, const struct nos_group *g, const struct nos_name *brings)
{
	struct nos_assoc_place *p = &a->place;

	if (!g || !nos_place_is(a, g) || !is_of(p, brings))
		return;
	if (brings->kind != NOS_MEMBERSHIP_PLACE)
		hold_key(p, g, brings);
	else if (brings->parts[2] == p->leaf)
		arrive(p, brings->parts[1]);
}

void nos_place_compare(
    struct nos_assoc *a, const struct nos_group *g, const struct nos_name *held, size_t count)
{
	struct nos_assoc_place *p = &a->place;

	if (!g || !nos_place_is(a, g))
		return;
	p->has_path = p->has_key = false;
	for (size_t i = 0; i < count; i++) {
		const struct nos_name *n = &held[i];

		if (!is_of(p, n))
			continue;
		if (n->kind != NOS_MEMBERSHIP_PLACE) {
			hold_key(p, g, n);
		} else if (n->parts[2] == p->leaf) {
			p->has_path = true;
			p->path_epoch = n->parts[1];
		}
	}
}

bool nos_place_lost(struct nos_assoc *a)
{
	const bool was = a->place.has_path || a->place.has_key;

	a->place.has_path = a->place.has_key = false;
	return was;
}

void nos_place_leave(struct nos_assoc *a)
{
	if (a->place.group)
		a->left = a->place;
	a->place = (struct nos_assoc_place){ 0 };
}
