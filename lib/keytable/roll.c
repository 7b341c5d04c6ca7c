/* SPDX-License-Identifier: MIT */
#include "keytable/roll.h"

#include <stdlib.h>

#include "json/encode.h"
#include "group/groups.h"
#include "registry/registry.h"
#include "keytable/row.h"
#include "scheme/place.h"

/* A group, without what is secret. */
struct entry {
	struct nos_group group;
	uint64_t members, pending;
};

/* A table under way. */
struct roll {
	const struct nos_keytable *t;
	struct nos_store *store;
	struct entry *entries;
	size_t count;
	struct nos_row row;
};

/* ---- what there is ---- */

static enum nos_code add(void *state, struct nos_group *g, struct nos_err *err)
{
	struct roll *r = state;
	struct entry *grown = reallocarray(r->entries, r->count + 1, sizeof(*grown));

	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	r->entries = grown;
	r->entries[r->count++] = (struct entry){ .group = *g };
	return NOS_OK;
}

static int by_number(const void *x, const void *y)
{
	const uint64_t a = ((const struct entry *)x)->group.number;
	const uint64_t b = ((const struct entry *)y)->group.number;

	return a < b ? -1 : a > b;
}

/* One that was revoked is in no group. */
static enum nos_code count(void *state, const struct nos_record *s, struct nos_err *err)
{
	struct roll *r = state;
	size_t low = 0, high = r->count;

	(void)err;
	if (!s->group || s->a.revoked)
		return NOS_OK;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (r->entries[middle].group.number < s->group)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < r->count && r->entries[low].group.number == s->group) {
		r->entries[low].members++;
		r->entries[low].pending += !nos_place_is_current(&s->a, &r->entries[low].group);
	}
	return NOS_OK;
}

/* ---- rows ---- */

static void encode(struct nos_row *row, const struct entry *e)
{
	const struct nos_group *g = &e->group;
	const struct nos_group_key *key = nos_group_present(g);
	struct nos_buf *b = nos_row_begin(row);

	nos_encode_member_text(b, "group", nos_str_of(g->name));
	nos_encode_member_uint(b, "number", g->number);
	nos_encode_member_text(b, "scheme", nos_str_of(g->scheme));
	nos_encode_member_uint(b, "depth", g->depth);
	nos_encode_member_bool(b, "shared", g->shared);
	nos_encode_member_uint(b, "members", e->members);
	nos_encode_member_uint(b, "epoch", g->clock.epoch);
	if (nos_group_has_clock(g))
		nos_encode_member_uint(b, "session", g->clock.t);
	if (key)
		nos_row_age(row, key->since);
	nos_encode_member_uint(b, "pending", e->pending);
}

/* The value of its present key alone is read with what is secret. */
static enum nos_code encode_value(struct roll *r, const struct entry *e, struct nos_err *err)
{
	NOS_AUTO(group) g = { 0 };

	if (nos_groups_get(r->store, r->t->vault, e->group.number, &g, err))
		return err->code;
	if (nos_group_present(&g))
		nos_row_value(&r->row, &nos_group_present(&g)->value);
	return NOS_OK;
}

static enum nos_code show(struct roll *r, const struct entry *e, struct nos_err *err)
{
	encode(&r->row, e);
	if (r->t->values && encode_value(r, e, err))
		return err->code;
	return nos_row_end(&r->row, err);
}

enum nos_code nos_roll_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err)
{
	struct roll r = { .t = t, .store = store };

	nos_row_init(&r.row, t, each, state);
	if (!nos_groups_scan(store, NULL, add, &r, err) && r.count) {
		qsort(r.entries, r.count, sizeof(*r.entries), by_number);
		(void)!nos_registry_scan(store, count, &r, err);
	}
	for (size_t i = 0; !err->code && i < r.count; i++)
		(void)!show(&r, &r.entries[i], err);
	nos_row_release(&r.row);
	free(r.entries);
	return err->code;
}

/* ---- a source's ---- */

/* The newest key that it shares with its group; NULL: none. */
static const struct nos_keyring_key *group_key(const struct nos_keyring *k)
{
	for (size_t i = 0; i < k->key_count; i++) {
		const char kind = k->keys[i].name.kind;

		if (kind == 's' || kind == 'g' || kind == 't')
			return &k->keys[i];
	}
	return NULL;
}

static void encode_own(struct nos_buf *b, const struct nos_keyring *k)
{
	const struct nos_keyring_group *g = &k->group;

	nos_encode_member_text(b, "group", nos_str_of(k->group_name));
	if (g->number)
		nos_encode_member_uint(b, "number", g->number);
	nos_encode_member_text(b, "scheme", nos_str_of(k->scheme));
	nos_encode_member_bool(b, "shared", k->shared);
	if (g->path.depth)
		nos_encode_member_uint(b, "epoch", g->path.epoch);
	if (g->clock.a.len)
		nos_encode_member_uint(b, "session", g->clock.t);
	if (g->path.depth)
		nos_encode_member_uint(b, "leaf", g->path.leaf);
}

enum nos_code nos_roll_keyring(const struct nos_keytable *t, const struct nos_keyring *keyring,
    nos_keytable_each *each, void *state, struct nos_err *err)
{
	const struct nos_keyring_key *key = group_key(keyring);
	struct nos_row row;

	if (!*keyring->group_name)
		return NOS_OK;
	nos_row_init(&row, t, each, state);
	encode_own(nos_row_begin(&row), keyring);
	if (key)
		nos_row_value(&row, &key->value);
	(void)!nos_row_end(&row, err);
	nos_row_release(&row);
	return err->code;
}
