/* SPDX-License-Identifier: MIT */
#include "node.h"

#include "base/num.h"
#include "registry/roster.h"

static void add(struct nos_roster *r, const char *id, uint64_t key, uint64_t replaces)
{
	struct nos_roster_item item = { .key = key, .replaces = replaces };

	assert_true(nos_str_copy(nos_str_of(id), item.id, sizeof(item.id)));
	assert_int_equal(nos_roster_add(r, &item, &err), NOS_OK);
}

static void assert_item(
    const struct nos_roster *r, size_t i, const char *id, uint64_t key, uint64_t replaces)
{
	struct nos_roster_item item;

	nos_roster_get(r, i, &item);
	assert_string_equal(item.id, id);
	assert_true(item.key == key && item.replaces == replaces);
}

static void what_was_added_comes_back(void **state)
{
	struct nos_roster r;

	(void)state;
	nos_roster_init(&r, true);
	for (uint64_t i = 0; i < 1000; i++) {
		char id[NOS_RECORD_ID_MAX];

		snprintf(id, sizeof(id), "s-%010x", (unsigned)i * 4000000u);
		add(&r, id, NOS_NUM_SAFE - i, i);
	}
	assert_int_equal(r.count, 1000);
	assert_item(&r, 0, "s-0000000000", NOS_NUM_SAFE, 0);
	assert_item(&r, 999, "s-00ee2e1f00", NOS_NUM_SAFE - 999, 999);
	nos_roster_release(&r);
}

static void without_versions_an_item_takes_five_bytes(void **state)
{
	struct nos_roster r;

	(void)state;
	nos_roster_init(&r, false);
	add(&r, "s-ffffffffff", 7, 6);
	assert_int_equal(r.width, 5);
	assert_item(&r, 0, "s-ffffffffff", 0, 0);
	nos_roster_release(&r);
}

static void some_are_kept_in_their_order(void **state)
{
	struct nos_roster r;

	(void)state;
	nos_roster_init(&r, true);
	add(&r, "s-0000000001", 1, 0);
	add(&r, "s-0000000002", 2, 1);
	add(&r, "s-0000000003", 3, 2);
	nos_roster_move(&r, 1, 0);
	nos_roster_move(&r, 2, 1);
	nos_roster_cut(&r, 2);
	assert_int_equal(r.count, 2);
	assert_item(&r, 0, "s-0000000002", 2, 1);
	assert_item(&r, 1, "s-0000000003", 3, 2);
	nos_roster_release(&r);
}

static void what_is_no_id_is_refused(void **state)
{
	static const char *const bad[] = { "", "s-", "s-123", "s-7f3a09c2e", "s-7f3a09c2e11",
		"t-7f3a09c2e1", "s-7f3a09c2eg" };
	struct nos_roster_item item = { 0 };
	struct nos_roster r;

	(void)state;
	nos_roster_init(&r, false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(nos_str_copy(nos_str_of(bad[i]), item.id, sizeof(item.id)));
		assert_int_equal(nos_roster_add(&r, &item, &err), NOS_IO);
		nos_err_clear(&err);
	}
	assert_true(nos_str_copy(NOS_STR("s-7f3a09c2e1"), item.id, sizeof(item.id)));
	item.key = NOS_NUM_SAFE + 1;
	assert_int_equal(nos_roster_add(&r, &item, &err), NOS_IO);
	assert_int_equal(r.count, 0);
	nos_roster_release(&r);
}

static void all_of_a_store_are_collected_in_order(void **state)
{
	struct nos_roster r;

	(void)state;
	node_put(NOS_RECORD_NS, "s-ff00000000", "{}");
	node_put(NOS_RECORD_NS, "s-0000000001", "{}");
	node_put(NOS_RECORD_NS, "s-7f3a09c2e1", "{}");
	nos_roster_init(&r, false);
	assert_int_equal(nos_roster_collect(&r, store, &err), NOS_OK);
	assert_int_equal(r.count, 3);
	assert_item(&r, 0, "s-0000000001", 0, 0);
	assert_item(&r, 1, "s-7f3a09c2e1", 0, 0);
	assert_item(&r, 2, "s-ff00000000", 0, 0);
	node_put(NOS_RECORD_NS, "s-x", "{}");
	assert_int_equal(nos_roster_collect(&r, store, &err), NOS_IO);
	nos_roster_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(what_was_added_comes_back),
		NODE_TEST(without_versions_an_item_takes_five_bytes),
		NODE_TEST(some_are_kept_in_their_order),
		NODE_TEST(what_is_no_id_is_refused),
		NODE_TEST(all_of_a_store_are_collected_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
