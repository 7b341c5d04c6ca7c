/* SPDX-License-Identifier: MIT */
/* The numbers of local keys: whatever is rolled back, restarted or restored, none is given twice.
 */
#include <stdio.h>
#include <unistd.h>

#include "../test.h"
#include "self/numbers.h"
#include "store/engine.h"

#define FIRST NOS_NUMBERS_FIRST
#define LIFE  (UINT64_C(1) << 32)

static struct nos_err err;
static char folder[40], url[64];
static struct nos_store *store, *beside;
static struct nos_numbers numbers, others;
static uint64_t group;

/* Two writers of one store; a put of theirs may be refused so many times. */
static struct nos_store_engine racing;
static int refuse;
static enum nos_code refuse_as;

static enum nos_code put(void *e, const char *ns, struct nos_str key, const struct nos_str *value,
    uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *e_err)
{
	if (refuse && refuse--)
		return nos_err_set(e_err, refuse_as, "another was quicker");
	return nos_sqlite_engine.put(e, ns, key, value, expect_rev, ret_rev, e_err);
}

static int start(void **state)
{
	(void)state;
	nos_err_clear(&err);
	memset(&numbers, 0, sizeof(numbers));
	memset(&others, 0, sizeof(others));
	group = 0;
	refuse = 0;
	racing = nos_sqlite_engine;
	racing.put = put;
	snprintf(folder, sizeof(folder), "/tmp/nos-numbers-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(url, sizeof(url), "%s/node.db", folder);
	return nos_store_open_engine(&racing, url, true, &store, &err) ||
	       nos_store_open_engine(&nos_sqlite_engine, url, true, &beside, &err);
}

static int stop(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".door" };
	char path[80];

	(void)state;
	nos_store_close(store);
	nos_store_close(beside);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", url, tails[i]);
		unlink(path);
	}
	return rmdir(folder);
}

/* Within a group of its own, which stands or is rolled back: so many are given, the first returned.
 */
static uint64_t give_in(
    struct nos_store *s, struct nos_numbers *n, uint64_t life, unsigned count, bool stands)
{
	uint64_t first;

	assert_int_equal(nos_store_begin(s, &err), NOS_OK);
	assert_int_equal(nos_numbers_reserve(n, s, life, ++group, count, &err), NOS_OK);
	assert_true(n->block.end - n->block.next >= count);
	first = n->block.next;
	n->block.next += count;
	if (stands)
		assert_int_equal(nos_store_commit(s, &err), NOS_OK);
	else
		nos_store_rollback(s);
	return first;
}

static uint64_t give(unsigned count)
{
	return give_in(store, &numbers, 1, count, true);
}

static uint64_t give_beside(unsigned count)
{
	return give_in(beside, &others, 1, count, true);
}

static uint64_t rev(void)
{
	uint64_t ret = 0;

	(void)!nos_store_get(beside, "node", NOS_STR("numbers"), NULL, &ret, &err);
	nos_err_clear(&err);
	return ret;
}

static void a_block_begins_at_one_and_no_record_is_written_for_every_number(void **state)
{
	uint64_t once;

	(void)state;
	assert_int_equal(give(2), 1);
	once = rev();
	for (uint64_t i = 3; i < FIRST; i += 2)
		assert_int_equal(give(2), i);
	assert_int_equal(rev(), once);
	assert_int_equal(give(2), FIRST + 1);
	assert_true(rev() > once);
}

static void each_is_twice_the_one_before_it_up_to_the_most(void **state)
{
	uint64_t next = 1, size = FIRST;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(give(1), next);
		assert_int_equal(numbers.block.end, next + size);
		next = numbers.block.next = numbers.block.end;
		size = 2 * size < NOS_NUMBERS_MOST ? 2 * size : NOS_NUMBERS_MOST;
	}
}

static void one_that_has_too_few_left_is_given_up_for_the_next(void **state)
{
	(void)state;
	assert_int_equal(give(FIRST - 1), 1);
	assert_int_equal(give(2), FIRST + 1);
}

static void who_wants_none_writes_nothing(void **state)
{
	(void)state;
	give(0);
	assert_int_equal(rev(), 0);
	assert_true(numbers.block.next == numbers.block.end);
}

static void a_block_whose_group_was_rolled_back_is_another_s_by_now(void **state)
{
	(void)state;
	give_in(store, &numbers, 1, 4, false);
	assert_int_equal(give_beside(2), 1);
	assert_int_equal(give(2), FIRST + 1); /* and not 5 */
	/* Nor can that one say whether its own stood. */
	assert_int_equal(give_beside(2), numbers.block.end);
}

static void where_nobody_came_between_what_was_rolled_back_begins_anew(void **state)
{
	(void)state;
	assert_int_equal(give_in(store, &numbers, 1, 4, false), 1);
	assert_int_equal(give(2), 1);
	/* In a block that stands they are lost. */
	assert_int_equal(give_in(store, &numbers, 1, 4, false), 3);
	assert_int_equal(give(2), 7);
}

static void a_block_that_is_known_to_stand_serves_whoever_reserves_beside_it(void **state)
{
	(void)state;
	assert_int_equal(give(2), 1);
	assert_int_equal(give(2), 3); /* looked at: it stands */
	assert_int_equal(give_beside(2), FIRST + 1);
	assert_int_equal(give(2), 5);
	assert_int_equal(give_beside(2), FIRST + 3);
}

static void two_writers_whose_groups_stand_or_not_give_none_twice(void **state)
{
	static uint8_t given[1 << 21];
	uint32_t random = 1;

	(void)state;
	memset(given, 0, sizeof(given));
	for (int i = 0; i < 2000; i++) {
		const bool mine = (random = random * 1664525 + 1013904223) >> 31;
		const bool stands = random >> 30 & 1;
		const unsigned count = 1 + (random >> 24 & 7);
		const uint64_t first =
		    give_in(mine ? store : beside, mine ? &numbers : &others, 1, count, stands);

		assert_true(first + count <= sizeof(given));
		for (unsigned j = 0; stands && j < count; j++)
			assert_false(given[first + j]++);
		/* One that ends loses what it has not given. */
		if ((random >> 16 & 63) == 0)
			memset(mine ? &numbers : &others, 0, sizeof(numbers));
	}
}

static void a_writer_that_ends_loses_its_block_and_gives_none_of_it_again(void **state)
{
	(void)state;
	assert_int_equal(give(2), 1);
	memset(&numbers, 0, sizeof(numbers));
	assert_int_equal(give(2), FIRST + 1);
}

static void a_new_life_begins_above_all_whatever_the_backup_says(void **state)
{
	NOS_AUTO(buf) backup = { 0 };
	uint64_t any, end;

	(void)state;
	give(2);
	nos_buf_init(&backup, 1000);
	assert_int_equal(
	    nos_store_get(store, "node", NOS_STR("numbers"), &backup, &any, &err), NOS_OK);
	for (int i = 0; i < 100; i++)
		give(2);
	assert_int_equal(nos_store_put(store, "node", NOS_STR("numbers"), nos_buf_str(&backup),
			     NOS_STORE_ANY, &any, &err),
	    NOS_OK);
	assert_true(give_in(store, &numbers, 2, 2, true) == LIFE + 1);
	assert_true(give_in(store, &numbers, 2, 2, true) == LIFE + 3);
	end = numbers.block.end;
	memset(&numbers, 0, sizeof(numbers));
	assert_true(give_in(store, &numbers, 2, 2, true) == end);
	assert_true(give_in(store, &numbers, 3, 2, true) == 2 * LIFE + 1);
}

static void who_is_not_the_quickest_tries_again_and_gives_up_in_the_end(void **state)
{
	uint64_t end;

	(void)state;
	refuse_as = NOS_EXISTS;
	refuse = 3;
	assert_int_equal(give(2), 1);
	end = numbers.block.end;
	memset(&numbers, 0, sizeof(numbers));
	refuse = 1000;
	assert_int_equal(nos_numbers_reserve(&numbers, store, 1, ++group, 2, &err), NOS_BUSY);
	assert_true(numbers.block.next == numbers.block.end);
	refuse = 0;
	nos_err_clear(&err);
	assert_int_equal(give(2), end);
}

static void where_the_disk_fails_no_number_is_there(void **state)
{
	(void)state;
	refuse_as = NOS_IO;
	refuse = 1;
	assert_int_equal(nos_numbers_reserve(&numbers, store, 1, ++group, 2, &err), NOS_IO);
	assert_true(numbers.block.next == numbers.block.end);
	nos_err_clear(&err);
	assert_int_equal(give(2), 1);
}

static void what_is_damaged_is_the_store_s_fault(void **state)
{
	static const struct {
		const char *text;
		enum nos_code code;
	} bad[] = { { "{", NOS_IO }, { "{}", NOS_IO }, { "{\"v\":2}", NOS_CONFIG },
		{ "{\"v\":1,\"next\":0,\"tag\":\"AAAAAAAAAAAAAAAA\"}", NOS_IO },
		{ "{\"v\":1,\"next\":1,\"tag\":\"AAAA\"}", NOS_IO } };
	uint64_t any;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(nos_store_put(store, "node", NOS_STR("numbers"),
				     nos_str_of(bad[i].text), NOS_STORE_ANY, &any, &err),
		    NOS_OK);
		if (nos_numbers_reserve(&numbers, store, 1, ++group, 2, &err) != bad[i].code)
			fail_msg("'%s' gives '%s'", bad[i].text, err.text);
		assert_true(numbers.block.next == numbers.block.end);
		nos_err_clear(&err);
	}
}

#define NUMBERS_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NUMBERS_TEST(a_block_begins_at_one_and_no_record_is_written_for_every_number),
		NUMBERS_TEST(each_is_twice_the_one_before_it_up_to_the_most),
		NUMBERS_TEST(who_wants_none_writes_nothing),
		NUMBERS_TEST(one_that_has_too_few_left_is_given_up_for_the_next),
		NUMBERS_TEST(a_block_whose_group_was_rolled_back_is_another_s_by_now),
		NUMBERS_TEST(where_nobody_came_between_what_was_rolled_back_begins_anew),
		NUMBERS_TEST(a_block_that_is_known_to_stand_serves_whoever_reserves_beside_it),
		NUMBERS_TEST(two_writers_whose_groups_stand_or_not_give_none_twice),
		NUMBERS_TEST(a_writer_that_ends_loses_its_block_and_gives_none_of_it_again),
		NUMBERS_TEST(a_new_life_begins_above_all_whatever_the_backup_says),
		NUMBERS_TEST(who_is_not_the_quickest_tries_again_and_gives_up_in_the_end),
		NUMBERS_TEST(where_the_disk_fails_no_number_is_there),
		NUMBERS_TEST(what_is_damaged_is_the_store_s_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
