/* SPDX-License-Identifier: MIT */
#include "../registry/source.h"

#include "lifecycle/member.h"

#define ID     "s-0000000001"
#define SECRET "0123456789abcdef0123456789abcdef"

static struct nos_member_table *table;
static struct nos_store_engine racing;
static bool race; /* the source is removed once its record was read */
static struct nos_store *reader;

static void remove_source(void)
{
	NOS_AUTO(record) r = { 0 };

	assert_int_equal(nos_registry_get(store, NULL, NOS_STR(ID), &r, &err), NOS_OK);
	assert_int_equal(nos_registry_del(store, &r, &err), NOS_OK);
}

static enum nos_code get_slowly(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *e_err)
{
	enum nos_code code = cluster_engine.get(e, ns, key, ret, ret_rev, e_err);

	if (race && strcmp(ns, NOS_RECORD_NS) == 0) {
		race = false;
		remove_source();
		nos_member_forget(table, ID);
	}
	return code;
}

static int start(void **state)
{
	if (node_start(state))
		return 1;
	racing = cluster_engine;
	racing.get = get_slowly;
	if (nos_store_open_engine(&racing, "", true, &reader, &err) ||
	    nos_member_table_new(10, &table, &err))
		return 1;
	nos_member_changed(table, (struct nos_member_world){ 1, 1 });
	source_put(ID, SECRET);
	return 0;
}

static int stop(void **state)
{
	nos_member_table_free(table);
	nos_store_close(reader);
	return node_stop(state);
}

static struct nos_member *get(void)
{
	struct nos_member *m = NULL;

	if (nos_member_get(table, reader, &vault, ID, &m, &err))
		fail_msg("%s", err.text);
	return m;
}

static enum nos_code check(struct nos_member **m)
{
	const struct nos_member_key *key = nos_member_key(*m, "p.1");

	nos_err_clear(&err);
	return nos_member_check(table, reader, &vault, m, &key, &err);
}

static void a_source_stays_in_the_table_while_nothing_changes(void **state)
{
	struct nos_member *m = get(), *again = get();

	(void)state;
	assert_ptr_equal(m, again);
	assert_int_equal(check(&m), NOS_OK);
	nos_member_drop(table, m);
	nos_member_drop(table, again);
}

static void who_holds_a_source_that_is_forgotten_looks_at_it_again(void **state)
{
	struct nos_member *m = get();

	(void)state;
	remove_source();
	assert_int_equal(check(&m), NOS_OK); /* nobody has said that it changed */
	nos_member_forget(table, ID);
	assert_int_equal(check(&m), NOS_TAG);
	nos_member_drop(table, m);
}

static void a_source_that_is_changed_while_it_is_read_is_not_kept_as_it_was(void **state)
{
	struct nos_member *m, *again;

	(void)state;
	race = true;
	m = get();
	assert_int_equal(check(&m), NOS_TAG);
	nos_err_clear(&err);
	assert_int_equal(nos_member_get(table, reader, &vault, ID, &again, &err), NOS_TAG);
	nos_member_drop(table, m);
}

static void one_that_is_looked_at_again_while_it_changes_is_not_taken_for_the_present_one(
    void **state)
{
	struct nos_member *m = get(), *again;

	(void)state;
	nos_member_changed(table, (struct nos_member_world){ 1, 1 });
	race = true;
	again = get();
	assert_int_equal(check(&again), NOS_TAG);
	nos_member_drop(table, again);
	nos_member_drop(table, m);
}

/* ---- global keys ---- */

/* A pool of one, and the source has a local key of it. */
static void put_local(void)
{
	NOS_AUTO(record) r = { 0 };
	bool changed;

	assert_int_equal(
	    nos_globals_resize(store, &vault, 1, 1, (struct nos_time){ 1 }, &changed, &err),
	    NOS_OK);
	assert_int_equal(nos_registry_get(store, &vault, NOS_STR(ID), &r, &err), NOS_OK);
	snprintf(r.scheme, sizeof(r.scheme), "dini");
	r.a.keys[1] = (struct nos_assoc_key){ .name = { 'd', 2, { 5, 1 } },
		.state = NOS_STATE_ACTIVE,
		.value = { 16, { 7 } },
		.from = { 1, 1 } };
	r.a.key_count = 2;
	nos_assoc_add_global(&r.a, (struct nos_assoc_global){ 1, 1 });
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
	nos_member_forget(table, ID);
}

/* By an operator, beside the node, who looks at no source. */
static struct nos_globals take_back(void)
{
	struct nos_globals g;

	assert_int_equal(nos_globals_get(store, &vault, &g, &err), NOS_OK);
	assert_int_equal(nos_globals_take_back(&g, &self, 1, (struct nos_time){ 2 }, &err), NOS_OK);
	assert_int_equal(nos_globals_put(store, &vault, &g, &err), NOS_OK);
	nos_member_changed(table, (struct nos_member_world){ 1, 1, g.rev });
	return g;
}

static void a_key_of_a_global_key_that_was_taken_back_opens_nothing_whoever_has_yet_to_look(
    void **state)
{
	const struct nos_member_key *key;
	struct nos_member *m, *now;

	(void)state;
	put_local();
	m = get();
	key = nos_member_key(m, "d.5.1");
	assert_non_null(key);
	take_back();
	assert_int_equal(nos_member_check(table, reader, &vault, &m, &key, &err), NOS_TAG);
	nos_err_clear(&err);
	now = get();
	assert_null(nos_member_key(now, "d.5.1"));
	assert_non_null(nos_member_key(now, "p.1"));
	assert_true(now->has_own); /* and its source is to get another */
	nos_member_drop(table, now);
	nos_member_drop(table, m);
}

/* Change the source's record, and look at what stands in the table then. */
static struct nos_member *with(void (*change)(struct nos_record *r))
{
	NOS_AUTO(record) r = { 0 };

	assert_int_equal(nos_registry_get(store, &vault, NOS_STR(ID), &r, &err), NOS_OK);
	change(&r);
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
	nos_member_forget(table, ID);
	return get();
}

static void be_pairwise(struct nos_record *r)
{
	snprintf(r->scheme, sizeof(r->scheme), "pairwise");
}

static void be_dini(struct nos_record *r)
{
	snprintf(r->scheme, sizeof(r->scheme), "dini");
	r->a.resync = false;
	r->a.out_count = 0;
}

static void be_to_ask(struct nos_record *r)
{
	r->a.resync = true;
}

static void have_a_message(struct nos_record *r)
{
	be_dini(r);
	r->a.out[0] = (struct nos_assoc_message){
		.ctr = 3, .brings = { 'w', 2, { 1, 1 } }, .len = 3, .bytes = { 1, 2, 3 }
	};
	r->a.out_count = 1;
}

static void have_one_unused(struct nos_record *r)
{
	r->a.keys[0].unused = true;
}

static void it_has_a_key_of_its_own_where_its_scheme_gives_one_and_nothing_waits(void **state)
{
	static const struct {
		void (*change)(struct nos_record *r);
		bool has_own;
	} steps[] = { { be_pairwise, false }, { be_dini, true }, { be_to_ask, false },
		{ be_dini, true }, { have_a_message, false } };

	(void)state;
	put_local();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct nos_member *m = with(steps[i].change);

		if (m->has_own != steps[i].has_own)
			fail_msg("at step %zu", i);
		nos_member_drop(table, m);
	}
}

static void that_a_key_has_not_been_used_comes_with_it(void **state)
{
	struct nos_member *m = get();

	(void)state;
	assert_false(nos_member_key(m, "p.1")->unused);
	nos_member_drop(table, m);
	m = with(have_one_unused);
	assert_true(nos_member_key(m, "p.1")->unused);
	nos_member_drop(table, m);
}

static void what_waits_begins_with_the_broadcast_where_it_replaces_a_global_key(void **state)
{
	struct nos_assoc a = { .base = { .life = 1 }, .out_count = 2 };
	struct nos_globals g;
	NOS_AUTO(buf) plain = { 0 };
	NOS_AUTO(buf) whole = { 0 };
	NOS_AUTO(buf) expect = { 0 };

	(void)state;
	put_local();
	g = take_back();
	a.out[0] = (struct nos_assoc_message){
		.brings = { 'w', 2, { 1, 2 } }, .len = 3, .bytes = { 1, 2, 3 }
	};
	a.out[1] = (struct nos_assoc_message){
		.brings = { 'd', 2, { 5, 2 } }, .len = 3, .bytes = { 4, 5, 6 }
	};
	nos_buf_init(&whole, 1000);
	nos_member_outstanding(&a, 1, &g, &whole);
	nos_buf_init(&expect, 1000);
	nos_buf_add_text(&expect, "[\"");
	nos_enc_base64(&expect, g.broadcast, g.broadcast_len);
	nos_buf_add_text(&expect, "\",\"AQID\",\"BAUG\"]");
	assert_buf(&whole, expect.p);
	/* One of a domain of which nothing was taken back needs none. */
	a.out[0].brings.parts[0] = 2;
	nos_buf_init(&plain, 1000);
	nos_member_outstanding(&a, 1, &g, &plain);
	assert_buf(&plain, "[\"AQID\",\"BAUG\"]");
	/* And where nothing waits, or in another life, there is no list. */
	nos_buf_truncate(&plain, 0);
	nos_member_outstanding(&a, 2, &g, &plain);
	a.out_count = 0;
	nos_member_outstanding(&a, 1, &g, &plain);
	assert_int_equal(plain.len, 0);
}

#define MEMBER_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MEMBER_TEST(a_source_stays_in_the_table_while_nothing_changes),
		MEMBER_TEST(who_holds_a_source_that_is_forgotten_looks_at_it_again),
		MEMBER_TEST(a_source_that_is_changed_while_it_is_read_is_not_kept_as_it_was),
		MEMBER_TEST(
		    one_that_is_looked_at_again_while_it_changes_is_not_taken_for_the_present_one),
		MEMBER_TEST(
		    a_key_of_a_global_key_that_was_taken_back_opens_nothing_whoever_has_yet_to_look),
		MEMBER_TEST(it_has_a_key_of_its_own_where_its_scheme_gives_one_and_nothing_waits),
		MEMBER_TEST(that_a_key_has_not_been_used_comes_with_it),
		MEMBER_TEST(what_waits_begins_with_the_broadcast_where_it_replaces_a_global_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
