/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "lifecycle/recall.h"

#define NOW ((struct nos_time){ 1795600000000 })

static struct nos_store_engine racing;
static int refuse; /* puts of global keys that another is quicker with */
static struct nos_recall_done done;

static enum nos_code put(void *e, const char *ns, struct nos_str key, const struct nos_str *value,
    uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *e_err)
{
	if (refuse && strcmp(ns, "global") == 0 && refuse--)
		return nos_err_set(e_err, NOS_EXISTS, "another was quicker");
	return cluster_engine.put(e, ns, key, value, expect_rev, ret_rev, e_err);
}

/* A node with five global keys, on a store in whose way another may be. */
static int start(void **state)
{
	struct nos_store *other;
	bool changed;

	if (node_start(state))
		return -1;
	refuse = 0;
	racing = cluster_engine;
	racing.put = put;
	if (nos_globals_resize(store, &vault, 5, 1, NOW, &changed, &err) ||
	    nos_store_open_engine(&racing, "", true, &other, &err))
		return -1;
	nos_store_close(store);
	store = other;
	node_life();
	return 0;
}

static struct nos_globals globals(void)
{
	struct nos_globals g;

	nos_err_clear(&err);
	assert_int_equal(nos_globals_get(store, &vault, &g, &err), NOS_OK);
	return g;
}

static uint64_t version(uint64_t domain)
{
	const struct nos_globals g = globals();

	return g.pool.keys[domain - 1].version;
}

static enum nos_code recall(const char *word)
{
	nos_err_clear(&err);
	return nos_recall_one(&changes, &self, nos_str_of(word), "stolen", NOW, &done, &err);
}

static void assert_row(const char *text)
{
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, 200);
	nos_recall_row(&b, &done);
	assert_buf(&b, text);
}

/* The audit stream's entries, one behind the other. */
static enum nos_code note(void *state, struct nos_str entry, struct nos_err *e)
{
	(void)e;
	nos_buf_add_str(state, entry);
	return NOS_OK;
}

static void assert_noted(const char *text, bool is)
{
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, 1 << 16);
	assert_int_equal(
	    nos_audit_scan(store, (struct nos_time){ 0 }, NULL, note, &b, &err), NOS_OK);
	nos_buf_add_char(&b, '\0');
	assert_int_equal(strstr(b.p, text) != NULL, is);
}

static uint64_t noted(void)
{
	uint64_t first, last;

	assert_int_equal(nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, &err), NOS_OK);
	return last;
}

static void a_global_key_is_taken_back_once_and_that_is_written_down(void **state)
{
	const struct nos_globals before = globals();
	struct nos_globals after;
	uint64_t rev;

	(void)state;
	assert_int_equal(recall("w.2.1"), NOS_OK);
	assert_row("{\"key\":\"w.2.2\",\"replaces\":\"w.2.1\",\"status\":\"invalidated\"}");
	after = globals();
	assert_int_equal(after.pool.keys[1].version, 2);
	assert_memory_not_equal(
	    after.pool.keys[1].value, before.pool.keys[1].value, NOS_POOL_KEY_LEN);
	assert_true(nos_invalidation_names(&after.list, 2, 1));
	assert_int_equal(noted(), 2);
	assert_noted("\"key\":\"w.2.1\",\"from\":\"active\",\"to\":\"compromised\"", true);
	assert_noted("\"key\":\"w.2.2\",\"to\":\"active\"", true);
	assert_noted("\"reason\":\"stolen\"", true);
	rev = cluster.rev;
	assert_int_equal(recall("w.2.1"), NOS_OK);
	assert_row("{\"key\":\"w.2.2\",\"replaces\":\"w.2.1\",\"status\":\"unchanged\"}");
	assert_true(cluster.rev == rev && noted() == 2);
}

static void without_a_version_it_is_the_present_one(void **state)
{
	(void)state;
	assert_int_equal(recall("w.5"), NOS_OK);
	assert_row("{\"key\":\"w.5.2\",\"replaces\":\"w.5.1\",\"status\":\"invalidated\"}");
	assert_int_equal(recall("w.5"), NOS_OK);
	assert_row("{\"key\":\"w.5.3\",\"replaces\":\"w.5.2\",\"status\":\"invalidated\"}");
	assert_int_equal(recall("w.5.1"), NOS_OK);
	assert_row("{\"key\":\"w.5.3\",\"replaces\":\"w.5.1\",\"status\":\"unchanged\"}");
	assert_int_equal(version(4), 1);
}

static void what_is_no_global_key_is_refused_with_the_remedy_and_changes_nothing(void **state)
{
	static const char *const words[] = { "", "w", "w.", "w.1.2.3", "d.1.1", "p.1", "1",
		"w.01" };
	static const char *const absent[] = { "w.0", "w.6", "w.6.1", "w.1.0", "w.1.2" };
	const uint64_t rev = cluster.rev;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (recall(words[i]) != NOS_USAGE)
			fail_msg("'%s' was taken: %s", words[i], err.text);
	assert_string_equal(
	    err.text, "'w.01' is no global key, such as w.7.1: nos-keytable gt shows them");
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		if (recall(absent[i]) != NOS_ABSENT)
			fail_msg("'%s' was taken: %s", absent[i], err.text);
	assert_string_equal(err.text, "w.1.2: there is no such global key");
	assert_true(cluster.rev == rev && noted() == 0);
}

static void who_is_not_the_quickest_does_it_again_and_gives_up_in_the_end(void **state)
{
	(void)state;
	refuse = 3;
	assert_int_equal(recall("w.1"), NOS_OK);
	assert_int_equal(version(1), 2);
	refuse = 1000;
	assert_int_equal(recall("w.1"), NOS_BUSY);
	refuse = 0;
	assert_int_equal(version(1), 2);
}

static void another_node_key_takes_nothing_back(void **state)
{
	struct nos_vault other = { { 32, { 9 } } };

	(void)state;
	changes.vault = &other;
	assert_int_equal(recall("w.1"), NOS_DENIED);
	changes.vault = &vault;
	assert_int_equal(version(1), 1);
}

static void once_a_backup_was_put_back_all_are_drawn_anew(void **state)
{
	const struct nos_globals before = globals();
	struct nos_globals after;

	(void)state;
	assert_int_equal(nos_recall_all(&changes, 2, NOW, &err), NOS_OK);
	after = globals();
	for (unsigned i = 0; i < 5; i++) {
		assert_true(after.pool.keys[i].version == (UINT64_C(1) << 32) + 1);
		assert_memory_not_equal(
		    after.pool.keys[i].value, before.pool.keys[i].value, NOS_POOL_KEY_LEN);
	}
}

static void the_list_is_signed_anew_once_the_node_has_other_keys(void **state)
{
	struct nos_invalidation v;
	struct nos_globals g;
	uint64_t rev = cluster.rev;

	(void)state;
	assert_int_equal(nos_recall_sign(&changes, &self, &err), NOS_OK);
	assert_true(cluster.rev == rev); /* nothing was taken back */
	assert_int_equal(recall("w.3"), NOS_OK);
	assert_int_equal(nos_self_renew(store, &vault, &self, NOW, &err), NOS_OK);
	assert_int_equal(nos_recall_sign(&changes, &self, &err), NOS_OK);
	g = globals();
	assert_int_equal(nos_invalidation_open((struct nos_span){ g.broadcast, g.broadcast_len },
			     self.sign_public, &v, &err),
	    NOS_OK);
	assert_true(nos_invalidation_names(&v, 3, 1));
}

static void where_there_is_no_pool_nothing_is_made_of_one(void **state)
{
	uint64_t rev;

	(void)state;
	assert_int_equal(
	    nos_store_del(store, "global", NOS_STR("pool"), NOS_STORE_ANY, &err), NOS_OK);
	rev = cluster.rev;
	assert_int_equal(nos_recall_all(&changes, 2, NOW, &err), NOS_OK);
	assert_int_equal(nos_recall_sign(&changes, &self, &err), NOS_OK);
	assert_int_equal(recall("w.1"), NOS_ABSENT);
	assert_true(cluster.rev == rev);
}

#define RECALL_TEST(f) cmocka_unit_test_setup_teardown(f, start, node_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RECALL_TEST(a_global_key_is_taken_back_once_and_that_is_written_down),
		RECALL_TEST(without_a_version_it_is_the_present_one),
		RECALL_TEST(what_is_no_global_key_is_refused_with_the_remedy_and_changes_nothing),
		RECALL_TEST(who_is_not_the_quickest_does_it_again_and_gives_up_in_the_end),
		RECALL_TEST(another_node_key_takes_nothing_back),
		RECALL_TEST(once_a_backup_was_put_back_all_are_drawn_anew),
		RECALL_TEST(the_list_is_signed_anew_once_the_node_has_other_keys),
		RECALL_TEST(where_there_is_no_pool_nothing_is_made_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
