/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "self/era.h"
#include "lifecycle/overhaul.h"

#define NOW ((struct nos_time){ 1795600000000 })

static uint64_t era(void)
{
	uint64_t ret;

	assert_int_equal(nos_era_get(store, &ret, &err), NOS_OK);
	return ret;
}

static void restore(int64_t ms, const char *row)
{
	NOS_AUTO(buf) made = { 0 };

	node_life();
	nos_buf_init(&made, 1000);
	assert_int_equal(
	    nos_overhaul_restore(&changes, "put back", (struct nos_time){ ms }, &made, &err),
	    NOS_OK);
	assert_buf(&made, row);
}

static void a_restore_begins_a_life_and_an_era(void **state)
{
	(void)state;
	restore(NOW.ms, "{\"life\":2,\"status\":\"confirmed\"}");
	assert_int_equal(era(), NOW.ms * 1000);
	restore(NOW.ms + 60000, "{\"life\":3,\"status\":\"confirmed\"}");
	assert_int_equal(era(), (NOW.ms + 60000) * 1000);
}

/* Lives are counted, and both are of the same number then. */
static void a_backup_that_is_put_back_twice_has_another_era_each_time(void **state)
{
	uint64_t first;

	(void)state;
	restore(NOW.ms, "{\"life\":2,\"status\":\"confirmed\"}");
	first = era();
	node_put(NOS_SELF_NS, "life", "{\"v\":1,\"life\":1}");
	assert_int_equal(
	    nos_store_del(store, NOS_SELF_NS, NOS_STR(NOS_ERA_KEY), NOS_STORE_ANY, &err), NOS_OK);
	restore(NOW.ms + 1, "{\"life\":2,\"status\":\"confirmed\"}");
	assert_true(era() > first);
}

static void new_keys_of_the_node_begin_none(void **state)
{
	NOS_AUTO(buf) made = { 0 };

	(void)state;
	node_life();
	nos_buf_init(&made, 1000);
	assert_int_equal(nos_overhaul_identity(&changes, "each year", NOW, &made, &err), NOS_OK);
	assert_int_equal(era(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_restore_begins_a_life_and_an_era),
		NODE_TEST(a_backup_that_is_put_back_twice_has_another_era_each_time),
		NODE_TEST(new_keys_of_the_node_begin_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
