/* SPDX-License-Identifier: MIT */
#include "lifecycle/life.h"

#include <stdlib.h>
#include <string.h>

#include "registry/due.h"
#include "lifecycle/token.h"
#include "group/grove.h"
#include "group/leaving.h"
#include "roam/roaming.h"

#define TRIES 8 /* against others who change the same source at once */

void nos_life_release(struct nos_life *l)
{
	explicit_bzero(l, sizeof(*l));
}

static enum nos_code read_pool(struct nos_life *l, struct nos_err *err)
{
	NOS_AUTO(globals) g = { 0 };
	uint64_t rev;

	if (nos_globals_rev(l->store, &rev, err) || rev == l->pool_rev ||
	    nos_globals_get(l->store, l->vault, &g, err))
		return err->code;
	l->pool = g.pool;
	l->pool_rev = g.rev;
	return NOS_OK;
}

enum nos_code nos_life_open(struct nos_life *l, struct nos_store *store,
    const struct nos_vault *vault, struct nos_audit *audit, const struct nos_self *self,
    struct nos_err *err)
{
	struct nos_self_policy policy;

	l->store = store;
	l->vault = vault;
	l->audit = audit;
	l->node = self->number;
	l->identity = self->generation;
	if (nos_self_life(store, &l->life, err) || nos_self_policy_get(store, &policy, err))
		return err->code;
	l->overlap_ms = policy.overlap_ms;
	l->period_ms = policy.key_period_ms;
	return read_pool(l, err);
}

struct nos_issuer nos_life_world(
    const struct nos_life *l, const struct nos_record *r, struct nos_time now)
{
	return (struct nos_issuer){ .now = now,
		.node = l->node,
		.source = nos_str_of(r->id),
		.life = l->life,
		.identity = l->identity,
		.overlap_ms = l->overlap_ms,
		.period_ms = l->period_ms,
		.scheme = nos_scheme_find(nos_str_of(r->scheme)),
		.pool = &l->pool };
}

struct nos_turn nos_life_turn(const struct nos_life *l, struct nos_time now,
    const struct nos_secret *sign, const char *reason)
{
	return (struct nos_turn){ .store = l->store,
		.vault = l->vault,
		.audit = l->audit,
		.now = now,
		.node = l->node,
		.overlap_ms = l->overlap_ms,
		.sign = sign,
		.reason = reason };
}

/* ---- what a world has beside the source ---- */

static enum nos_code add_numbers(
    struct nos_life *l, unsigned keys, struct nos_issuer *w, struct nos_err *err)
{
	if (!l->pool.size || l->dry)
		return NOS_OK;
	w->numbers = &l->numbers.block;
	return nos_numbers_reserve(&l->numbers, l->store, l->life, l->audit->groups, keys, err);
}

/* Its group, in whose tree no eviction is half done. */
static enum nos_code add_group(struct nos_life *l, const struct nos_record *r, struct nos_time now,
    struct nos_issuer *w, struct nos_err *err)
{
	struct nos_turn t = nos_life_turn(l, now, NULL, NULL);

	nos_place_release(&l->place);
	l->full = false;
	if (!r->group)
		return NOS_OK;
	if (nos_groups_get(l->store, l->vault, r->group, &l->group, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (!l->dry && nos_turn_finish(&t, &l->group, err))
		return err->code;
	l->destroyed |= t.destroyed;
	l->place.group = &l->group;
	w->place = &l->place;
	return NOS_OK;
}

enum nos_code nos_life_world_full(struct nos_life *l, const struct nos_record *r,
    struct nos_time now, unsigned keys, struct nos_issuer *ret, struct nos_err *err)
{
	*ret = nos_life_world(l, r, now);
	if (!ret->scheme)
		return NOS_OK;
	if (ret->scheme->numbered && add_numbers(l, keys, ret, err))
		return err->code;
	return ret->scheme->grouped ? add_group(l, r, now, ret, err) : NOS_OK;
}

/* Where the tree is full it goes without; where a leaf is free in the next epoch, that is to begin.
 */
static enum nos_code take_leaf(struct nos_life *l, const struct nos_grove *tree, uint32_t *ret,
    bool *ret_took, struct nos_err *err)
{
	*ret_took = !nos_grove_take(tree, ret, err);
	if (err->code == NOS_LARGE)
		l->full = true;
	else if (err->code != NOS_BUSY)
		return err->code;
	else if (nos_err_clear(err), nos_leaving_want_epoch(l->store, l->group.number, err))
		return err->code;
	nos_err_clear(err);
	return NOS_OK;
}

/* A leaf where it has none, and the keys over it. */
static enum nos_code prepare_place(struct nos_life *l, const struct nos_grove *tree,
    const struct nos_assoc *a, struct nos_err *err)
{
	struct nos_place *p = &l->place;
	const bool placed = nos_place_is(a, p->group);
	bool took = false;

	if (!placed && (take_leaf(l, tree, &p->leaf, &took, err) || !took))
		return err->code;
	p->has_leaf = took;
	p->has_path = true;
	return nos_grove_path(tree, placed ? a->place.leaf : p->leaf, &p->path, err);
}

/* What it was given a path of, it stands at: before its own put. */
static enum nos_code fill_place(struct nos_life *l, struct nos_record *r,
    const struct nos_issuer *w, bool *ret_changed, struct nos_err *err)
{
	const struct nos_grove tree = { l->store, l->vault, &l->group };

	if (prepare_place(l, &tree, &r->a, err) || !l->place.has_path)
		return err->code;
	if (nos_issuer_fill(&r->a, w, ret_changed, err) || !l->place.gave)
		return err->code;
	return nos_grove_plant(&tree, r->a.place.leaf, &l->place.leaf_key, err);
}

enum nos_code nos_life_fill(struct nos_life *l, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	bool placed = false;

	if (nos_issuer_fill(&r->a, w, ret_changed, err))
		return err->code;
	if (w->place && w->place->wants && !l->dry && fill_place(l, r, w, &placed, err))
		return err->code;
	*ret_changed |= placed;
	return NOS_OK;
}

/* ---- a change ---- */

/* Before the source's own put: a key that must be destroyed is never without it, and who leaves a
 * group is put out, whatever comes between. */
static enum nos_code note_before(
    struct nos_life *l, const struct nos_record *r, struct nos_err *err)
{
	struct nos_time at;

	if (nos_issuer_due(&r->a, &at) && nos_due_note_source(l->store, at, r->id, err))
		return err->code;
	/* A tree of an earlier life is no more, and its leaves have others in this one. */
	if (!r->a.left.group || r->a.left.life != l->life)
		return NOS_OK;
	return nos_leaving_note(l->store, &r->a.left, r->id, err);
}

static enum nos_code write_down(
    struct nos_life *l, struct nos_time now, const struct nos_record *r, struct nos_err *err)
{
	for (size_t i = 0; i < r->a.event_count; i++) {
		const struct nos_assoc_event *e = &r->a.events[i];
		char kid[NOS_NAME_TEXT_MAX];
		const struct nos_audit_event event = { .what = NOS_AUDIT_KEY,
			.source = r->id,
			.key = kid,
			.from = e->from == e->to ? NULL : nos_state_text(e->from),
			.to = nos_state_text(e->to),
			.reason = e->reason };

		nos_name_format(&e->name, kid);
		l->destroyed |= e->to == NOS_STATE_DESTROYED;
		if (nos_audit_append(l->audit, now, &event, err))
			return err->code;
		if (l->noted)
			l->noted(l->noted_state, e);
	}
	return NOS_OK;
}

/* What other nodes were given was made of a Z that counts no longer. */
static bool is_recalled(struct nos_record *r)
{
	if (!r->roams || (!r->a.revoked && r->a.base.z == r->roams))
		return false;
	r->roams = r->a.revoked ? 0 : r->a.base.z;
	return true;
}

enum nos_code nos_life_put(
    struct nos_life *l, struct nos_time now, struct nos_record *r, struct nos_err *err)
{
	const struct nos_roaming_home home = { l->store, l->audit, l->node };
	const bool recalled = is_recalled(r);

	if (note_before(l, r, err) || nos_registry_put(l->store, l->vault, r, err) ||
	    (recalled && nos_roaming_recall(&home, r->id, now, err)))
		return err->code;
	return write_down(l, now, r, err);
}

static enum nos_code once(struct nos_life *l, struct nos_str id, struct nos_time now,
    nos_life_step *step, void *state, unsigned keys, struct nos_record *ret, struct nos_err *err)
{
	struct nos_issuer w;
	bool changed = false, filled = false;

	if (nos_registry_get(l->store, l->vault, id, ret, err))
		return err->code;
	if (nos_life_world_full(l, ret, now, keys, &w, err) ||
	    step(state, ret, &w, &changed, err) ||
	    ((changed || (w.place && w.place->wants)) && nos_life_fill(l, ret, &w, &filled, err)))
		return err->code;
	changed |= filled;
	if (l->numbers.block.wanted)
		return nos_err_set(err, NOS_EXISTS, "no number is left");
	return changed ? nos_life_put(l, now, ret, err) : NOS_OK;
}

enum nos_code nos_life_change(struct nos_life *l, struct nos_str id, struct nos_time now,
    nos_life_step *step, void *state, struct nos_record *ret, struct nos_err *err)
{
	unsigned keys = 0;

	for (int i = 0; i < TRIES; i++) {
		nos_err_clear(err);
		l->numbers.block.wanted = false;
		if (!once(l, id, now, step, state, keys, ret, err))
			return NOS_OK;
		nos_record_release(ret);
		if (err->code != NOS_EXISTS)
			return err->code;
		/* A block of numbers is reserved by who needs one, and not by all who might. */
		keys = l->numbers.block.wanted ? 1 : 0;
	}
	return nos_err_set(err, NOS_BUSY, "'%.*s' is being changed by others", NOS_STR_ARG(id));
}

/* ---- the sweep ---- */

static enum nos_code expire(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)err;
	*ret_changed = nos_issuer_expire(&r->a, w->now);
	return NOS_OK;
}

static enum nos_code sweep_source(struct nos_life *l, struct nos_time now, const char *id,
    nos_life_swept *swept, void *state, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	if (nos_life_change(l, nos_str_of(id), now, expire, NULL, &r, err) &&
	    err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	if (*r.id)
		swept(state, r.id);
	return NOS_OK;
}

static enum nos_code sweep_group(
    struct nos_life *l, struct nos_time now, uint64_t number, struct nos_err *err)
{
	struct nos_turn t = nos_life_turn(l, now, NULL, NULL);

	(void)!nos_turn_expire(&t, number, err);
	l->destroyed |= t.destroyed;
	return err->code;
}

static enum nos_code sweep_one(struct nos_life *l, struct nos_time now, const char *key,
    nos_life_swept *swept, void *state, struct nos_err *err)
{
	const char *id = nos_due_id(key);
	const uint64_t group = nos_due_group(id);

	if (nos_token_is_id(id) ? nos_token_expire(l->store, id, now, err)
	    : group		? sweep_group(l, now, group, err)
				: sweep_source(l, now, id, swept, state, err))
		return err->code;
	return nos_due_done(l->store, key, err);
}

enum nos_code nos_life_sweep(struct nos_life *l, struct nos_time now, size_t most,
    nos_life_swept *swept, void *state, bool *ret_more, struct nos_err *err)
{
	char(*keys)[NOS_DUE_KEY_MAX] = calloc(most, sizeof(*keys));
	size_t count = 0;

	*ret_more = false;
	if (!keys)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	(void)!nos_due_read(l->store, now, most, keys, &count, ret_more, err);
	for (size_t i = 0; !err->code && i < count; i++)
		(void)!sweep_one(l, now, keys[i], swept, state, err);
	free(keys);
	return err->code;
}
