/* SPDX-License-Identifier: MIT */
/* The contract of store.h on who appends to a stream, for two views of it; beside contract.h. */
#ifndef NOS_TEST_CONTRACT_APPEND_H
#define NOS_TEST_CONTRACT_APPEND_H

#include "contract.h"

static enum nos_code append_shared(
    struct nos_store *s, const char *stream, const char *text, uint64_t *ret)
{
	nos_err_clear(&err);
	return nos_store_append(
	    s, stream, (struct nos_time){ 1000 }, nos_str_bytes(nos_str_of(text)), ret, &err);
}

static void whoever_wants_no_position_appends_beside_others(void **state)
{
	struct nos_buf seen;

	(void)state;
	nos_buf_init(&seen, 1000);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(append_shared(a, "shared", "a", NULL), NOS_OK);
		assert_int_equal(append_shared(b, "shared", "b", NULL), NOS_OK);
	}
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	assert_int_equal(append_shared(a, "shared", "c", NULL), NOS_OK);
	assert_int_equal(append_shared(a, "shared", "d", NULL), NOS_OK);
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	assert_int_equal(nos_store_read(b, "shared", 0, 10, gather_entry, &seen, &err), NOS_OK);
	assert_buf(&seen, "1:a 2:b 3:a 4:b 5:c 6:d ");
	nos_buf_release(&seen);
}

static void where_two_are_told_positions_no_entry_stands_elsewhere(void **state)
{
	uint64_t position, last, first;
	struct nos_buf seen;
	enum nos_code code;

	(void)state;
	nos_buf_init(&seen, 1000);
	assert_int_equal(append_shared(a, "own", "a", &position), NOS_OK);
	assert_int_equal(position, 1);
	assert_int_equal(append_shared(b, "own", "b", &position), NOS_OK);
	assert_int_equal(position, 2);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	code = append_shared(a, "own", "c", &position);
	if (!code)
		code = append_shared(a, "own", "d", &position);
	if (!code)
		code = nos_store_commit(a, &err);
	else
		nos_store_rollback(a);
	assert_int_equal(code, NOS_EXISTS);
	assert_int_equal(append_shared(a, "own", "e", &position), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(nos_store_claim(a, "own", &first, &last, &err), NOS_OK);
	assert_int_equal(first, 1);
	assert_int_equal(last, 2);
	assert_int_equal(append_shared(a, "own", "f", &position), NOS_OK);
	assert_int_equal(position, 3);
	assert_int_equal(nos_store_read(b, "own", 0, 10, gather_entry, &seen, &err), NOS_OK);
	assert_buf(&seen, "1:a 2:b 3:f ");
	nos_buf_release(&seen);
}

static void who_only_looks_at_a_stream_s_bounds_does_not_append_behind_another(void **state)
{
	uint64_t position, first, last;

	(void)state;
	nos_err_clear(&err);
	assert_int_equal(nos_store_claim(a, "looked", &first, &last, &err), NOS_OK);
	assert_true(first == 1 && last == 0);
	assert_int_equal(append_shared(a, "looked", "a", &position), NOS_OK);
	assert_int_equal(append_shared(b, "looked", "b", &position), NOS_OK);
	assert_int_equal(nos_store_bounds(a, "looked", &first, &last, &err), NOS_OK);
	assert_true(first == 1 && last == 2);
	assert_int_equal(append_shared(a, "looked", "c", &position), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(nos_store_bounds(a, "looked", &first, &last, &err), NOS_OK);
	assert_int_equal(append_shared(a, "looked", "d", &position), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(nos_store_claim(a, "looked", &first, &last, &err), NOS_OK);
	assert_int_equal(last, 2);
	assert_int_equal(append_shared(a, "looked", "e", &position), NOS_OK);
	assert_int_equal(position, 3);
}

/* Between the claim and the first entry, too. */
static void nothing_comes_unseen_behind_what_was_claimed(void **state)
{
	uint64_t position, first, last;

	(void)state;
	assert_int_equal(nos_store_claim(a, "claimed", &first, &last, &err), NOS_OK);
	assert_int_equal(append_shared(b, "claimed", "b", &position), NOS_OK);
	assert_int_equal(position, 1);
	assert_int_equal(append_shared(a, "claimed", "a", &position), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(append_shared(b, "claimed", "c", &position), NOS_OK);
	assert_int_equal(position, 2);
}

/* A group that was given up is no news to who gave it up. */
static void who_gave_up_a_group_goes_on_without_a_claim(void **state)
{
	uint64_t position, first, last, next;

	(void)state;
	nos_err_clear(&err);
	assert_int_equal(append_shared(a, "undone", "a", &position), NOS_OK);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	assert_int_equal(append_shared(a, "undone", "b", &position), NOS_OK);
	nos_store_rollback(a);
	assert_int_equal(nos_store_bounds(b, "undone", &first, &last, &err), NOS_OK);
	assert_true(last == 1 || last == 2);
	assert_int_equal(append_shared(a, "undone", "c", &next), NOS_OK);
	assert_int_equal(next, last + 1);
	assert_int_equal(append_shared(b, "undone", "d", &position), NOS_OK);
	assert_int_equal(append_shared(a, "undone", "e", &position), NOS_EXISTS);
	nos_err_clear(&err);
}

#define CONTRACT_APPEND                                                                           \
	cmocka_unit_test(whoever_wants_no_position_appends_beside_others),                        \
	    cmocka_unit_test(where_two_are_told_positions_no_entry_stands_elsewhere),             \
	    cmocka_unit_test(who_only_looks_at_a_stream_s_bounds_does_not_append_behind_another), \
	    cmocka_unit_test(nothing_comes_unseen_behind_what_was_claimed),                       \
	    cmocka_unit_test(who_gave_up_a_group_goes_on_without_a_claim)

#endif
