/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "lane/fresh.h"

#define MAX 1000 /* bytes of records */

static struct nos_fresh *fresh;
static struct nos_err err;
static uint64_t shown[100];
static size_t count, refused;

static int start(void **state)
{
	(void)state;
	count = refused = 0;
	nos_err_clear(&err);
	return nos_fresh_new(MAX, &fresh, &err);
}

static int stop(void **state)
{
	(void)state;
	nos_fresh_free(fresh);
	return 0;
}

static void add(uint64_t from, uint64_t to)
{
	char text[40];

	for (uint64_t i = from; i <= to; i++) {
		snprintf(text, sizeof(text), "{\"i\":%llu}", (unsigned long long)i);
		nos_fresh_add(fresh, i,
		    &(struct nos_processed){ .topic = NOS_STR("nos/1/k/s/t"),
			.filters = i % 2 ? NOS_STR("") : NOS_STR("a b"),
			.record = nos_str_of(text) });
	}
}

static void group(uint64_t from, uint64_t to)
{
	add(from, to);
	nos_fresh_commit(fresh);
}

static enum nos_code show(
    void *state, uint64_t position, const struct nos_processed *r, struct nos_err *e)
{
	char text[40];

	(void)state;
	if (position == refused)
		return nos_err_set(e, NOS_AWAY, "no room");
	snprintf(text, sizeof(text), "{\"i\":%llu}", (unsigned long long)position);
	assert_true(nos_str_is(r->topic, "nos/1/k/s/t"));
	assert_true(nos_str_is(r->filters, position % 2 ? "" : "a b"));
	assert_true(nos_str_is(r->record, text));
	shown[count++] = position;
	return NOS_OK;
}

static void records_come_once_their_group_is_committed_and_in_order(void **state)
{
	(void)state;
	add(7, 9);
	assert_true(nos_fresh_missing(fresh, 6) == SIZE_MAX);
	nos_fresh_commit(fresh);
	group(10, 11);
	assert_int_equal(nos_fresh_missing(fresh, 6), 0);
	assert_int_equal(nos_fresh_read(fresh, 6, 2, show, NULL, &err), NOS_OK);
	assert_int_equal(nos_fresh_missing(fresh, 8), 0);
	assert_int_equal(nos_fresh_read(fresh, 8, 9, show, NULL, &err), NOS_OK);
	assert_int_equal(nos_fresh_missing(fresh, 9), 0);
	assert_int_equal(nos_fresh_read(fresh, 9, 9, show, NULL, &err), NOS_OK);
	assert_true(nos_fresh_missing(fresh, 11) == SIZE_MAX);
	assert_int_equal(count, 5);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(shown[i], 7 + i);
}

static void what_is_in_the_store_alone_is_told_and_what_was_read_there_is_passed_over(void **state)
{
	(void)state;
	group(5, 6);
	assert_int_equal(nos_fresh_missing(fresh, 1), 3);
	/* Its entries were taken out of the store, so that more was read than was missing. */
	assert_int_equal(nos_fresh_missing(fresh, 5), 0);
	assert_int_equal(nos_fresh_read(fresh, 5, 9, show, NULL, &err), NOS_OK);
	assert_int_equal(count, 1);
	assert_int_equal(shown[0], 6);
	/* A correction stands between. */
	group(8, 8);
	assert_int_equal(nos_fresh_missing(fresh, 6), 1);
}

static void a_record_for_which_there_is_no_room_is_read_again(void **state)
{
	(void)state;
	group(1, 3);
	refused = 2;
	assert_int_equal(nos_fresh_missing(fresh, 0), 0);
	assert_int_equal(nos_fresh_read(fresh, 0, 9, show, NULL, &err), NOS_AWAY);
	nos_err_clear(&err);
	refused = 0;
	assert_int_equal(nos_fresh_missing(fresh, 1), 0);
	assert_int_equal(nos_fresh_read(fresh, 1, 9, show, NULL, &err), NOS_OK);
	assert_int_equal(count, 3);
}

static void a_group_that_failed_leaves_nothing(void **state)
{
	(void)state;
	add(1, 2);
	nos_fresh_rollback(fresh);
	nos_fresh_commit(fresh);
	assert_true(nos_fresh_missing(fresh, 0) == SIZE_MAX);
	group(1, 1);
	assert_int_equal(nos_fresh_missing(fresh, 0), 0);
}

static void too_many_leave_the_oldest_to_the_store_and_a_group_that_is_too_large_is_none(
    void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		group(10 * i + 1, 10 * i + 10);
	assert_in_range(nos_fresh_missing(fresh, 0), 60, 90);
	assert_int_equal(nos_fresh_missing(fresh, 90), 0);
	group(101, 200);
	assert_true(nos_fresh_missing(fresh, 100) == SIZE_MAX);
}

static void what_may_be_taken_out_of_the_store_is_not_handed_over(void **state)
{
	(void)state;
	group(1, 2);
	group(3, 4);
	assert_int_equal(nos_fresh_missing(fresh, 0), 0);
	nos_fresh_forget(fresh);
	assert_true(nos_fresh_missing(fresh, 0) == SIZE_MAX);
	group(5, 5);
	assert_int_equal(nos_fresh_missing(fresh, 0), 4);
}

static void nobody_reads_and_nothing_is_kept(void **state)
{
	(void)state;
	nos_fresh_add(NULL, 1, &(struct nos_processed){ 0 });
	nos_fresh_commit(NULL);
	nos_fresh_rollback(NULL);
	nos_fresh_forget(NULL);
	assert_true(nos_fresh_missing(NULL, 0) == SIZE_MAX);
}

#define FRESH_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH_TEST(records_come_once_their_group_is_committed_and_in_order),
		FRESH_TEST(
		    what_is_in_the_store_alone_is_told_and_what_was_read_there_is_passed_over),
		FRESH_TEST(a_record_for_which_there_is_no_room_is_read_again),
		FRESH_TEST(a_group_that_failed_leaves_nothing),
		FRESH_TEST(
		    too_many_leave_the_oldest_to_the_store_and_a_group_that_is_too_large_is_none),
		FRESH_TEST(what_may_be_taken_out_of_the_store_is_not_handed_over),
		FRESH_TEST(nobody_reads_and_nothing_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
