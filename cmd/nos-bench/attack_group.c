/* SPDX-License-Identifier: MIT */
/* Who was put out and listens or sends; who was put out and pools what it has with others. */
#include <string.h>

#include "robustness.h"
#include "thief.h"

#define MEMBERS 4
#define STEPS	3

/* ---- 11: a source that was revoked ---- */

enum nos_code attack_group_sends(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };

		if (scene_open(&s, a->b, a->scheme, false, 2, err) ||
		    (a->defence && scene_revoke(&s, 0, err)))
			return err->code;
		for (unsigned j = 0; j < STEPS; j++) {
			if (scene_send(&s, 0, err) == NOS_INTERNAL)
				return err->code;
			a->k += !err->code;
			a->m++;
			nos_err_clear(err);
		}
	}
	return NOS_OK;
}

/* Sessions or epochs, and a thief who is to have none of their keys. */
struct watch {
	struct nos_name names[2 * STEPS];
	struct nos_secret values[2 * STEPS];
	size_t count;
};

static void note_key(struct watch *w, const struct scene *s)
{
	const struct nos_group_key *k = nos_group_present(&s->group);

	if (!k)
		return;
	w->names[w->count] = nos_group_name(&s->group, k);
	w->values[w->count++] = k->value;
}

static enum nos_code go_on(struct scene *s, struct watch *w, struct nos_err *err)
{
	for (unsigned i = 0; i < STEPS; i++) {
		if (scene_rekey(s, 0, err))
			return err->code;
		note_key(w, s);
	}
	return NOS_OK;
}

static void count(struct attack *a, const struct thief *t, const struct watch *w)
{
	for (size_t i = 0; i < w->count; i++)
		a->k += thief_has(t, &w->names[i], &w->values[i]);
	a->m += w->count;
}

/* All that a member has, before it is put out; or is not. */
static enum nos_code put_out(
    struct scene *s, struct thief *t, unsigned i, bool out, struct nos_err *err)
{
	if (!t->auth_count)
		thief_begin(t, &s->members[i].source);
	t->ring = s->members[i].source;
	if (thief_learn(t, err))
		return err->code;
	/* Two of one epoch have the same clock, and not the same path. */
	thief_add_clock(t, &t->ring.group.clock);
	return out ? scene_revoke(s, i, err) : NOS_OK;
}

enum nos_code attack_group_listens(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		struct watch w = { 0 };
		size_t at;

		if (scene_open(&s, a->b, a->scheme, true, MEMBERS, err))
			return err->code;
		at = s.air.count;
		if (put_out(&s, &t, 1, a->defence, err) || go_on(&s, &w, err) ||
		    thief_listen(&t, &s, at, err) || thief_work(&t, &s, err))
			return err->code;
		count(a, &t, &w);
	}
	return NOS_OK;
}

/* ---- 19: who pool what they have ---- */

/* Two that were put out one after the other; without: the second was not. */
enum nos_code attack_group_pair(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		struct watch w = { 0 };
		size_t at;

		if (scene_open(&s, a->b, a->scheme, true, MEMBERS, err) ||
		    put_out(&s, &t, 1, true, err) || scene_rekey(&s, 0, err))
			return err->code;
		at = s.air.count;
		if (put_out(&s, &t, 2, a->defence, err) || go_on(&s, &w, err) ||
		    thief_listen(&t, &s, at, err) || thief_work(&t, &s, err))
			return err->code;
		count(a, &t, &w);
	}
	return NOS_OK;
}

/* Sessions of the epoch that the eviction began; a tree's key is that of the epoch. */
static enum nos_code pass_time(struct scene *s, struct watch *w, struct nos_err *err)
{
	return nos_group_has_clock(&s->group) ? go_on(s, w, err) : NOS_OK;
}

/* The keys over the leaf that is free next, as they are now. */
static struct nos_lkh_path free_path(const struct scene *s)
{
	struct nos_lkh_path p = { SCENE_DEPTH, SCENE_GROUP, s->group.clock.epoch, s->next_leaf,
		{ { 0 } } };

	for (unsigned h = 0; h <= SCENE_DEPTH; h++)
		p.keys[h] = s->tree[nos_lkh_number(SCENE_DEPTH, p.leaf, h)];
	return p;
}

/*
 * Member 1 is put out; keys are made; then another comes to a leaf that was free, as member 2 does
 * who renews. What of the time between do both together have? Without: the keys over that leaf
 * never stepped, so that who comes has those of before.
 */
enum nos_code attack_group_joiner(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		NOS_AUTO(lkh_path) before = { 0 };
		struct watch w = { 0 };

		if (scene_open(&s, a->b, a->scheme, true, MEMBERS, err))
			return err->code;
		before = free_path(&s);
		if (put_out(&s, &t, 1, true, err))
			return err->code;
		note_key(&w, &s);
		if (pass_time(&s, &w, err) || scene_ask(&s, 2, true, err) ||
		    scene_send(&s, 2, err) || scene_settle(&s, 2, err) || scene_rekey(&s, 2, err))
			return err->code;
		thief_add_path(&t, &s.members[2].source.group.path);
		thief_add_clock(&t, &s.members[2].source.group.clock);
		if (!a->defence)
			thief_add_path(&t, &before);
		if (thief_work(&t, &s, err))
			return err->code;
		count(a, &t, &w);
	}
	return NOS_OK;
}
