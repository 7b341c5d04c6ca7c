/* SPDX-License-Identifier: MIT */
#include "node.h"

#include "registry/member.h"

#define ID "s-0000000001"

static struct nos_member_table *table;
static struct nos_store_engine racing;
static bool race; /* the source is removed once its record was read */
static struct nos_store *reader;

static void put_source(void)
{
	NOS_AUTO(record)
	r = { .id = ID,
		.kind = "sensor",
		.mode = "push",
		.scheme = "pairwise",
		.token = "t-5c01d2aa90" };

	r.a.base = (struct nos_assoc_base){ .z = 1, .life = 1, .identity = 1 };
	nos_secret_put(&r.a.base.z_key, "0123456789abcdef0123456789abcdef", 32);
	r.a.base.down.key = r.a.base.up.key = r.a.base.z_key;
	r.a.keys[0] = (struct nos_assoc_key){
		.name = { 'p', 1, { 1 } }, .state = NOS_STATE_ACTIVE, .value = r.a.base.z_key
	};
	r.a.key_count = 1;
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
}

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
	put_source();
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

#define MEMBER_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MEMBER_TEST(a_source_stays_in_the_table_while_nothing_changes),
		MEMBER_TEST(who_holds_a_source_that_is_forgotten_looks_at_it_again),
		MEMBER_TEST(a_source_that_is_changed_while_it_is_read_is_not_kept_as_it_was),
		MEMBER_TEST(
		    one_that_is_looked_at_again_while_it_changes_is_not_taken_for_the_present_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
