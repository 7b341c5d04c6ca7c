/* SPDX-License-Identifier: MIT */
/* The contract of store.h for streams that are appended to in groups: entries that an engine may
 * keep together are read, trimmed and erased one by one. */
#ifndef NOS_TEST_CONTRACT_STREAM_H
#define NOS_TEST_CONTRACT_STREAM_H

#include "contract.h"

#define LATER INT64_MAX /* a time behind any */

/* A group of entries "N" of time N s, N from and up to. */
static void append_group(struct nos_store *s, const char *stream, unsigned from, unsigned to)
{
	char text[16];
	uint64_t position = 0;

	assert_int_equal(nos_store_begin(s, &err), NOS_OK);
	for (unsigned i = from; i <= to; i++) {
		snprintf(text, sizeof(text), "%u", i);
		assert_int_equal(nos_store_append(s, stream, (struct nos_time){ i * 1000 },
				     nos_str_bytes(nos_str_of(text)), &position, &err),
		    NOS_OK);
		assert_int_equal(position, i);
	}
	assert_int_equal(nos_store_commit(s, &err), NOS_OK);
}

static void assert_read(
    struct nos_store *s, const char *stream, uint64_t after, size_t limit, const char *want)
{
	struct nos_buf seen;

	nos_buf_init(&seen, 10000);
	assert_int_equal(
	    nos_store_read(s, stream, after, limit, gather_entry, &seen, &err), NOS_OK);
	assert_buf(&seen, want);
	nos_buf_release(&seen);
}

static void assert_bounds(struct nos_store *s, const char *stream, uint64_t first, uint64_t last)
{
	uint64_t have_first, have_last;

	assert_int_equal(nos_store_bounds(s, stream, &have_first, &have_last, &err), NOS_OK);
	assert_int_equal(have_first, first);
	assert_int_equal(have_last, last);
}

static void assert_trims(
    const char *stream, int64_t before, uint64_t up_to, size_t most, size_t want)
{
	const struct nos_store_trim what = { { before }, up_to, most };
	size_t dropped;

	assert_int_equal(nos_store_trim(a, stream, &what, &dropped, &err), NOS_OK);
	assert_int_equal(dropped, want);
}

static void erase(struct nos_store *s, const char *stream, uint64_t position)
{
	assert_int_equal(nos_store_erase(s, stream, position, &err), NOS_OK);
}

static void what_a_group_appended_is_read_from_any_of_it_on_and_no_more_than_was_asked_for(
    void **state)
{
	(void)state;
	append_group(a, "middle", 1, 5);
	append_group(b, "middle", 6, 8);
	assert_read(b, "middle", 2, 2, "3:3 4:4 ");
	assert_read(b, "middle", 0, 1, "1:1 ");
	assert_read(b, "middle", 4, 1, "5:5 ");
	assert_read(a, "middle", 3, 4, "4:4 5:5 6:6 7:7 ");
	assert_read(a, "middle", 5, 100, "6:6 7:7 8:8 ");
	assert_read(a, "middle", 7, 100, "8:8 ");
	assert_read(a, "middle", 8, 100, "");
	assert_read(a, "middle", 0, 0, "");
	assert_bounds(b, "middle", 1, 8);
}

static void of_what_a_group_appended_the_first_the_last_and_any_between_are_erased(void **state)
{
	(void)state;
	append_group(a, "erased", 1, 9);
	erase(b, "erased", 5);
	assert_read(a, "erased", 0, 100, "1:1 2:2 3:3 4:4 6:6 7:7 8:8 9:9 ");
	erase(a, "erased", 1);
	erase(a, "erased", 9);
	assert_read(b, "erased", 0, 100, "2:2 3:3 4:4 6:6 7:7 8:8 ");
	assert_bounds(b, "erased", 2, 9);
	erase(b, "erased", 4); /* the last of what stands before a gap */
	erase(b, "erased", 6); /* and the first behind it */
	erase(b, "erased", 5);
	assert_read(a, "erased", 2, 2, "3:3 7:7 ");
	assert_read(a, "erased", 3, 2, "7:7 8:8 ");
	append_group(a, "erased", 10, 11);
	for (uint64_t i = 2; i <= 8; i++)
		erase(a, "erased", i);
	assert_bounds(a, "erased", 10, 11);
	assert_read(b, "erased", 0, 100, "10:10 11:11 ");
}

static void within_a_group_what_was_appended_is_read_trimmed_and_erased(void **state)
{
	uint64_t position;

	(void)state;
	append_group(a, "within", 1, 2);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	assert_int_equal(append_shared(a, "within", "3", &position), NOS_OK);
	assert_int_equal(append_shared(a, "within", "4", &position), NOS_OK);
	assert_int_equal(position, 4);
	if (nos_store_is_atomic(a)) { /* servers have it once the group is settled */
		assert_read(a, "within", 1, 100, "2:2 3:3 4:4 ");
		assert_bounds(a, "within", 1, 4);
		assert_int_equal(append_shared(a, "within", "5", &position), NOS_OK);
		assert_int_equal(position, 5);
		erase(a, "within", 4);
		assert_trims("within", LATER, 1, 100, 1);
		assert_read(a, "within", 0, 100, "2:2 3:3 5:5 ");
	}
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	assert_read(
	    b, "within", 0, 100, nos_store_is_atomic(a) ? "2:2 3:3 5:5 " : "1:1 2:2 3:3 4:4 ");
}

static void a_trim_ends_within_what_a_group_appended_by_position(void **state)
{
	(void)state;
	append_group(a, "positions", 1, 6);
	append_group(a, "positions", 7, 9);
	assert_trims("positions", LATER, 0, 100, 0);
	assert_trims("positions", LATER, 2, 100, 2);
	assert_read(b, "positions", 0, 100, "3:3 4:4 5:5 6:6 7:7 8:8 9:9 ");
	assert_bounds(b, "positions", 3, 9);
	assert_trims("positions", LATER, 2, 100, 0);
	assert_trims("positions", LATER, 6, 100, 4);
	assert_trims("positions", LATER, 8, 100, 2);
	assert_read(b, "positions", 0, 100, "9:9 ");
	assert_trims("positions", LATER, 100, 100, 1);
	assert_bounds(a, "positions", 10, 9);
	append_group(a, "positions", 10, 11);
	assert_read(b, "positions", 0, 100, "10:10 11:11 ");
}

static void a_trim_ends_within_what_a_group_appended_by_number(void **state)
{
	(void)state;
	append_group(a, "numbers", 1, 4);
	append_group(a, "numbers", 5, 8);
	assert_trims("numbers", LATER, 100, 0, 0);
	assert_trims("numbers", LATER, 100, 1, 1);
	assert_read(b, "numbers", 0, 100, "2:2 3:3 4:4 5:5 6:6 7:7 8:8 ");
	assert_trims("numbers", LATER, 100, 4, 4);
	assert_read(b, "numbers", 0, 100, "6:6 7:7 8:8 ");
	erase(a, "numbers", 7);
	assert_trims("numbers", LATER, 100, 2, 2);
	assert_bounds(b, "numbers", 9, 8);
}

static void a_trim_ends_within_what_a_group_appended_by_age(void **state)
{
	(void)state;
	append_group(a, "ages", 1, 5);
	append_group(a, "ages", 6, 9);
	assert_trims("ages", 1000, 100, 100, 0);
	assert_trims("ages", 3000, 100, 100, 2);
	assert_read(b, "ages", 0, 100, "3:3 4:4 5:5 6:6 7:7 8:8 9:9 ");
	assert_trims("ages", 8001, 100, 100, 6);
	assert_read(b, "ages", 0, 100, "9:9 ");
	assert_trims("ages", 8001, 100, 100, 0);
}

#define CONTRACT_STREAM                                                                      \
	cmocka_unit_test(                                                                    \
	    what_a_group_appended_is_read_from_any_of_it_on_and_no_more_than_was_asked_for), \
	    cmocka_unit_test(                                                                \
		of_what_a_group_appended_the_first_the_last_and_any_between_are_erased),     \
	    cmocka_unit_test(within_a_group_what_was_appended_is_read_trimmed_and_erased),   \
	    cmocka_unit_test(a_trim_ends_within_what_a_group_appended_by_position),          \
	    cmocka_unit_test(a_trim_ends_within_what_a_group_appended_by_number),            \
	    cmocka_unit_test(a_trim_ends_within_what_a_group_appended_by_age)

#endif
