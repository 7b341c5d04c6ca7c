/* SPDX-License-Identifier: MIT */
/* What is gone from a store stands in none of its files after a purge. */
#include "markers.h"

#include "store/sqlite_scrub.h"

#define CHANGES	  (RECORDS * 5 / 2)
#define GROUP	  500
#define PAGE_SIZE 4096

/* Pages of the file in which something stands that no cell uses. */
static size_t unclean_pages(void)
{
	uint8_t page[PAGE_SIZE];
	struct nos_buf file;
	size_t found = 0;

	read_file("", &file);
	assert_true(file.len && file.len % PAGE_SIZE == 0);
	for (size_t at = 0; at < file.len; at += PAGE_SIZE) {
		memcpy(page, file.p + at, PAGE_SIZE);
		nos_sqlite_scrub_page(page, PAGE_SIZE, at == 0);
		found += memcmp(page, file.p + at, PAGE_SIZE) != 0;
	}
	nos_buf_release(&file);
	return found;
}

static void drop_source(struct nos_store *store, struct source *s)
{
	if (!s->there)
		return;
	is_gone(s);
	s->there = false;
	assert_int_equal(
	    nos_store_del(store, "sources", nos_str_of(s->key), NOS_STORE_ANY, &err), NOS_OK);
}

static void group_ends(struct nos_store *store, size_t i)
{
	if (i % GROUP)
		return;
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
}

/* Entries that are trimmed, erased, or stay. */
static void fill_stream(struct nos_store *store)
{
	static struct source entries[300];
	struct nos_store_trim trim = { { 1000 }, 100, 1000 };
	char space[1500];
	uint64_t position;
	size_t dropped;

	for (size_t i = 0; i < 300; i++) {
		struct nos_str value = make_value(&entries[i], space);

		assert_int_equal(nos_store_append(store, "raw", (struct nos_time){ 1 },
				     nos_str_bytes(value), &position, &err),
		    NOS_OK);
		assert_int_equal(position, i + 1);
	}
	group_ends(store, 0);
	assert_int_equal(nos_store_trim(store, "raw", &trim, &dropped, &err), NOS_OK);
	assert_int_equal(dropped, 100);
	for (size_t i = 0; i < 300; i++) {
		if (i >= 100 && i % 3 == 0)
			assert_int_equal(nos_store_erase(store, "raw", i + 1, &err), NOS_OK);
		if (i < 100 || i % 3 == 0)
			is_gone(&entries[i]);
	}
}

/* Sources come, change and go in a random order. */
static void work(struct nos_store *store)
{
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	for (size_t i = 0; i < RECORDS; i++) {
		snprintf(sources[i].key, sizeof(sources[i].key), "s-%08lx%zx", nrand48(seed), i);
		write_source(store, &sources[i]);
		group_ends(store, i);
	}
	for (size_t i = 0; i < CHANGES; i++) {
		if (any(12))
			write_source(store, &sources[any(RECORDS)]);
		else
			drop_source(store, &sources[any(RECORDS)]);
		group_ends(store, i);
	}
	fill_stream(store);
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
}

static void seek_after_purge(bool bytes)
{
	struct nos_store *store = open_store();

	raw = bytes;
	work(store);
	assert_true(find_gone() > 0);
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	assert_int_equal(find_gone(), 0);
	assert_int_equal(unclean_pages(), 0);
	all_sources_are_whole(store);
	nos_store_close(store);
}

static void what_is_gone_is_found_before_a_purge_and_not_behind_it(void **state)
{
	(void)state;
	seek_after_purge(false);
}

static void bytes_that_are_gone_are_not_found_behind_a_purge(void **state)
{
	(void)state;
	seek_after_purge(true);
}

/* Values so small that the cache holds all pages; a seed by which gone rows were in their gaps. */
static void what_is_gone_does_not_come_back_from_a_cache(void **state)
{
	static const unsigned short known[3] = { 3, 0, 0 };
	struct nos_store *store = open_store(), *other = open_store();

	(void)state;
	memcpy(seed, known, sizeof(seed));
	least = 100;
	most = 300;
	work(store);
	all_sources_are_whole(other);
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	for (int round = 0; round < 2; round++) {
		struct nos_store *writer = round ? other : store;

		assert_int_equal(nos_store_begin(writer, &err), NOS_OK);
		for (size_t i = 0; i < RECORDS; i++) {
			sources[i].there = false; /* what goes now is not sought */
			if (i % 2 == (size_t)round)
				write_source(writer, &sources[i]);
		}
		assert_int_equal(nos_store_commit(writer, &err), NOS_OK);
		assert_int_equal(find_gone(), 0);
	}
	nos_store_close(other);
	nos_store_close(store);
}

/* ---- pages ---- */

/* The same work as a nos did it that left rows in its pages. */
static void work_plainly(void)
{
	static const char put[] = "INSERT OR REPLACE INTO state VALUES('sources', ?, 1, ?)";
	sqlite3 *db = open_plain();
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(db, put, -1, &st, NULL), SQLITE_OK);
	run(db, "PRAGMA user_version=1; BEGIN");
	for (size_t i = 0; i < RECORDS; i++) {
		struct source *s = &sources[i];
		char space[1500];
		struct nos_str value;

		snprintf(s->key, sizeof(s->key), "s-%08lx%zx", nrand48(seed), i);
		value = make_value(s, space);
		sqlite3_bind_text(st, 1, s->key, -1, SQLITE_STATIC);
		sqlite3_bind_blob(st, 2, value.p, (int)value.len, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(st), SQLITE_DONE);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	run(db, "COMMIT");
	sqlite3_close(db);
}

static void a_store_whose_pages_were_never_cleaned_is_cleaned_when_it_is_opened(void **state)
{
	struct nos_store *store = open_store();

	(void)state;
	nos_store_close(store);
	work_plainly();
	assert_true(unclean_pages() > 0);
	store = open_store();
	assert_int_equal(unclean_pages(), 0);
	all_sources_are_whole(store);
	nos_store_close(store);
}

/* A leaf of 512 bytes: a cell at 500, a freeblock of 20 at 470, cells from 460 on. */
static void make_leaf(uint8_t page[static 512], size_t at)
{
	static const uint8_t head[] = { 10, 470 >> 8, 470 & 255, 0, 1, 460 >> 8, 460 & 255, 0,
		500 >> 8, 500 & 255 };
	static const uint8_t block[] = { 0, 0, 0, 20 };

	memset(page, 'x', 512);
	memcpy(page + at, head, sizeof(head));
	memcpy(page + 470, block, sizeof(block));
}

static void all_that_no_cell_uses_is_cleared(void **state)
{
	(void)state;
	for (size_t at = 0; at <= 100; at += 100) {
		uint8_t page[512], want[512];

		make_leaf(page, at);
		memcpy(want, page, sizeof(page));
		memset(want + at + 10, 0, 460 - at - 10);
		memset(want + 474, 0, 16);
		nos_sqlite_scrub_page(page, sizeof(page), at == 100);
		assert_memory_equal(page, want, sizeof(page));
	}
}

static void a_page_that_makes_no_sense_stays_as_it_is(void **state)
{
	/* where, and what byte there makes no sense of it */
	static const uint8_t faults[][2] = { { 0, 0 }, { 0, 1 }, { 0, 99 }, { 3, 200 }, { 5, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		uint8_t page[512], want[512];

		make_leaf(page, 0);
		page[faults[i][0]] = faults[i][1];
		if (faults[i][0] == 5)
			page[6] = 1; /* 513 */
		memcpy(want, page, sizeof(page));
		nos_sqlite_scrub_page(page, sizeof(page), false);
		assert_memory_equal(page, want, sizeof(page));
	}
}

static void any_bytes_at_all_are_within_the_page(void **state)
{
	uint8_t *page = malloc(512); /* its ends are watched */

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		make_leaf(page, 0);
		for (size_t n = any(6); n; n--)
			page[any(3) ? any(10) : 470 + any(4)] = (uint8_t)any(256);
		nos_sqlite_scrub_page(page, 512, false);
	}
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_gone_is_found_before_a_purge_and_not_behind_it),
		TEST(bytes_that_are_gone_are_not_found_behind_a_purge),
		TEST(a_store_whose_pages_were_never_cleaned_is_cleaned_when_it_is_opened),
		TEST(all_that_no_cell_uses_is_cleared),
		TEST(a_page_that_makes_no_sense_stays_as_it_is),
		TEST(any_bytes_at_all_are_within_the_page),
		TEST(what_is_gone_does_not_come_back_from_a_cache),
	};

	take_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
