/* SPDX-License-Identifier: MIT */
#include "../store/folder.h"

#include "lane/backlog.h"
#include "stream/processed.h"

#define RECORDS 2500

static struct nos_backlog backlog;

static int start(void **state)
{
	uint64_t position;

	backlog = (struct nos_backlog){ 0 };
	if (folder_start(state))
		return -1;
	for (int i = 0; i < RECORDS; i++)
		if (nos_store_append(store, NOS_PROCESSED_STREAM, (struct nos_time){ i },
			nos_str_bytes(NOS_STR("a record")), &position, &err))
			return -1;
	return 0;
}

static void erase(uint64_t from, uint64_t to)
{
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	for (uint64_t i = from; i <= to; i++)
		assert_int_equal(nos_store_erase(store, NOS_PROCESSED_STREAM, i, &err), NOS_OK);
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
}

static uint64_t looked(uint64_t sent)
{
	assert_int_equal(nos_backlog_look(&backlog, store, sent, RECORDS, &err), NOS_OK);
	return nos_backlog_count(&backlog, sent, RECORDS);
}

static void what_is_on_its_way_and_what_is_not_handed_over_are_counted(void **state)
{
	(void)state;
	backlog.flying = 3;
	assert_int_equal(nos_backlog_count(&backlog, 10, 30), 23);
	/* A record may be acknowledged before it is told of. */
	assert_int_equal(nos_backlog_count(&backlog, 30, 29), 3);
	backlog.flying = 0;
	assert_int_equal(looked(0), RECORDS);
}

static void what_was_erased_is_not_waited_for(void **state)
{
	(void)state;
	erase(11, 20);
	erase(1001, 2000);
	erase(RECORDS, RECORDS);
	assert_int_equal(looked(0), RECORDS - 10 - 1000 - 1);
	assert_int_equal(looked(15), RECORDS - 20 - 1000 - 1);
	/* They are passed as they are read. */
	nos_backlog_pass(&backlog, 15, 21);
	assert_int_equal(nos_backlog_count(&backlog, 21, RECORDS), RECORDS - 21 - 1000 - 1);
	nos_backlog_pass(&backlog, 21, 22);
	nos_backlog_pass(&backlog, 1000, 2001);
	assert_int_equal(nos_backlog_count(&backlog, 2001, RECORDS), RECORDS - 2001 - 1);
}

static void behind_the_last_that_is_left_all_is_gone(void **state)
{
	(void)state;
	erase(11, RECORDS);
	assert_int_equal(looked(10), 0);
	assert_true(nos_backlog_is_gone(&backlog, store, RECORDS));
	/* Who knows of less does not tell. */
	assert_false(nos_backlog_is_gone(&backlog, store, RECORDS + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_on_its_way_and_what_is_not_handed_over_are_counted, start, folder_stop),
		cmocka_unit_test_setup_teardown(
		    what_was_erased_is_not_waited_for, start, folder_stop),
		cmocka_unit_test_setup_teardown(
		    behind_the_last_that_is_left_all_is_gone, start, folder_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
