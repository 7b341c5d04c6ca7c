/* SPDX-License-Identifier: MIT */
/*
 * What one source costs a node's store, whatever its scheme: no more records are touched among a
 * thousand sources than among ten (nos-schemes(7), "The interface"). A million are the end-to-end
 * tests'.
 */
#include <stdio.h>
#include <unistd.h>

#include "../test.h"
#include "registry/member.h"
#include "registry/order.h"
#include "registry/recall.h"
#include "store/engine.h"

#define NOW   ((struct nos_time){ 1795600000000 })
#define FEW   10
#define MANY  1000
#define MOST  20 /* records of one step */
#define STEPS 6

/* Values read and put, and entries of streams read and appended. */
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

/* A scan would touch all of them: no step has one. */
static enum nos_code scan(void *e, const char *ns, struct nos_str prefix, nos_store_each *each,
    void *state, struct nos_err *e_err)
{
	cost.got += MANY;
	return nos_sqlite_engine.scan(e, ns, prefix, each, state, e_err);
}

static enum nos_code append(void *e, const char *stream, struct nos_time now, struct nos_span entry,
    uint64_t *ret_position, struct nos_err *e_err)
{
	cost.appended++;
	return nos_sqlite_engine.append(e, stream, now, entry, ret_position, e_err);
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

/* ---- the steps, each of one source ---- */

static void add(const struct nos_scheme *scheme, unsigned i)
{
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(record) r = { .kind = "sensor", .token = "t-0000000000" };
	struct nos_issuer w;
	bool filled;

	base.down.len = base.up.len = base.pair.len = base.z.len = 32;
	snprintf(r.id, sizeof(r.id), "%s", id_of(i));
	snprintf(r.scheme, sizeof(r.scheme), "%s", scheme->name);
	assert_int_equal(nos_life_world_full(&life, &r, NOW, 1, &w, &err), NOS_OK);
	nos_issuer_enrol(&r.a, &w, &base);
	assert_int_equal(nos_issuer_fill(&r.a, &w, &filled, &err), NOS_OK);
	assert_int_equal(nos_life_put(&life, NOW, &r, &err), NOS_OK);
}

static void do_register(const struct nos_scheme *scheme, unsigned i)
{
	begin();
	add(scheme, i);
	commit();
}

static enum nos_code use(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	return nos_issuer_used(&r->a, w, state, ret_changed, e);
}

/* A pack under what waits for its first use, or under p.1: it is opened, and its key noted. */
static void do_send(const struct nos_scheme *scheme, unsigned i)
{
	struct nos_member_table *members;
	struct nos_member *m;
	NOS_AUTO(record) r = { 0 };
	struct nos_name name;

	assert_int_equal(nos_member_table_new(10, &members, &err), NOS_OK);
	assert_int_equal(nos_member_get(members, store, &vault, id_of(i), &m, &err), NOS_OK);
	assert_true(m->key_count >= 1);
	name = m->keys[m->key_count - 1].name;
	assert_int_equal(name.kind, scheme->letter);
	begin();
	assert_int_equal(
	    nos_life_change(&life, nos_str_of(id_of(i)), NOW, use, &name, &r, &err), NOS_OK);
	commit();
	nos_member_drop(members, m);
	nos_member_table_free(members);
}

static void order(enum nos_order_what what, unsigned i, enum nos_order_status expect)
{
	const struct nos_order o = { .what = what, .reason = "a test" };
	struct nos_order_done done;

	begin();
	assert_int_equal(nos_order_give(&life, &o, id_of(i), NOW, &done, &err), NOS_OK);
	commit();
	assert_int_equal(done.status, expect);
}

static void do_rekey(const struct nos_scheme *scheme, unsigned i)
{
	(void)scheme;
	order(NOS_ORDER_REPLACE, i, NOS_ORDER_PENDING);
}

/* The global key that the source's local keys are of, and then the source. */
static void do_invalidate(const struct nos_scheme *scheme, unsigned i)
{
	uint64_t ring[NOS_POOL_RING_MAX];
	struct nos_recall_done done;
	char word[32];

	if (!scheme->invalidate)
		return;
	assert_int_equal(nos_pool_ring(&life.pool, nos_str_of(id_of(i)), ring, &err), NOS_OK);
	snprintf(word, sizeof(word), "w.%llu", (unsigned long long)ring[0]);
	assert_int_equal(
	    nos_recall_one(&life, &self, nos_str_of(word), "stolen", NOW, &done, &err), NOS_OK);
	assert_true(done.changed);
	assert_int_equal(nos_life_open(&life, store, &vault, &audit, &self, &err), NOS_OK);
	order(NOS_ORDER_INVALIDATE, i, NOS_ORDER_PENDING);
}

static void do_revoke(const struct nos_scheme *scheme, unsigned i)
{
	(void)scheme;
	order(NOS_ORDER_REVOKE, i, NOS_ORDER_REVOKED);
}

static const struct {
	const char *name;
	void (*run)(const struct nos_scheme *scheme, unsigned i);
} steps[STEPS] = {
	{ "register", do_register },
	{ "send under a new key", do_send },
	{ "re-key", do_rekey },
	{ "send under the next", do_send },
	{ "invalidate", do_invalidate },
	{ "revoke", do_revoke },
};

static void measure(const struct nos_scheme *scheme, unsigned sources, struct cost ret[STEPS])
{
	node_open();
	begin();
	for (unsigned i = 0; i < sources; i++)
		add(scheme, i);
	commit();
	/* Wherever in its block of numbers the node stood. */
	memset(&life.numbers, 0, sizeof(life.numbers));
	begin();
	assert_int_equal(
	    nos_numbers_reserve(&life.numbers, store, 1, audit.groups, 1, &err), NOS_OK);
	commit();
	for (size_t i = 0; i < STEPS; i++) {
		cost = (struct cost){ 0 };
		steps[i].run(scheme, sources);
		ret[i] = cost;
	}
	node_close();
}

static void one_source_among_a_thousand_costs_what_it_costs_among_ten(void **state)
{
	const struct nos_scheme *scheme;
	struct cost few[STEPS], many[STEPS];

	(void)state;
	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++) {
		measure(scheme, FEW, few);
		measure(scheme, MANY, many);
		for (size_t j = 0; j < STEPS; j++) {
			const struct cost *c = &many[j];

			if (memcmp(&few[j], c, sizeof(*c)) != 0 ||
			    c->got + c->put + c->read + c->appended > MOST)
				fail_msg(
				    "%s: %s reads %zu values and %zu entries, writes %zu and %zu",
				    scheme->name, steps[j].name, c->got, c->read, c->put,
				    c->appended);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_source_among_a_thousand_costs_what_it_costs_among_ten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
