/* SPDX-License-Identifier: MIT */
/* A SQLite store whose values hold markers, and the search of its files for those that are gone. */
#ifndef NOS_TEST_MARKERS_H
#define NOS_TEST_MARKERS_H

#include "../test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RECORDS 500
#else
#define RECORDS 2000
#endif
#define BYTES	 32
#define TEXT_MAX NOS_ENC_BASE64_LEN(BYTES)
#define PIECE	 8 /* of a marker; so much of it is found */
#define SLOTS	 (1u << 18)

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
	assert_int_equal(
	    nos_store_open(&(struct nos_store_where){ .url = url }, true, &s, &err), NOS_OK);
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

static void take_seed(void)
{
	seed[0] = (unsigned short)getpid();
	seed[1] = (unsigned short)time(NULL);
	if (getenv("NOS_TEST_SEED"))
		assert_int_equal(sscanf(getenv("NOS_TEST_SEED"), "%hu %hu", &seed[0], &seed[1]), 2);
	print_message("# seed %u %u\n", seed[0], seed[1]);
}

#endif
