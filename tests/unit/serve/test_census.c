/* SPDX-License-Identifier: MIT */
#include "../store/folder.h"

#include "audit/audit.h"
#include "registry/record.h"
#include "serve/census.h"

static struct nos_census census;
static struct nos_audit audit;

static int start(void **state)
{
	census = (struct nos_census){ 0 };
	return folder_start(state);
}

static void put_source(const char *id)
{
	assert_int_equal(nos_store_put(store, NOS_RECORD_NS, nos_str_of(id), NOS_STR("{}"),
			     NOS_STORE_NEW, NULL, &err),
	    NOS_OK);
}

static void note(const char *tool, enum nos_audit_what what, const char *to, const char *reason)
{
	const struct nos_audit_event event = {
		.what = what, .source = "s-0000000001", .to = to, .reason = reason
	};

	nos_audit_init(&audit, store, tool, true);
	assert_int_equal(nos_audit_append(&audit, nos_time_now(), &event, &err), NOS_OK);
}

static uint64_t counted(void)
{
	assert_int_equal(nos_census_run(&census, store, &err), NOS_OK);
	return census.sources;
}

static void what_others_register_and_forget_is_counted(void **state)
{
	(void)state;
	put_source("s-0000000001");
	put_source("s-0000000002");
	/* What was noted before it was counted is in what was counted. */
	note("nos-serve", NOS_AUDIT_SOURCE, "active", "registered");
	assert_int_equal(counted(), 2);
	assert_int_equal(counted(), 2);
	note("nos-serve", NOS_AUDIT_SOURCE, "active", "registered");
	assert_int_equal(counted(), 3);
	note("nos-token", NOS_AUDIT_SOURCE, "active", "bearer");
	assert_int_equal(counted(), 4);
	note("nos-token", NOS_AUDIT_SOURCE, "destroyed", "forgotten");
	assert_int_equal(counted(), 3);
}

static void what_becomes_of_a_source_is_no_registration(void **state)
{
	uint64_t position;

	(void)state;
	assert_int_equal(counted(), 0);
	note("nos-serve", NOS_AUDIT_SOURCE, "active", "registered anew");
	note("nos-rekey", NOS_AUDIT_SOURCE, "active", "registered");
	note("nos-rekey", NOS_AUDIT_SOURCE, "compromised", "bearer");
	note("nos-rekey", NOS_AUDIT_SOURCE, NULL, "since");
	note("nos-serve", NOS_AUDIT_KEY, "destroyed", NULL);
	note("nos-serve", NOS_AUDIT_KEY, "active", "registered");
	assert_int_equal(counted(), 0);
	/* None is less than none. */
	note("nos-token", NOS_AUDIT_SOURCE, "destroyed", "forgotten");
	assert_int_equal(nos_store_append(store, NOS_AUDIT_STREAM, nos_time_now(),
			     nos_str_bytes(NOS_STR("not JSON")), &position, &err),
	    NOS_OK);
	assert_int_equal(counted(), 0);
}

static void more_than_is_looked_at_at_once_is_looked_at_next(void **state)
{
	(void)state;
	assert_int_equal(counted(), 0);
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	for (int i = 0; i < 1200; i++)
		note("nos-serve", NOS_AUDIT_SOURCE, "active", "registered");
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
	assert_int_equal(counted(), 1000);
	assert_true(census.news);
	assert_int_equal(counted(), 1200);
	assert_false(census.news);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_others_register_and_forget_is_counted, start, folder_stop),
		cmocka_unit_test_setup_teardown(
		    what_becomes_of_a_source_is_no_registration, start, folder_stop),
		cmocka_unit_test_setup_teardown(
		    more_than_is_looked_at_at_once_is_looked_at_next, start, folder_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
