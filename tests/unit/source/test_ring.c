/* SPDX-License-Identifier: MIT */
#include "keyring.h"

#include <sys/stat.h>

#include "base/file.h"
#include "source/ring.h"

static struct nos_err err;

/* What the file says is the first number never handed out. */
static uint64_t on_disk(void)
{
	struct nos_keyring k;
	struct nos_buf text;
	uint64_t next;

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	assert_int_equal(nos_file_read("a.key", NOS_FILE_SECRET, &text, &err), NOS_OK);
	assert_int_equal(nos_keyring_decode(nos_buf_str(&text), &k, &err), NOS_OK);
	next = k.next;
	nos_buf_release(&text);
	nos_keyring_release(&k);
	return next;
}

static void write_one(void)
{
	struct nos_keyring k = test_keyring();

	assert_int_equal(nos_ring_write("a.key", &k, false, &err), NOS_OK);
}

static uint64_t take(struct nos_ring *r)
{
	uint64_t seq = 0;

	assert_int_equal(nos_ring_take(r, &seq, &err), NOS_OK);
	return seq;
}

static void a_keyring_is_written_once_and_replaced_when_told(void **state)
{
	struct nos_keyring k = test_keyring();

	(void)state;
	write_one();
	assert_int_equal(nos_ring_write("a.key", &k, false, &err), NOS_EXISTS);
	k.next = 9;
	assert_int_equal(nos_ring_write("a.key", &k, true, &err), NOS_OK);
	assert_int_equal(on_disk(), 9);
}

static void a_block_is_on_disk_before_its_first_number_is_given(void **state)
{
	struct nos_ring r;

	(void)state;
	write_one();
	nos_ring_init(&r);
	assert_int_equal(nos_ring_open(&r, "a.key", 0, &err), NOS_OK);
	assert_int_equal(on_disk(), 5);
	assert_int_equal(take(&r), 5);
	assert_int_equal(on_disk(), 5 + NOS_RING_BLOCK);
	for (uint64_t seq = 6; seq < 5 + NOS_RING_BLOCK; seq++)
		assert_int_equal(take(&r), seq);
	assert_int_equal(on_disk(), 5 + NOS_RING_BLOCK);
	assert_int_equal(take(&r), 5 + NOS_RING_BLOCK);
	assert_int_equal(on_disk(), 5 + 2 * NOS_RING_BLOCK);
	nos_ring_release(&r);
}

static void a_clean_end_gives_back_and_a_crash_loses_the_block(void **state)
{
	struct nos_ring r;

	(void)state;
	write_one();
	nos_ring_init(&r);
	assert_int_equal(nos_ring_open(&r, "a.key", 0, &err), NOS_OK);
	take(&r);
	nos_ring_release(&r); /* as if it had died here */
	assert_int_equal(nos_ring_open(&r, "a.key", 0, &err), NOS_OK);
	assert_int_equal(take(&r), 5 + NOS_RING_BLOCK);
	assert_int_equal(nos_ring_close(&r, &err), NOS_OK);
	assert_int_equal(on_disk(), 6 + NOS_RING_BLOCK);
	nos_ring_release(&r);
}

static void the_last_number_can_be_taken_back_and_no_other(void **state)
{
	struct nos_ring r;

	(void)state;
	write_one();
	nos_ring_init(&r);
	assert_int_equal(nos_ring_open(&r, "a.key", 0, &err), NOS_OK);
	assert_int_equal(take(&r), 5);
	assert_int_equal(take(&r), 6);
	nos_ring_back(&r, 5);
	assert_int_equal(take(&r), 7);
	nos_ring_back(&r, 7);
	assert_int_equal(take(&r), 7);
	nos_ring_release(&r);
}

static void a_node_that_is_ahead_moves_the_numbers_on_and_never_back(void **state)
{
	struct nos_ring r;

	(void)state;
	write_one();
	nos_ring_init(&r);
	assert_int_equal(nos_ring_open(&r, "a.key", 0, &err), NOS_OK);
	take(&r);
	nos_ring_skip(&r, 3);
	assert_int_equal(r.next, 6);
	nos_ring_skip(&r, 1000);
	assert_int_equal(take(&r), 1000);
	assert_int_equal(on_disk(), 1000 + NOS_RING_BLOCK);
	nos_ring_release(&r);
}

static void a_number_that_could_not_be_reserved_is_not_given(void **state)
{
	struct nos_ring r;
	uint64_t seq = 77;

	(void)state;
	write_one();
	nos_ring_init(&r);
	assert_int_equal(nos_ring_open(&r, "a.key", 0, &err), NOS_OK);
	r.path = "gone/a.key";
	assert_int_equal(nos_ring_take(&r, &seq, &err), NOS_ABSENT);
	assert_int_equal(seq, 77);
	assert_int_equal(r.next, 5);
	nos_ring_release(&r);
}

static void what_was_half_written_is_removed_by_who_holds_the_lock_alone(void **state)
{
	struct nos_ring one, two;

	(void)state;
	write_one();
	nos_ring_init(&one);
	nos_ring_init(&two);
	assert_int_equal(nos_ring_open(&one, "a.key", 0, &err), NOS_OK);
	assert_int_equal(
	    nos_file_create("a.key.new.abc123", nos_str_bytes(NOS_STR("x")), &err), NOS_OK);
	assert_int_equal(nos_ring_open(&two, "a.key", 0, &err), NOS_BUSY);
	assert_int_equal(access("a.key.new.abc123", F_OK), 0);
	nos_ring_release(&one);
	assert_int_equal(nos_ring_open(&two, "a.key", 0, &err), NOS_OK);
	assert_int_equal(access("a.key.new.abc123", F_OK), -1);
	nos_ring_release(&two);
}

static void one_at_a_time_uses_a_keyring(void **state)
{
	struct nos_ring one, two;

	(void)state;
	write_one();
	nos_ring_init(&one);
	nos_ring_init(&two);
	assert_int_equal(nos_ring_open(&one, "a.key", 0, &err), NOS_OK);
	assert_int_equal(nos_ring_open(&two, "a.key", 0, &err), NOS_BUSY);
	nos_ring_release(&one);
	assert_int_equal(nos_ring_open(&two, "a.key", 0, &err), NOS_OK);
	nos_ring_release(&two);
}

static void a_keyring_is_kept_with_the_numbers_of_its_file_or_those_skipped_to(void **state)
{
	struct nos_keyring k;
	struct nos_ring r;

	(void)state;
	write_one();
	nos_ring_init(&r);
	assert_int_equal(nos_ring_open(&r, "a.key", 0, &err), NOS_OK);
	r.k.ack_len = 3;
	assert_int_equal(nos_ring_keep(&r, &err), NOS_OK);
	assert_int_equal(on_disk(), 5);
	assert_int_equal(take(&r), 5);
	r.k.next = 7; /* whatever a node said */
	assert_int_equal(nos_ring_keep(&r, &err), NOS_OK);
	assert_int_equal(on_disk(), 5 + NOS_RING_BLOCK);
	assert_int_equal(take(&r), 6);
	nos_ring_skip(&r, 1000);
	assert_int_equal(nos_ring_keep(&r, &err), NOS_OK);
	assert_int_equal(on_disk(), 1000);
	assert_int_equal(take(&r), 1000);
	assert_int_equal(on_disk(), 1000 + NOS_RING_BLOCK);
	assert_int_equal(nos_ring_read("a.key", &k, &err), NOS_OK);
	assert_int_equal(k.ack_len, 3);
	r.k.ack_len = 4;
	r.path = "gone/a.key";
	assert_int_equal(nos_ring_keep(&r, &err), NOS_ABSENT);
	nos_ring_release(&r);
}

static void what_is_no_keyring_is_refused_with_its_remedy(void **state)
{
	struct nos_keyring k = test_keyring();
	struct nos_ring r;

	(void)state;
	nos_ring_init(&r);
	assert_int_equal(nos_ring_open(&r, "a.key", 0, &err), NOS_ABSENT);
	assert_int_not_equal(access("a.key.lock", F_OK), 0);
	write_one();
	assert_int_equal(chmod("a.key", 0640), 0);
	assert_int_equal(nos_ring_open(&r, "a.key", 0, &err), NOS_DENIED);
	assert_non_null(strstr(err.text, "chmod 600"));
	nos_ring_release(&r);
	k.keys[0].state = NOS_STATE_DEACTIVATED;
	assert_int_equal(nos_ring_write("b.key", &k, false, &err), NOS_OK);
	assert_int_equal(nos_ring_open(&r, "b.key", 0, &err), NOS_CONFIG);
	nos_ring_release(&r);
	assert_int_equal(
	    nos_file_create("c.key", nos_str_bytes(NOS_STR("{\"v\":1}")), &err), NOS_OK);
	assert_int_equal(nos_ring_open(&r, "c.key", 0, &err), NOS_CONFIG);
	nos_ring_release(&r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, test_folder, test_folder_gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_keyring_is_written_once_and_replaced_when_told),
		TEST(a_block_is_on_disk_before_its_first_number_is_given),
		TEST(a_clean_end_gives_back_and_a_crash_loses_the_block),
		TEST(the_last_number_can_be_taken_back_and_no_other),
		TEST(a_node_that_is_ahead_moves_the_numbers_on_and_never_back),
		TEST(a_number_that_could_not_be_reserved_is_not_given),
		TEST(one_at_a_time_uses_a_keyring),
		TEST(what_was_half_written_is_removed_by_who_holds_the_lock_alone),
		TEST(a_keyring_is_kept_with_the_numbers_of_its_file_or_those_skipped_to),
		TEST(what_is_no_keyring_is_refused_with_its_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
