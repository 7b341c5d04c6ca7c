/* SPDX-License-Identifier: MIT */
#include "scheme/held.h"

#include "scheme/place.h"
#include "scheme/pool.h"

bool nos_held_is_among(const struct nos_name *names, size_t count, const struct nos_name *name)
{
	for (size_t i = 0; i < count; i++)
		if (nos_name_eq(&names[i], name))
			return true;
	return false;
}

void nos_held_arrived(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_name *brings)
{
	if (brings->kind == NOS_POOL_KIND)
		nos_assoc_add_global(a, nos_pool_global(brings));
	else
		nos_place_arrived(a, w->place ? w->place->group : NULL, brings);
}

/*
 * The message that brought a key has arrived, and with it, since lists go whole and in order, all
 * before it.
 */
static void settle_messages(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_name *name)
{
	const struct nos_assoc_message *by = NULL;
	uint64_t ctr;
	size_t kept = 0;

	for (size_t i = 0; i < a->out_count; i++)
		if (nos_name_eq(&a->out[i].brings, name))
			by = &a->out[i];
	if (!by)
		return;
	ctr = by->ctr;
	for (size_t i = 0; i < a->out_count; i++)
		if (a->out[i].ctr > ctr)
			a->out[kept++] = a->out[i];
		else
			nos_held_arrived(a, w, &a->out[i].brings);
	a->out_count = kept;
}

/* What stands before a key that was confirmed: a wait of its overlap, or none. */
static void supersede(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_assoc_key *by)
{
	for (size_t i = 0; i < a->key_count; i++) {
		struct nos_assoc_key *k = &a->keys[i];

		if (k == by || k->name.kind != by->name.kind)
			continue;
		if (k->state == NOS_STATE_PRE_ACTIVE)
			nos_assoc_move(a, k, NOS_STATE_DESTROYED, "superseded");
		if (k->state != NOS_STATE_ACTIVE)
			continue;
		nos_assoc_move(a, k, NOS_STATE_DEACTIVATED, "replaced");
		k->until.ms = w->now.ms + (int64_t)by->overlap_ms;
		if (!by->overlap_ms)
			nos_assoc_move(a, k, NOS_STATE_DESTROYED, "no overlap");
	}
}

void nos_held_confirm(struct nos_assoc *a, const struct nos_issuer *w, struct nos_assoc_key *k)
{
	nos_assoc_move(a, k, NOS_STATE_ACTIVE, "confirmed");
	k->since = k->confirmed = w->now;
	settle_messages(a, w, &k->name);
	supersede(a, w, k);
	nos_assoc_sweep(a);
}

/* Its message waits, so its source need not have it yet. */
static bool is_on_its_way(const struct nos_assoc *a, const struct nos_name *name)
{
	for (size_t i = 0; i < a->out_count; i++)
		if (nos_name_eq(&a->out[i].brings, name))
			return true;
	return false;
}

/* The source has lost a key, which ends as one that is replaced does. */
static void lose(struct nos_assoc *a, const struct nos_issuer *w, struct nos_assoc_key *k)
{
	if (k->state == NOS_STATE_PRE_ACTIVE) {
		nos_assoc_move(a, k, NOS_STATE_DESTROYED, "lost");
		return;
	}
	nos_assoc_move(a, k, NOS_STATE_DEACTIVATED, "lost");
	k->until.ms = w->now.ms + (int64_t)w->overlap_ms;
	if (!w->overlap_ms)
		nos_assoc_move(a, k, NOS_STATE_DESTROYED, "no overlap");
}

/*
 * What the source says that it holds, against what is taken for that: all of a scheme's own, which
 * is issued anew where it is lost. Of p. keys others look.
 */
void nos_held_compare(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_name *held, size_t count)
{
	a->global_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct nos_assoc_key *k = nos_assoc_key(a, &held[i]);

		if (held[i].kind == NOS_POOL_KIND && held[i].count == 2)
			nos_assoc_add_global(a, nos_pool_global(&held[i]));
		if (held[i].kind != 'p' && k && k->state == NOS_STATE_PRE_ACTIVE)
			nos_held_confirm(a, w, k);
	}
	for (size_t i = 0; i < a->key_count; i++) {
		struct nos_assoc_key *k = &a->keys[i];

		if (k->name.kind != 'p' && k->state != NOS_STATE_DEACTIVATED &&
		    !nos_held_is_among(held, count, &k->name) && !is_on_its_way(a, &k->name))
			lose(a, w, k);
	}
	nos_assoc_sweep(a);
	nos_place_compare(a, w->place ? w->place->group : NULL, held, count);
}

bool nos_held_lost(struct nos_assoc *a, const struct nos_issuer *w)
{
	bool changed = nos_place_lost(a);

	for (size_t i = 0; i < a->key_count; i++) {
		struct nos_assoc_key *k = &a->keys[i];

		if (k->name.kind == 'p' || k->state == NOS_STATE_DEACTIVATED)
			continue;
		lose(a, w, k);
		changed = true;
	}
	/* What it has under those names may be another's: of a store that was put back since. */
	a->global_count = 0;
	nos_assoc_sweep(a);
	return changed;
}
