/* SPDX-License-Identifier: MIT */
/* What is gone from a store stands in none of its files after a purge. */
#include "../test.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/sqlite_scrub.h"
#include "store/store.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RECORDS 500
#else
#define RECORDS 2000
#endif
#define CHANGES	  (RECORDS * 5 / 2)
#define GROUP	  500
#define BYTES	  32
#define TEXT_MAX  NOS_ENC_BASE64_LEN(BYTES)
#define PIECE	  8 /* of a marker; so much of it is found */
#define PIECES	  (TEXT_MAX / PIECE)
#define GONE_MAX  (RECORDS + CHANGES)
#define SLOTS	  (1u << 18)
#define PAGE_SIZE 4096

static struct nos_err err;
static char folder[100];
static const char *const tails[] = { "", "-wal", "-shm", ".door" };

struct source {
	char key[24], marker[TEXT_MAX + 1];
	bool there;
};

/* The markers that are gone, by their pieces; 0: none. */
static uint64_t gone[SLOTS];
static struct source sources[RECORDS];
static unsigned short seed[3];
static bool raw;			/* markers are bytes, not text */
static size_t least = 700, most = 1500; /* bytes of a value */

static const char *path_of(const char *tail)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/node.db%s", folder, tail);
	return path;
}

static struct nos_store *open_store(void)
{
	struct nos_store *s = NULL;
	char url[200];

	snprintf(url, sizeof(url), "sqlite:%s/node.db", folder);
	assert_int_equal(nos_store_open(url, true, &s, &err), NOS_OK);
	return s;
}

/* As a program does that knows nothing of pages. */
static sqlite3 *open_plain(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path_of(""), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA secure_delete=ON", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void run(sqlite3 *db, const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* ---- markers ---- */

static size_t marker_len(void)
{
	return raw ? BYTES : TEXT_MAX;
}

static void make_marker(char out[static TEXT_MAX + 1])
{
	uint8_t bytes[BYTES];
	struct nos_buf text;

	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (uint8_t)(nrand48(seed) >> 8);
	nos_buf_init(&text, TEXT_MAX);
	nos_enc_base64(&text, bytes, BYTES);
	memcpy(out, raw ? (const char *)bytes : text.p, marker_len());
	nos_buf_release(&text);
}

/* The slot where a piece is, or would be. */
static uint64_t *slot(const char *p)
{
	uint64_t piece;
	size_t at;

	memcpy(&piece, p, PIECE);
	at = (size_t)((piece * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % SLOTS;
	while (gone[at] && gone[at] != piece)
		at = (at + 1) % SLOTS;
	return &gone[at];
}

static void is_gone(const struct source *s)
{
	for (size_t i = 0; i + PIECE <= marker_len(); i += PIECE)
		memcpy(slot(s->marker + i), s->marker + i, PIECE);
}

static void read_file(const char *tail, struct nos_buf *ret)
{
	int fd = open(path_of(tail), O_RDONLY);
	struct stat st;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	nos_buf_init(ret, 1u << 30);
	if (st.st_size)
		assert_int_equal(
		    read(fd, nos_buf_extend(ret, (size_t)st.st_size), (size_t)st.st_size),
		    st.st_size);
	close(fd);
}

/* Pieces of what is gone in all files of the store. */
static size_t find_gone(void)
{
	size_t found = 0;

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct nos_buf file;

		read_file(tails[i], &file);
		for (size_t at = 0; at + PIECE <= file.len; at++)
			found += *slot(file.p + at) != 0;
		nos_buf_release(&file);
	}
	return found;
}

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

/* ---- a store at work ---- */

static size_t any(size_t n)
{
	return (size_t)nrand48(seed) % n;
}

/* A new value with a new marker. */
static struct nos_str make_value(struct source *s, char space[static 1500])
{
	size_t len = least + any(most - least + 1);

	if (s->there)
		is_gone(s);
	make_marker(s->marker);
	s->there = true;
	memset(space, '.', len);
	memcpy(space + any(len - marker_len()), s->marker, marker_len());
	return (struct nos_str){ space, len };
}

static void write_source(struct nos_store *store, struct source *s)
{
	char space[1500];
	uint64_t rev;

	assert_int_equal(nos_store_put(store, "sources", nos_str_of(s->key), make_value(s, space),
			     NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
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
	assert_int_equal(nos_store_trim(store, "raw", &trim, &dropped, &err), NOS_OK);
	assert_int_equal(dropped, 100);
	for (size_t i = 0; i < 300; i++) {
		if (i >= 100 && i % 3 == 0)
			assert_int_equal(nos_store_erase(store, "raw", i + 1, &err), NOS_OK);
		if (i < 100 || i % 3 == 0)
			is_gone(&entries[i]);
	}
}

static void group_ends(struct nos_store *store, size_t i)
{
	if (i % GROUP)
		return;
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
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

static void all_sources_are_whole(struct nos_store *store)
{
	struct nos_buf value;
	uint64_t rev;

	nos_buf_init(&value, 2000);
	for (size_t i = 0; i < RECORDS; i++) {
		const struct source *s = &sources[i];

		nos_buf_truncate(&value, 0);
		nos_err_clear(&err);
		assert_int_equal(
		    nos_store_get(store, "sources", nos_str_of(s->key), &value, &rev, &err),
		    s->there ? NOS_OK : NOS_ABSENT);
		if (s->there)
			assert_non_null(memmem(value.p, value.len, s->marker, marker_len()));
	}
	nos_err_clear(&err);
	nos_buf_release(&value);
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

/* ---- who else is there ---- */

static void a_purge_beside_a_reader_of_an_older_state_is_busy_and_leaves_all_whole(void **state)
{
	struct nos_store *store = open_store();
	sqlite3 *reader = open_plain();

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		snprintf(sources[i].key, sizeof(sources[i].key), "s-%zu", i);
		write_source(store, &sources[i]);
	}
	run(reader, "BEGIN; SELECT count(*) FROM state");
	for (size_t i = 0; i < 50; i++)
		write_source(store, &sources[i]);
	assert_int_equal(nos_store_purge(store, &err), NOS_BUSY);
	nos_err_clear(&err);
	run(reader, "SELECT 1 / (count(*) = 50) FROM state; ROLLBACK");
	assert_true(find_gone() > 0);
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	assert_int_equal(find_gone(), 0);
	for (size_t i = 50; i < RECORDS; i++)
		sources[i] = (struct source){ "none" };
	all_sources_are_whole(store);
	sqlite3_close(reader);
	nos_store_close(store);
}

static void a_purge_beside_a_writer_is_busy(void **state)
{
	struct nos_store *store = open_store(), *writer = open_store();

	(void)state;
	assert_int_equal(nos_store_begin(writer, &err), NOS_OK);
	assert_int_equal(nos_store_purge(store, &err), NOS_BUSY);
	nos_err_clear(&err);
	assert_int_equal(nos_store_commit(writer, &err), NOS_OK);
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	nos_store_close(writer);
	nos_store_close(store);
}

static bool notices(struct nos_store *store)
{
	bool changed;

	assert_int_equal(nos_store_changed(store, &changed, &err), NOS_OK);
	return changed;
}

static void a_purge_is_no_change_and_hides_none(void **state)
{
	struct nos_store *store = open_store(), *other = open_store();

	(void)state;
	snprintf(sources[0].key, sizeof(sources[0].key), "s-0");
	write_source(store, &sources[0]);
	assert_true(notices(other));
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	assert_false(notices(store));
	write_source(other, &sources[0]);
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	assert_true(notices(store));
	assert_false(notices(store));
	nos_store_close(other);
	nos_store_close(store);
}

/* What a scan and a read call: another purges meanwhile. */
struct meanwhile {
	struct nos_store *other;
	char last[24];
	size_t seen;
};

static void change_and_purge(struct meanwhile *m)
{
	if (m->seen++ % 200)
		return;
	write_source(m->other, &sources[any(RECORDS)]);
	assert_int_equal(nos_store_purge(m->other, &err), NOS_OK);
	assert_int_equal(find_gone(), 0);
}

static enum nos_code see_key(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	struct meanwhile *m = state;
	char now[24];

	(void)value, (void)rev, (void)e;
	assert_true(nos_str_copy(key, now, sizeof(now)));
	assert_true(strcmp(m->last, now) < 0);
	memcpy(m->last, now, sizeof(now));
	change_and_purge(m);
	return NOS_OK;
}

static enum nos_code see_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	struct meanwhile *m = state;

	(void)e;
	assert_int_equal(position, m->seen + 1);
	assert_true(entry.len >= 700);
	change_and_purge(m);
	return NOS_OK;
}

static void another_purges_while_a_scan_and_a_read_go_on(void **state)
{
	struct nos_store *store = open_store(), *other = open_store();
	struct meanwhile scan = { .other = other }, read = { .other = other };
	char space[1500];
	uint64_t position;

	(void)state;
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	for (size_t i = 0; i < RECORDS; i++) {
		struct source entry = { .there = false };

		snprintf(sources[i].key, sizeof(sources[i].key), "s-%zu", i);
		write_source(store, &sources[i]);
		assert_int_equal(nos_store_append(store, "raw", (struct nos_time){ 1 },
				     nos_str_bytes(make_value(&entry, space)), &position, &err),
		    NOS_OK);
	}
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
	assert_int_equal(
	    nos_store_scan(store, "sources", NOS_STR(""), see_key, &scan, &err), NOS_OK);
	assert_int_equal(scan.seen, RECORDS);
	assert_int_equal(nos_store_read(store, "raw", 0, 301, see_entry, &read, &err), NOS_OK);
	assert_int_equal(read.seen, 301);
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

static int begin_test(void **state)
{
	(void)state;
	memset(gone, 0, sizeof(gone));
	memset(sources, 0, sizeof(sources));
	raw = false;
	least = 700;
	most = 1500;
	nos_err_clear(&err);
	snprintf(folder, sizeof(folder), "/tmp/nos-scrub-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int end_test(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		unlink(path_of(tails[i]));
	return rmdir(folder);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_test, end_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_gone_is_found_before_a_purge_and_not_behind_it),
		TEST(bytes_that_are_gone_are_not_found_behind_a_purge),
		TEST(a_purge_beside_a_reader_of_an_older_state_is_busy_and_leaves_all_whole),
		TEST(a_purge_beside_a_writer_is_busy),
		TEST(a_purge_is_no_change_and_hides_none),
		TEST(another_purges_while_a_scan_and_a_read_go_on),
		TEST(a_store_whose_pages_were_never_cleaned_is_cleaned_when_it_is_opened),
		TEST(all_that_no_cell_uses_is_cleared),
		TEST(a_page_that_makes_no_sense_stays_as_it_is),
		TEST(any_bytes_at_all_are_within_the_page),
		TEST(what_is_gone_does_not_come_back_from_a_cache),
	};

	seed[0] = (unsigned short)getpid();
	seed[1] = (unsigned short)time(NULL);
	if (getenv("NOS_TEST_SEED"))
		assert_int_equal(sscanf(getenv("NOS_TEST_SEED"), "%hu %hu", &seed[0], &seed[1]), 2);
	print_message("# seed %u %u\n", seed[0], seed[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
