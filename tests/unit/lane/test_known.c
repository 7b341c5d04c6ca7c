/* SPDX-License-Identifier: MIT */
#include "../store/folder.h"

#include "lane/known.h"

#define NOW ((struct nos_time){ 1795600000000 })

static struct nos_known known;

static int start(void **state)
{
	if (folder_start(state))
		return -1;
	known.store = store;
	return 0;
}

static void put_text(const char *text)
{
	uint64_t position;

	assert_int_equal(nos_store_append(store, NOS_PROCESSED_STREAM, NOW,
			     nos_str_bytes(nos_str_of(text)), &position, &err),
	    NOS_OK);
}

/* tail: "", or what makes it a correction. */
static void put(unsigned pack, unsigned index, const char *tail)
{
	char text[200];

	snprintf(text, sizeof(text),
	    "nos/1/k/s/t 0 0\n{\"id\":\"1-%u-%u%s\",\"node\":1,\"n\":1,\"source\":\"s\"}", pack,
	    index, tail);
	put_text(text);
}

/* Records 0 to each - 1 of packs 1 to packs. */
static void fill(unsigned packs, unsigned each)
{
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	for (unsigned pack = 1; pack <= packs; pack++)
		for (unsigned i = 0; i < each; i++)
			put(pack, i, "");
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
}

static void open_at(uint64_t saved)
{
	nos_err_clear(&err);
	assert_int_equal(nos_known_open(&known, saved, &err), NOS_OK);
}

static uint64_t find(uint64_t pack, uint64_t index)
{
	uint64_t position;

	assert_int_equal(nos_known_find(&known, pack, index, &position, &err), NOS_OK);
	return position;
}

static void what_was_written_last_tells_what_was_written(void **state)
{
	(void)state;
	open_at(0);
	assert_false(nos_known_has(&known, 1, 0));
	fill(3, 2);
	open_at(0);
	assert_true(nos_known_has(&known, 1, 0));
	assert_true(nos_known_has(&known, 3, 1));
	assert_false(nos_known_has(&known, 3, 2));
	assert_false(nos_known_has(&known, 4, 0));
}

static void the_newest_is_known_however_many_there_are(void **state)
{
	(void)state;
	fill(NOS_KNOWN_CHUNK - 2, 1);
	for (unsigned pack = NOS_KNOWN_CHUNK - 1; pack <= 2 * NOS_KNOWN_CHUNK + 2; pack++) {
		put(pack, 0, "");
		open_at(0);
		assert_true(nos_known_has(&known, pack, 0));
		assert_false(nos_known_has(&known, pack + 1, 0));
		assert_int_equal(find(1, 0), 1);
	}
}

static void each_record_that_is_asked_for_in_order_is_found_where_it_stands(void **state)
{
	(void)state;
	fill(1000, 3);
	for (uint64_t saved = 0; saved < 1000; saved += 333) {
		open_at(saved);
		for (uint64_t pack = saved + 1; pack <= 1000; pack++)
			for (uint64_t i = 0; i < 3; i++)
				assert_int_equal(find(pack, i), (pack - 1) * 3 + i + 1);
		assert_int_equal(find(1001, 0), 0);
	}
}

static void only_what_may_be_asked_for_is_read(void **state)
{
	(void)state;
	fill(5000, 3);
	reads = 0;
	open_at(4990);
	assert_int_equal(reads, 1);
	assert_int_equal(find(4991, 0), 4990 * 3 + 1);
	assert_int_equal(reads, 1);
	open_at(5000);
	assert_true(nos_known_has(&known, 5000, 2));
}

/* Twice as far each time, and then by halves: of 15000 records that is a few chunks. */
static void where_to_begin_is_found_without_reading_all_behind_it(void **state)
{
	(void)state;
	fill(5000, 3);
	for (unsigned saved = 0; saved <= 5000; saved += 7) {
		reads = 0;
		open_at(saved);
		assert_in_range(reads, 1, 12);
		assert_true(nos_known_has(&known, 5000, 2));
		reads = 0;
		if (saved < 5000)
			assert_int_equal(find(saved + 1, 0), saved * 3 + 1);
		assert_in_range(reads, 0, 2);
	}
}

static void what_was_dropped_is_known_and_stands_nowhere(void **state)
{
	(void)state;
	fill(1000, 2);
	folder_trim(NOS_PROCESSED_STREAM, 1001);
	open_at(0);
	assert_true(nos_known_has(&known, 1, 0));
	assert_int_equal(find(1, 0), 0);
	assert_int_equal(find(501, 0), 0);
	assert_int_equal(find(501, 1), 1002);
	assert_int_equal(find(502, 0), 1003);
	folder_trim(NOS_PROCESSED_STREAM, 2000);
	open_at(0);
	assert_false(nos_known_has(&known, 1000, 1));
}

static void a_correction_says_nothing_of_how_far_the_weighing_came(void **state)
{
	(void)state;
	fill(2, 2);
	for (unsigned i = 0; i < NOS_KNOWN_CHUNK + 10; i++)
		put(9, i, "~1");
	put(3, 0, "");
	for (unsigned i = 0; i < NOS_KNOWN_CHUNK + 10; i++)
		put(9, i, "~1");
	open_at(1);
	assert_true(nos_known_has(&known, 3, 0));
	assert_false(nos_known_has(&known, 3, 1));
	assert_int_equal(find(2, 0), 3);
	assert_int_equal(find(2, 1), 4);
	assert_int_equal(find(3, 0), 4 + NOS_KNOWN_CHUNK + 10 + 1);
	assert_int_equal(find(3, 1), 0);
}

/* A record of a pack of an era. */
static void put_of_era(unsigned era, unsigned pack)
{
	char text[200];

	snprintf(text, sizeof(text),
	    "nos/1/k/s/t 0 0@%u\n{\"id\":\"1-%u-0\",\"node\":1,\"n\":1,\"source\":\"s\"}", era,
	    era + pack);
	put_text(text);
}

/* What was saved is said by positions of the raw stream, packs are asked for as ids have them. */
static void packs_of_an_era_are_known_by_their_ids_and_read_as_far_as_was_saved(void **state)
{
	const unsigned era = 1000000, packs = 3 * NOS_KNOWN_CHUNK;

	(void)state;
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	for (unsigned pack = 1; pack <= packs; pack++)
		if (pack <= 10)
			put(pack, 0, "");
		else
			put_of_era(era, pack);
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
	reads = 0;
	open_at(packs - 10);
	assert_int_equal(reads, 1);
	assert_true(nos_known_has(&known, era + packs, 0));
	assert_false(nos_known_has(&known, era + packs + 1, 0));
	assert_int_equal(find(era + packs - 9, 0), packs - 9);
	open_at(0);
	assert_int_equal(find(10, 0), 10);
	assert_int_equal(find(11, 0), 0);
	assert_int_equal(find(era + 11, 0), 11);
}

/* As where servers have lost the end of one stream and not of the other. */
static void what_another_history_had_there_is_not_taken_for_it(void **state)
{
	(void)state;
	fill(5, 1);
	open_at(0);
	assert_true(nos_known_has(&known, 4, 0));
	assert_false(nos_known_has(&known, 1000000 + 4, 0));
}

static void a_damaged_record_is_said_by_its_place(void **state)
{
	(void)state;
	fill(1, 1);
	put_text("nothing");
	nos_err_clear(&err);
	assert_int_equal(nos_known_open(&known, 0, &err), NOS_IO);
	assert_string_equal(err.text, "store: record 2 is damaged");
	/* An id that is not of its era. */
	folder_trim(NOS_PROCESSED_STREAM, 2);
	put_text("nos/1/k/s/t 0 0@9\n{\"id\":\"1-9-0\",\"node\":1,\"n\":1,\"source\":\"s\"}");
	nos_err_clear(&err);
	assert_int_equal(nos_known_open(&known, 0, &err), NOS_IO);
	assert_string_equal(err.text, "store: record 3 is damaged");
}

#define KNOWN_TEST(f) cmocka_unit_test_setup_teardown(f, start, folder_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KNOWN_TEST(what_was_written_last_tells_what_was_written),
		KNOWN_TEST(the_newest_is_known_however_many_there_are),
		KNOWN_TEST(each_record_that_is_asked_for_in_order_is_found_where_it_stands),
		KNOWN_TEST(only_what_may_be_asked_for_is_read),
		KNOWN_TEST(where_to_begin_is_found_without_reading_all_behind_it),
		KNOWN_TEST(what_was_dropped_is_known_and_stands_nowhere),
		KNOWN_TEST(a_correction_says_nothing_of_how_far_the_weighing_came),
		KNOWN_TEST(packs_of_an_era_are_known_by_their_ids_and_read_as_far_as_was_saved),
		KNOWN_TEST(what_another_history_had_there_is_not_taken_for_it),
		KNOWN_TEST(a_damaged_record_is_said_by_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
