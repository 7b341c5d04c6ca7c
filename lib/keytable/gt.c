/* SPDX-License-Identifier: MIT */
#include "keytable/gt.h"

#include <stdlib.h>

#include "json/encode.h"
#include "registry/globals.h"
#include "registry/registry.h"
#include "keytable/row.h"

/* A table under way. */
struct table {
	const struct nos_keytable *t;
	struct nos_row row;
	struct nos_globals globals;
	struct {
		uint64_t holders, local_keys;
	} of[NOS_POOL_MAX]; /* of domain i + 1, of its present version */
};

struct entry {
	struct nos_name name;
	enum nos_state key_state;
	struct nos_time since;
	bool counted; /* by a node */
	uint64_t holders, local_keys;
	const struct nos_secret *value; /* NULL: it is no more */
};

static enum nos_code show(struct table *g, const struct entry *e, struct nos_err *err)
{
	char name[NOS_NAME_TEXT_MAX];
	struct nos_buf *b;

	if (!nos_row_wants(&g->row, e->key_state))
		return NOS_OK;
	nos_name_format(&e->name, name);
	b = nos_row_begin(&g->row);
	nos_row_text(&g->row, "key", name);
	nos_encode_member_uint(b, "version", nos_name_rank(&e->name));
	nos_row_text(&g->row, "state", nos_state_text(e->key_state));
	nos_row_age(&g->row, e->since);
	if (e->counted) {
		nos_encode_member_uint(b, "holders", e->holders);
		nos_encode_member_uint(b, "local_keys", e->local_keys);
	}
	if (e->value)
		nos_row_value(&g->row, e->value);
	return nos_row_end(&g->row, err);
}

/* ---- a node's ---- */

static enum nos_code count(void *state, const struct nos_record *r, struct nos_err *err)
{
	const struct nos_pool *pool = &((struct table *)state)->globals.pool;
	struct table *g = state;

	(void)err;
	for (size_t i = 0; i < r->a.global_count; i++) {
		const struct nos_assoc_global *held = &r->a.globals[i];
		const struct nos_pool_key *key = nos_pool_key(pool, held->domain);

		if (key && key->version == held->version)
			g->of[held->domain - 1].holders++;
	}
	for (size_t i = 0; i < r->a.key_count; i++) {
		const struct nos_assoc_global *from = &r->a.keys[i].from;
		const struct nos_pool_key *key = nos_pool_key(pool, from->domain);

		if (key && key->version == from->version)
			g->of[from->domain - 1].local_keys++;
	}
	return NOS_OK;
}

/* What was taken back stands before what is in its place. */
static enum nos_code show_old(struct table *g, uint64_t domain, struct nos_err *err)
{
	const struct nos_invalidation *list = &g->globals.list;

	for (size_t i = 0; i < list->count; i++) {
		const struct entry entry = { .name = nos_pool_name(domain, list->names[i].version),
			.key_state = NOS_STATE_COMPROMISED,
			.since = g->globals.times[i],
			.counted = true };

		if (list->names[i].domain == domain && show(g, &entry, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code show_present(struct table *g, uint64_t domain, struct nos_err *err)
{
	const struct nos_pool_key *key = nos_pool_key(&g->globals.pool, domain);
	NOS_AUTO(secret) value = { 0 };
	const struct entry entry = { .name = nos_pool_name(domain, key->version),
		.key_state = NOS_STATE_ACTIVE,
		.since = key->since,
		.counted = true,
		.holders = g->of[domain - 1].holders,
		.local_keys = g->of[domain - 1].local_keys,
		.value = &value };

	nos_secret_put(&value, key->value, sizeof(key->value));
	return show(g, &entry, err);
}

static enum nos_code scan(struct table *g, struct nos_store *store, struct nos_err *err)
{
	if (nos_globals_get(store, g->t->values ? g->t->vault : NULL, &g->globals, err) ||
	    nos_registry_scan(store, count, g, err))
		return err->code;
	for (uint64_t domain = 1; domain <= g->globals.pool.drawn; domain++)
		if (show_old(g, domain, err) || show_present(g, domain, err))
			return err->code;
	return NOS_OK;
}

enum nos_code nos_gt_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err)
{
	struct table *g = calloc(1, sizeof(*g));

	if (!g)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	g->t = t;
	nos_row_init(&g->row, t, each, state);
	(void)!scan(g, store, err);
	nos_globals_release(&g->globals);
	nos_row_release(&g->row);
	free(g);
	return err->code;
}

/* ---- a source's ---- */

enum nos_code nos_gt_keyring(const struct nos_keytable *t, const struct nos_keyring *keyring,
    nos_keytable_each *each, void *state, struct nos_err *err)
{
	struct table g = { .t = t };

	nos_row_init(&g.row, t, each, state);
	for (size_t i = 0; !err->code && i < keyring->global_count; i++) {
		const struct nos_keyring_global *key = &keyring->globals[i];
		const struct entry entry = { .name = nos_pool_name(key->domain, key->version),
			.key_state = NOS_STATE_ACTIVE,
			.since = key->since,
			.value = &key->value };

		(void)!show(&g, &entry, err);
	}
	nos_row_release(&g.row);
	return err->code;
}
