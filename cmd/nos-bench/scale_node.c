/* SPDX-License-Identifier: MIT */
#include "scale_node.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/random.h"
#include "lifecycle/charter.h"
#include "registry/globals.h"
#include "store/engine.h"

#define NUMBER	5
#define SECRET	32 /* bytes */
#define ID_BITS UINT64_C(0xffffffffff)

static struct nos_store_engine counting;
static struct scale_node_count counted;

/* ---- what is counted ---- */

static enum nos_code get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *err)
{
	counted.read++;
	return nos_sqlite_engine.get(e, ns, key, ret, ret_rev, err);
}

static enum nos_code put(void *e, const char *ns, struct nos_str key, const struct nos_str *value,
    uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	counted.written++;
	return nos_sqlite_engine.put(e, ns, key, value, expect_rev, ret_rev, err);
}

static enum nos_code append(void *e, const char *stream, struct nos_time now, struct nos_span entry,
    uint64_t *ret_position, struct nos_err *err)
{
	counted.written++;
	return nos_sqlite_engine.append(e, stream, now, entry, ret_position, err);
}

static enum nos_code erase(void *e, const char *stream, uint64_t position, struct nos_err *err)
{
	counted.written++;
	return nos_sqlite_engine.erase(e, stream, position, err);
}

/* Whoever is told of what was found. */
struct listener {
	nos_store_each *each;
	nos_store_entry *entry;
	void *state;
};

static enum nos_code tell_each(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	const struct listener *l = state;

	counted.read++;
	return l->each(l->state, key, value, rev, err);
}

static enum nos_code scan(void *e, const char *ns, struct nos_str prefix, nos_store_each *each,
    void *state, struct nos_err *err)
{
	struct listener l = { .each = each, .state = state };

	return nos_sqlite_engine.scan(e, ns, prefix, tell_each, &l, err);
}

static enum nos_code tell_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	const struct listener *l = state;

	counted.read++;
	return l->entry(l->state, position, entry, err);
}

static enum nos_code read_entries(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	struct listener l = { .entry = each, .state = state };

	return nos_sqlite_engine.read(e, stream, after, limit, tell_entry, &l, err);
}

struct scale_node_count scale_node_counted(void)
{
	const struct scale_node_count c = counted;

	counted = (struct scale_node_count){ 0 };
	return c;
}

/* ---- the store ---- */

static enum nos_code open_life(struct scale_node *n, struct nos_err *err)
{
	counting = nos_sqlite_engine;
	counting.get = get;
	counting.put = put;
	counting.append = append;
	counting.erase = erase;
	counting.scan = scan;
	counting.read = read_entries;
	nos_audit_init(&n->audit, n->store, "nos-bench", false);
	if (nos_self_open(n->store, &n->vault, &n->self, err))
		return err->code;
	return nos_life_open(&n->life, n->store, &n->vault, &n->audit, &n->self, err);
}

enum nos_code scale_node_change(
    struct scale_node *n, scale_node_work *what, void *state, struct nos_err *err)
{
	nos_audit_begin(&n->audit);
	if (nos_store_begin(n->store, err))
		return err->code;
	if (what(n, state, err)) {
		nos_store_rollback(n->store);
		return err->code;
	}
	return nos_store_commit(n->store, err);
}

enum nos_code scale_node_purge(struct scale_node *n, struct nos_err *err)
{
	if (!n->life.destroyed)
		return NOS_OK;
	n->life.destroyed = false;
	return nos_store_purge(n->store, err);
}

static enum nos_code make_group(struct scale_node *n, void *state, struct nos_err *err)
{
	const struct nos_charter c = { .name = SCALE_NODE_GROUP, .scheme = n->scheme->name };

	(void)state;
	return nos_charter_group(&c, &n->audit, &n->vault, nos_time_now(), &n->group, err);
}

/* The pool stands whatever the scheme, as in a store that nos-serve made. */
static enum nos_code make_node(struct scale_node *n, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	bool changed;

	nos_buf_init_secret(&text, 1000);
	counting = nos_sqlite_engine;
	if (nos_store_open_engine(&counting, n->path, true, &n->store, err) ||
	    nos_vault_new(&n->vault, &text, err) || nos_self_make(n->store, &n->vault, NUMBER, err))
		return err->code;
	return nos_globals_resize(
	    n->store, &n->vault, NOS_GLOBALS_SIZE, NOS_GLOBALS_RING, nos_time_now(), &changed, err);
}

enum nos_code scale_node_open(
    struct scale_node *n, const struct nos_scheme *scheme, struct nos_err *err)
{
	n->scheme = scheme;
	if (folder_make(NULL, n->folder, err))
		return err->code;
	snprintf(n->path, sizeof(n->path), "%s/node.db", n->folder);
	if (make_node(n, err) || open_life(n, err))
		return err->code;
	return scheme->grouped ? scale_node_change(n, make_group, NULL, err) : NOS_OK;
}

static void close_store(struct scale_node *n)
{
	nos_life_release(&n->life);
	n->life = (struct nos_life){ 0 };
	nos_self_release(&n->self);
	nos_store_close(n->store);
	n->store = NULL;
}

enum nos_code scale_node_again(struct scale_node *n, struct nos_err *err)
{
	close_store(n);
	if (nos_store_open_engine(&counting, n->path, false, &n->store, err))
		return err->code;
	return open_life(n, err);
}

void scale_node_close(struct scale_node *n)
{
	close_store(n);
	nos_vault_release(&n->vault);
	nos_group_release(&n->group);
	folder_remove(n->folder);
}

/* ---- who is in it ---- */

void scale_node_id(uint64_t i, char ret[static NOS_RECORD_ID_MAX])
{
	snprintf(ret, NOS_RECORD_ID_MAX, "s-%010" PRIx64, i & ID_BITS);
}

static enum nos_code draw(struct nos_derive_base *ret, struct nos_err *err)
{
	if (nos_random_secret(&ret->down, SECRET, err) ||
	    nos_random_secret(&ret->up, SECRET, err) || nos_random_secret(&ret->pair, SECRET, err))
		return err->code;
	return nos_random_secret(&ret->z, SECRET, err);
}

static enum nos_code add(struct scale_node *n, struct nos_err *err)
{
	const struct nos_time now = nos_time_now();
	NOS_AUTO(record) r = { .registered = now, .kind = "meter", .token = "t-0000000000" };
	NOS_AUTO(derive_base) base = { 0 };
	struct nos_issuer w;
	bool filled;

	r.group = n->group.number;
	scale_node_id(n->sources + 1, r.id);
	snprintf(r.scheme, sizeof(r.scheme), "%s", n->scheme->name);
	if (nos_life_world_full(&n->life, &r, now, 1, &w, err) || draw(&base, err))
		return err->code;
	nos_issuer_enrol(&r.a, &w, &base);
	if (nos_life_fill(&n->life, &r, &w, &filled, err) || nos_life_put(&n->life, now, &r, err))
		return err->code;
	n->sources++;
	return NOS_OK;
}

static enum nos_code add_all(struct scale_node *n, void *state, struct nos_err *err)
{
	const uint64_t *count = state;

	for (uint64_t i = 0; i < *count; i++)
		if (add(n, err))
			return err->code;
	return NOS_OK;
}

enum nos_code scale_node_fill(struct scale_node *n, uint64_t count, struct nos_err *err)
{
	return scale_node_change(n, add_all, &count, err);
}
