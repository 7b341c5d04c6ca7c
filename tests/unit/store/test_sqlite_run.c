/* SPDX-License-Identifier: MIT */
/* Entries that share a row. */
#include "../test.h"

#include "store/sqlite_run.h"

/* Entries "a", "bb", "ccc" … of these times. */
static void make(struct nos_buf *run, size_t count, const int64_t *ms)
{
	uint8_t text[NOS_SQLITE_RUN_MAX];

	nos_sqlite_run_init(run);
	for (size_t i = 0; i < count; i++) {
		memset(text, 'a' + (int)i, i + 1);
		nos_sqlite_run_add(run, ms[i], (struct nos_span){ text, i + 1 });
	}
	assert_int_equal(run->fail, NOS_OK);
}

static void what_was_added_comes_out_in_its_order_to_the_byte(void **state)
{
	static const int64_t ms[] = { 0, INT64_MAX, INT64_MIN };
	struct nos_sqlite_entry entry;
	struct nos_span rest;
	struct nos_buf run;

	(void)state;
	make(&run, 3, ms);
	nos_sqlite_run_add(&run, -1, (struct nos_span){ NULL, 0 });
	rest = nos_buf_span(&run);
	for (size_t i = 0; i < 3; i++) {
		assert_true(nos_sqlite_run_next(&rest, &entry));
		assert_true(entry.ms == ms[i]);
		assert_int_equal(entry.bytes.len, i + 1);
		assert_int_equal(entry.bytes.p[i], 'a' + i);
	}
	assert_true(nos_sqlite_run_next(&rest, &entry));
	assert_true(entry.ms == -1 && entry.bytes.len == 0);
	assert_false(nos_sqlite_run_next(&rest, &entry));
	nos_buf_release(&run);
}

static void a_run_stands_in_the_store_as_it_always_will(void **state)
{
	static const uint8_t want[] = { 0x02, 0x01, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'a', 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 'b', 'b' };
	static const uint8_t want_head[NOS_SQLITE_RUN_HEAD_MAX] = { 2, 0, 0, 0, 0x02, 0x01, 0, 0, 0,
		0, 0, 0, 0x02, 0x01, 0, 0, 0, 0, 0, 0, 0x03, 0x04 };
	struct nos_sqlite_run_head head;
	uint8_t bytes[NOS_SQLITE_RUN_HEAD_MAX];
	struct nos_buf run;

	(void)state;
	make(&run, 2, (const int64_t[]){ 0x102, -1 });
	assert_int_equal(run.len, sizeof(want));
	assert_memory_equal(run.p, want, sizeof(want));
	assert_true(nos_sqlite_run_measure(nos_buf_span(&run), &head));
	assert_int_equal(nos_sqlite_run_head_encode(&head, bytes), 20);
	assert_memory_equal(bytes, want_head, 20);
	head.plain = 0x403;
	assert_int_equal(nos_sqlite_run_head_encode(&head, bytes), 24);
	assert_memory_equal(bytes, want_head, 24);
	nos_buf_release(&run);
}

static void a_head_has_the_number_the_first_time_and_the_latest(void **state)
{
	struct nos_sqlite_run_head head, again;
	uint8_t bytes[NOS_SQLITE_RUN_HEAD_MAX];
	struct nos_buf run;

	(void)state;
	make(&run, 4, (const int64_t[]){ -5, -9, 7, 6 });
	assert_true(nos_sqlite_run_measure(nos_buf_span(&run), &head));
	assert_true(head.count == 4 && head.first_ms == -5 && head.latest_ms == 7);
	for (size_t i = 0; i < 2; i++, head.plain = 99) {
		size_t len = nos_sqlite_run_head_encode(&head, bytes);

		assert_true(nos_sqlite_run_head_decode((struct nos_span){ bytes, len }, &again));
		assert_true(again.count == 4 && again.first_ms == -5 && again.latest_ms == 7);
		assert_int_equal(again.plain, head.plain);
	}
	nos_buf_release(&run);
}

static void what_is_no_head_is_none(void **state)
{
	struct nos_sqlite_run_head head = { 3, 5, 5, 7 };
	uint8_t bytes[NOS_SQLITE_RUN_HEAD_MAX];

	(void)state;
	assert_int_equal(nos_sqlite_run_head_encode(&head, bytes), sizeof(bytes));
	assert_true(nos_sqlite_run_head_decode((struct nos_span){ bytes, sizeof(bytes) }, &head));
	for (size_t len = 0; len < sizeof(bytes); len++)
		if (len != 20)
			assert_false(
			    nos_sqlite_run_head_decode((struct nos_span){ bytes, len }, &head));
	bytes[20] = 0; /* shorter, of nothing */
	assert_false(nos_sqlite_run_head_decode((struct nos_span){ bytes, sizeof(bytes) }, &head));
	bytes[20] = 7;
	bytes[12] = 4; /* the latest is before the first */
	assert_false(nos_sqlite_run_head_decode((struct nos_span){ bytes, sizeof(bytes) }, &head));
	bytes[12] = 5;
	bytes[0] = 0;
	assert_false(nos_sqlite_run_head_decode((struct nos_span){ bytes, sizeof(bytes) }, &head));
}

static void a_run_that_is_cut_off_or_too_long_is_damaged(void **state)
{
	struct nos_sqlite_run_head head;
	struct nos_span whole;
	struct nos_buf run;
	size_t good = 0;

	(void)state;
	make(&run, 3, (const int64_t[]){ 1, 2, 3 });
	whole = nos_buf_span(&run);
	for (size_t len = 0; len < whole.len; len++)
		good += nos_sqlite_run_measure((struct nos_span){ whole.p, len }, &head);
	assert_int_equal(good, 2); /* where an entry ends */
	run.p[8] = 100;
	assert_false(nos_sqlite_run_measure(whole, &head));
	memset(run.p + 8, 0xff, 4);
	assert_false(nos_sqlite_run_measure(whole, &head));
	nos_buf_release(&run);
}

static void the_first_entries_take_what_is_told(void **state)
{
	struct nos_buf run;

	(void)state;
	make(&run, 3, (const int64_t[]){ 1, 2, 3 });
	assert_int_equal(nos_sqlite_run_len(nos_buf_span(&run), 0), 0);
	assert_int_equal(nos_sqlite_run_len(nos_buf_span(&run), 1), 13);
	assert_int_equal(nos_sqlite_run_len(nos_buf_span(&run), 2), 27);
	assert_int_equal(nos_sqlite_run_len(nos_buf_span(&run), 3), run.len);
	nos_buf_release(&run);
}

static void a_run_is_closed_by_number_and_by_bytes_and_what_is_long_is_in_none(void **state)
{
	static const uint8_t bytes[NOS_SQLITE_RUN_ALONE];
	struct nos_buf run;
	size_t count = 0;

	(void)state;
	nos_sqlite_run_init(&run);
	for (; nos_sqlite_run_has_room(&run, count, 1); count++)
		nos_sqlite_run_add(&run, 1, (struct nos_span){ bytes, 1 });
	assert_int_equal(count, NOS_SQLITE_RUN_MAX);
	nos_buf_truncate(&run, 0);
	assert_false(nos_sqlite_run_has_room(&run, 0, sizeof(bytes) + 1));
	for (count = 0; nos_sqlite_run_has_room(&run, count, sizeof(bytes)); count++)
		nos_sqlite_run_add(&run, 1, (struct nos_span){ bytes, sizeof(bytes) });
	assert_int_equal(run.fail, NOS_OK);
	assert_in_range(count, 2, NOS_SQLITE_RUN_BYTES / NOS_SQLITE_RUN_ALONE);
	nos_buf_release(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_comes_out_in_its_order_to_the_byte),
		cmocka_unit_test(a_run_stands_in_the_store_as_it_always_will),
		cmocka_unit_test(a_head_has_the_number_the_first_time_and_the_latest),
		cmocka_unit_test(what_is_no_head_is_none),
		cmocka_unit_test(a_run_that_is_cut_off_or_too_long_is_damaged),
		cmocka_unit_test(the_first_entries_take_what_is_told),
		cmocka_unit_test(
		    a_run_is_closed_by_number_and_by_bytes_and_what_is_long_is_in_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
