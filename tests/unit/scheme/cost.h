/* SPDX-License-Identifier: MIT */
/* A node on a store that counts what is touched of it, and steps of one source upon that. */
#ifndef NOS_TEST_COST_H
#define NOS_TEST_COST_H

#include <stdio.h>
#include <unistd.h>

#include "../test.h"
#include "lifecycle/member.h"
#include "lifecycle/order.h"
#include "store/engine.h"

#define NOW ((struct nos_time){ 1795600000000 })

/* Values read and put, or deleted, and entries of streams read and appended. */
struct cost {
	size_t got, put, read, appended;
};

static struct nos_store_engine counting;
static struct cost cost;
static struct nos_err err;
static struct nos_store *store;
static struct nos_vault vault;
static struct nos_self self;
static struct nos_audit audit;
static struct nos_life life;
static char folder[32];

/* ---- what is counted ---- */

static enum nos_code get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *e_err)
{
	cost.got++;
	return nos_sqlite_engine.get(e, ns, key, ret, ret_rev, e_err);
}

static enum nos_code put(void *e, const char *ns, struct nos_str key, const struct nos_str *value,
    uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *e_err)
{
	cost.put++;
	return nos_sqlite_engine.put(e, ns, key, value, expect_rev, ret_rev, e_err);
}

struct scanned {
	nos_store_each *each;
	void *state;
};

static enum nos_code scan_one(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e_err)
{
	const struct scanned *s = state;

	cost.got++;
	return s->each(s->state, key, value, rev, e_err);
}

/* One that stops at what it wanted touches no more than what came before that. */
static enum nos_code scan(void *e, const char *ns, struct nos_str prefix, nos_store_each *each,
    void *state, struct nos_err *e_err)
{
	struct scanned s = { each, state };

	cost.got++;
	return nos_sqlite_engine.scan(e, ns, prefix, scan_one, &s, e_err);
}

static enum nos_code append(void *e, const char *stream, struct nos_time now, struct nos_span entry,
    uint64_t *ret_position, struct nos_err *e_err)
{
	cost.appended++;
	return nos_sqlite_engine.append(e, stream, now, entry, ret_position, e_err);
}

static enum nos_code append_behind(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t last, struct nos_err *e_err)
{
	cost.appended++;
	return nos_sqlite_engine.append_behind(e, stream, now, entry, last, e_err);
}

static enum nos_code read_entries(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *e_err)
{
	cost.read += limit;
	return nos_sqlite_engine.read(e, stream, after, limit, each, state, e_err);
}

/* ---- a node ---- */

static void node_open(void)
{
	NOS_AUTO(buf) text = { 0 };
	char path[64];
	bool changed;

	counting = nos_sqlite_engine;
	counting.get = get;
	counting.put = put;
	counting.scan = scan;
	counting.append = append;
	counting.append_behind = append_behind;
	counting.read = read_entries;
	snprintf(folder, sizeof(folder), "/tmp/nos-cost-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/node.db", folder);
	nos_buf_init_secret(&text, 1000);
	assert_int_equal(nos_store_open_engine(&counting, path, true, &store, &err), NOS_OK);
	assert_int_equal(nos_vault_new(&vault, &text, &err), NOS_OK);
	assert_int_equal(nos_self_make(store, &vault, 5, &err), NOS_OK);
	assert_int_equal(nos_self_open(store, &vault, &self, &err), NOS_OK);
	assert_int_equal(nos_globals_resize(store, &vault, 3, 1, NOW, &changed, &err), NOS_OK);
	nos_audit_init(&audit, store, "test", false);
	assert_int_equal(nos_life_open(&life, store, &vault, &audit, &self, &err), NOS_OK);
}

static void node_close(void)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".door" };
	char path[64];

	nos_life_release(&life);
	memset(&life, 0, sizeof(life));
	nos_self_release(&self);
	nos_vault_release(&vault);
	nos_store_close(store);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(path, sizeof(path), "%s/node.db%s", folder, tails[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void begin(void)
{
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	nos_audit_begin(&audit);
}

static void commit(void)
{
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
}

static const char *id_of(unsigned i)
{
	static char id[NOS_RECORD_ID_MAX];

	snprintf(id, sizeof(id), "s-%010u", i);
	return id;
}

/* ---- steps ---- */

/* One more source; group: its number, or 0. */
static inline void add(const struct nos_scheme *scheme, unsigned i, uint64_t group)
{
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(record) r = { .kind = "sensor", .token = "t-0000000000", .group = group };
	struct nos_issuer w;
	bool filled;

	base.down.len = base.up.len = base.pair.len = base.z.len = 32;
	snprintf(r.id, sizeof(r.id), "%s", id_of(i));
	snprintf(r.scheme, sizeof(r.scheme), "%s", scheme->name);
	assert_int_equal(nos_life_world_full(&life, &r, NOW, 1, &w, &err), NOS_OK);
	nos_issuer_enrol(&r.a, &w, &base);
	assert_int_equal(nos_life_fill(&life, &r, &w, &filled, &err), NOS_OK);
	assert_int_equal(nos_life_put(&life, NOW, &r, &err), NOS_OK);
}

static inline enum nos_code use(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	return nos_issuer_used(&r->a, w, state, ret_changed, e);
}

/* A pack: it is opened by the key of that place among the source's, from the last, and noted. */
static inline void open_pack(unsigned i, size_t back, char letter)
{
	struct nos_member_table *members;
	struct nos_member *m;
	NOS_AUTO(record) r = { 0 };
	struct nos_name name;

	assert_int_equal(nos_member_table_new(10, &members, &err), NOS_OK);
	assert_int_equal(nos_member_get(members, store, &vault, id_of(i), &m, &err), NOS_OK);
	assert_true(m->key_count > back);
	name = m->keys[m->key_count - 1 - back].name;
	assert_int_equal(name.kind, letter);
	begin();
	assert_int_equal(
	    nos_life_change(&life, nos_str_of(id_of(i)), NOW, use, &name, &r, &err), NOS_OK);
	commit();
	nos_member_drop(members, m);
	nos_member_table_free(members);
}

static inline void order(enum nos_order_what what, unsigned i, enum nos_order_status expect)
{
	const struct nos_order o = { .what = what, .reason = "a test" };
	struct nos_order_done done;

	begin();
	assert_int_equal(nos_order_give(&life, &o, id_of(i), NOW, &done, &err), NOS_OK);
	commit();
	assert_int_equal(done.status, expect);
}

#endif
