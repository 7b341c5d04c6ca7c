/* SPDX-License-Identifier: MIT */
#include "registry/life.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TRIES	    8 /* against others who change the same source at once */
#define DUE_DIGITS  15
#define DUE_KEY_MAX (DUE_DIGITS + 1 + NOS_RECORD_ID_MAX)

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

enum nos_code nos_life_world_full(struct nos_life *l, const struct nos_record *r,
    struct nos_time now, unsigned keys, struct nos_issuer *ret, struct nos_err *err)
{
	*ret = nos_life_world(l, r, now);
	if (!ret->scheme || !ret->scheme->numbered || !l->pool.size || l->dry)
		return NOS_OK;
	ret->numbers = &l->numbers.block;
	return nos_numbers_reserve(&l->numbers, l->store, l->life, l->audit->groups, keys, err);
}

/* ---- what will be due ---- */

static void due_key(char ret[static DUE_KEY_MAX], struct nos_time at, const char *id)
{
	snprintf(ret, DUE_KEY_MAX, "%0*" PRId64 "/%s", DUE_DIGITS, at.ms, id);
}

/* Before the source's own put: a key that must be destroyed is never without it. */
static enum nos_code note_due(struct nos_life *l, const struct nos_record *r, struct nos_err *err)
{
	char key[DUE_KEY_MAX];
	struct nos_time at;
	uint64_t rev;

	if (!nos_issuer_due(&r->a, &at))
		return NOS_OK;
	due_key(key, at, r->id);
	return nos_store_put(l->store, NOS_LIFE_DUE_NS, nos_str_of(key), NOS_STR("{\"v\":1}"),
	    NOS_STORE_ANY, &rev, err);
}

/* ---- a change ---- */

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

enum nos_code nos_life_put(
    struct nos_life *l, struct nos_time now, struct nos_record *r, struct nos_err *err)
{
	if (note_due(l, r, err) || nos_registry_put(l->store, l->vault, r, err))
		return err->code;
	return write_down(l, now, r, err);
}

static enum nos_code once(struct nos_life *l, struct nos_str id, struct nos_time now,
    nos_life_step *step, void *state, unsigned keys, struct nos_record *ret, struct nos_err *err)
{
	struct nos_issuer w;
	bool changed = false, filled;

	if (nos_registry_get(l->store, l->vault, id, ret, err))
		return err->code;
	if (nos_life_world_full(l, ret, now, keys, &w, err) ||
	    step(state, ret, &w, &changed, err) ||
	    (changed && nos_issuer_fill(&ret->a, &w, &filled, err)))
		return err->code;
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

struct due {
	struct nos_time now;
	size_t most, count;
	char (*keys)[DUE_KEY_MAX];
	bool enough, more; /* seen; and there is more of it */
};

static enum nos_code enough(struct due *d, struct nos_err *err)
{
	d->enough = true;
	return nos_err_set(err, NOS_BUSY, "seen enough");
}

static enum nos_code take_due(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct due *d = state;
	char now[DUE_KEY_MAX];

	(void)value, (void)rev;
	due_key(now, d->now, "");
	if (key.len > DUE_DIGITS && memcmp(key.p, now, DUE_DIGITS) > 0)
		return enough(d, err);
	if (d->count == d->most) {
		d->more = true;
		return enough(d, err);
	}
	if (nos_str_copy(key, d->keys[d->count], DUE_KEY_MAX))
		d->count++;
	return NOS_OK;
}

static enum nos_code expire(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)err;
	*ret_changed = nos_issuer_expire(&r->a, w->now);
	return NOS_OK;
}

static enum nos_code sweep_one(struct nos_life *l, struct nos_time now, const char *key,
    nos_life_swept *swept, void *state, struct nos_err *err)
{
	const char *id = strchr(key, '/');
	NOS_AUTO(record) r = { 0 };

	if (id && nos_life_change(l, nos_str_of(id + 1), now, expire, NULL, &r, err) &&
	    err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	if (*r.id)
		swept(state, r.id);
	if (nos_store_del(l->store, NOS_LIFE_DUE_NS, nos_str_of(key), NOS_STORE_ANY, err) &&
	    err->code != NOS_ABSENT && err->code != NOS_EXISTS)
		return err->code;
	nos_err_clear(err);
	return NOS_OK;
}

enum nos_code nos_life_sweep(struct nos_life *l, struct nos_time now, size_t most,
    nos_life_swept *swept, void *state, bool *ret_more, struct nos_err *err)
{
	struct due d = { .now = now, .most = most };

	*ret_more = false;
	d.keys = calloc(most, sizeof(*d.keys));
	if (!d.keys)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (nos_store_scan(l->store, NOS_LIFE_DUE_NS, NOS_STR(""), take_due, &d, err) && d.enough)
		nos_err_clear(err);
	for (size_t i = 0; !err->code && i < d.count; i++)
		(void)!sweep_one(l, now, d.keys[i], swept, state, err);
	*ret_more = d.more;
	free(d.keys);
	return err->code;
}
