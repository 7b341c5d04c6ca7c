/* SPDX-License-Identifier: MIT */
#include "../store/folder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audit/audit.h"
#include "move/cargo.h"
#include "move/crate.h"
#include "self/era.h"
#include "move/export.h"
#include "move/import.h"
#include "self/mark.h"
#include "self/moved.h"
#include "stream/processed.h"
#include "stream/raw.h"

#define SOURCES 40
#define CUTS	24
#define LONG	5000	  /* bytes of what is kept of a source, so that there are several chunks */
#define PIPE	(1 << 19) /* bytes that it takes at once */

static struct nos_vault vault;
static volatile int stopped;
static uint64_t stop_at; /* entries after which it is stopped; 0: never */
static unsigned short seed[3];

static void put(struct nos_store *s, const char *ns, const char *key, const char *value)
{
	assert_int_equal(
	    nos_store_put(s, ns, nos_str_of(key), nos_str_of(value), NOS_STORE_ANY, NULL, &err),
	    NOS_OK);
}

/* What is kept of a source, or of a relay in another lane. */
static void put_track(const char *id, uint64_t seq, uint64_t uses)
{
	const uint8_t hash[NOS_WINDOW_HASH_LEN] = { (uint8_t)seq };
	struct nos_track_key key = { .name = { 'p', 1, { 1 } }, .uses = uses, .first = 3 };
	struct nos_track t = { .position = 9, .keys = &key, .key_count = 1 };
	NOS_AUTO(buf) text = { 0 };

	nos_window_note(&t.window, seq, 0, hash);
	nos_buf_init(&text, 10000);
	nos_track_encode(&text, &t);
	put(store, NOS_TRACK_NS, id, text.p);
}

static int start(void **state)
{
	struct nos_buf text;
	struct nos_audit audit;
	char id[32];

	if (folder_start(state))
		return -1;
	stopped = 0;
	stop_at = 0;
	nos_buf_init_secret(&text, 1000);
	assert_int_equal(nos_vault_new(&vault, &text, &err), NOS_OK);
	nos_buf_release(&text);
	assert_int_equal(nos_self_make(store, &vault, 5, &err), NOS_OK);
	for (int i = 0; i < SOURCES; i++) {
		snprintf(id, sizeof(id), "s-%02d", i);
		put(store, "sources", id, "{\"any\":\"text\"}");
		put_track(id, (uint64_t)i + 1, 1);
	}
	nos_audit_init(&audit, store, "test", false);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    nos_audit_append(&audit, (struct nos_time){ i },
			&(struct nos_audit_event){ .what = NOS_AUDIT_KEY, .source = "s-01" }, &err),
		    NOS_OK);
	return 0;
}

static int stop(void **state)
{
	nos_vault_release(&vault);
	return folder_stop(state);
}

static void show(void *state, uint64_t entries)
{
	(void)state;
	if (entries == stop_at)
		stopped = 1;
}

/* A home on this store, whose file has this name. */
static struct nos_home home_of(struct nos_store *s, const char *name)
{
	struct nos_home h = { .store = s, .vault = vault };

	snprintf(h.url, sizeof(h.url), "sqlite:%s/%s", folder, name);
	return h;
}

static int exported(uint64_t *ret_entries)
{
	struct nos_home h = home_of(store, "node.db");
	int fd = memfd_create("export", 0);
	const struct nos_export x = { .home = &h, .fd = fd, .stop = &stopped, .progress = show };

	assert_int_equal(nos_self_open(store, &vault, &h.self, &err), NOS_OK);
	if (nos_export_write(&x, ret_entries, &err)) {
		close(fd);
		fd = -1;
	}
	nos_self_release(&h.self);
	return fd;
}

static struct nos_store *other_open(void)
{
	struct nos_store *other;
	char path[64];

	snprintf(path, sizeof(path), "%s/other.db", folder);
	assert_int_equal(
	    nos_store_open_engine(&nos_sqlite_engine, path, true, &other, &err), NOS_OK);
	return other;
}

/* From where the descriptor stands. */
static enum nos_code imported_here(struct nos_store *other, int fd, unsigned lanes)
{
	struct nos_home h = home_of(other, "other.db");
	const struct nos_import m = { .home = &h,
		.fd = fd,
		.lanes = lanes,
		.tool = "test",
		.stop = &stopped,
		.progress = show };
	struct nos_imported came;

	nos_err_clear(&err);
	(void)!nos_import_read(&m, &came, &err);
	if (!err.code) {
		assert_int_equal(came.node, 5);
		assert_int_equal(came.life, 0);
	}
	nos_self_release(&h.self);
	return err.code;
}

static enum nos_code imported(struct nos_store *other, int fd, unsigned lanes)
{
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return imported_here(other, fd, lanes);
}

/* The first bytes of a file through a pipe, of which the end is not known before it is there. */
static enum nos_code imported_cut(struct nos_store *other, int fd, off_t bytes)
{
	enum nos_code code;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, PIPE) >= bytes);
	for (off_t at = 0; at < bytes;)
		assert_true(splice(fd, &at, ends[1], NULL, (size_t)(bytes - at), 0) > 0);
	close(ends[1]);
	code = imported_here(other, ends[0], 2);
	close(ends[0]);
	return code;
}

static enum nos_code count(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	(void)key, (void)value, (void)rev, (void)e;
	++*(size_t *)state;
	return NOS_OK;
}

static size_t keys_of(struct nos_store *s, const char *ns)
{
	size_t n = 0;

	assert_int_equal(nos_store_scan(s, ns, NOS_STR(""), count, &n, &err), NOS_OK);
	return n;
}

static void assert_whole(struct nos_store *other)
{
	struct nos_audit_verdict verdict;
	NOS_AUTO(self) self = { 0 };

	assert_int_equal(nos_moved_check(other, false, &err), NOS_OK);
	assert_int_equal(nos_self_open(other, &vault, &self, &err), NOS_OK);
	assert_int_equal(self.number, 5);
	assert_int_equal(keys_of(other, "sources"), SOURCES);
	assert_int_equal(nos_audit_verify(other, 5, NULL, 0, &verdict, &err), NOS_OK);
	assert_int_equal(verdict.entries, 3);
}

static void an_import_that_is_stopped_anywhere_is_no_node_and_is_begun_again(void **state)
{
	uint64_t entries;
	int fd = exported(&entries);

	(void)state;
	assert_true(fd >= 0);
	assert_true(entries > 2 * SOURCES);
	for (uint64_t at = 1; at < entries; at += 7) {
		struct nos_store *other = other_open();
		char path[64];

		stop_at = at;
		assert_int_equal(imported(other, fd, 1), NOS_BUSY);
		nos_err_clear(&err);
		assert_int_equal(nos_moved_check(other, true, &err), NOS_CONFIG);
		nos_err_clear(&err);
		/* What is of no file that comes next is not to stay. */
		put(other, "sources", "of another file", "{}");
		stopped = 0;
		stop_at = 0;
		assert_int_equal(imported(other, fd, 1), NOS_OK);
		assert_whole(other);
		nos_store_close(other);
		snprintf(path, sizeof(path), "%s/other.db", folder);
		assert_int_equal(unlink(path), 0);
	}
	close(fd);
}

/* Nothing is in the store that a node may not be made in, or it waits for the next import. */
static void assert_no_node(struct nos_store *other, off_t bytes)
{
	const bool begun = bytes > (off_t)NOS_CRATE_CHUNK;
	size_t keys = 0;

	nos_err_clear(&err);
	for (const char *const *ns = nos_cargo_spaces; *ns; ns++)
		keys += keys_of(other, *ns);
	if (!keys)
		return;
	assert_true(begun);
	assert_int_equal(nos_moved_check(other, true, &err), NOS_CONFIG);
	nos_err_clear(&err);
}

static void what_a_pipe_that_is_cut_anywhere_leaves_the_next_import_takes(void **state)
{
	static char text[LONG];
	uint64_t entries;
	char name[64];
	off_t length;
	int fd;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < SOURCES; i++) {
		snprintf(name, sizeof(name), "s-%02d", i);
		put(store, "sources", name, text);
	}
	fd = exported(&entries);
	assert_true(fd >= 0);
	length = lseek(fd, 0, SEEK_END);
	assert_true(length > 3 * (off_t)NOS_CRATE_CHUNK && length < PIPE);
	for (int i = 0; i < CUTS; i++) {
		const off_t bytes = i == 0 ? 0 : i == 1 ? length - 1 : nrand48(seed) % length;
		struct nos_store *other = other_open();

		assert_int_equal(imported_cut(other, fd, bytes), NOS_DATA);
		assert_no_node(other, bytes);
		assert_int_equal(imported_cut(other, fd, length), NOS_OK);
		assert_whole(other);
		nos_store_close(other);
		snprintf(name, sizeof(name), "%s/other.db", folder);
		assert_int_equal(unlink(name), 0);
	}
	close(fd);
}

static void an_export_that_is_stopped_anywhere_leaves_the_node_where_it_is(void **state)
{
	uint64_t entries, all;
	int fd;

	(void)state;
	for (uint64_t at = 1; at < 2 * SOURCES; at += 7) {
		stop_at = at;
		assert_int_equal(exported(&entries), -1);
		assert_int_equal(err.code, NOS_BUSY);
		nos_err_clear(&err);
		stopped = 0;
		assert_int_equal(nos_moved_check(store, false, &err), NOS_OK);
	}
	stop_at = 0;
	fd = exported(&all);
	assert_true(fd >= 0);
	assert_int_equal(nos_moved_check(store, false, &err), NOS_CONFIG);
	close(fd);
}

static void append_raw(unsigned count)
{
	const struct nos_mark mark = { .saved = count };

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(nos_store_append(store, NOS_RAW_STREAM, nos_time_now(),
				     nos_str_bytes(NOS_STR("any")), NULL, &err),
		    NOS_OK);
	assert_int_equal(nos_mark_put(store, &mark, &err), NOS_OK);
}

static uint64_t era_of(struct nos_store *s)
{
	uint64_t ret;

	assert_int_equal(nos_era_get(s, &ret, &err), NOS_OK);
	return ret;
}

static void in_the_store_that_a_node_comes_into_an_era_begins_behind_all_that_it_gave(void **state)
{
	const uint64_t now = (uint64_t)nos_time_now().ms * 1000;
	struct nos_store *other = other_open();
	uint64_t entries, first, era;
	int fd;

	(void)state;
	append_raw(5);
	fd = exported(&entries);
	assert_true(fd >= 0);
	assert_int_equal(imported(other, fd, 1), NOS_OK);
	first = era_of(other);
	assert_true(first >= now);
	/* The same file into the same store again, as where it broke off. */
	put(other, NOS_SELF_NS, NOS_MOVED_KEY, "{\"v\":1,\"away\":false,\"time\":1}");
	assert_int_equal(imported(other, fd, 1), NOS_OK);
	assert_true(era_of(other) >= first);
	close(fd);
	/* Of a node that has had one, and far more packs than microseconds went by. */
	assert_int_equal(nos_moved_put(store, NOS_MOVED_NOT, nos_time_now(), &err), NOS_OK);
	assert_int_equal(nos_era_begin(store, nos_time_now(), &era, &err), NOS_OK);
	put(store, NOS_SELF_NS, NOS_ERA_KEY, "{\"v\":1,\"era\":7,\"ahead\":3000000000}");
	fd = exported(&entries);
	assert_true(fd >= 0);
	put(other, NOS_SELF_NS, NOS_MOVED_KEY, "{\"v\":1,\"away\":false,\"time\":1}");
	assert_int_equal(imported(other, fd, 1), NOS_OK);
	assert_true(era_of(other) >= now + 3000000000 + 5);
	close(fd);
	nos_store_close(other);
}

static void numbers_of_a_relay_in_all_lanes_become_one_where_lanes_are_others(void **state)
{
	struct nos_store *other = other_open();
	NOS_AUTO(buf) text = { 0 };
	struct nos_track t;
	uint64_t entries, rev;
	int fd;

	(void)state;
	put(store, NOS_SELF_NS, "lanes", "{\"v\":1,\"count\":4}");
	put_track("s-01~0", 7, 2);
	put_track("s-01~3", 8, 4);
	put_track("s-02~1", 1, 1);
	fd = exported(&entries);
	assert_true(fd >= 0);
	assert_int_equal(imported(other, fd, 1), NOS_OK);
	assert_whole(other);
	assert_int_equal(keys_of(other, NOS_TRACK_NS), SOURCES);
	nos_buf_init(&text, 10000);
	assert_int_equal(
	    nos_store_get(other, NOS_TRACK_NS, NOS_STR("s-01"), &text, &rev, &err), NOS_OK);
	assert_int_equal(nos_track_decode(nos_buf_str(&text), &t, &err), NOS_OK);
	assert_int_equal(t.window.top, 8);
	assert_int_equal(t.window.seen, 0x43); /* 8, 7 and 2 */
	assert_int_equal(t.keys[0].uses, 7);
	assert_int_equal(t.keys[0].first, 0);
	assert_int_equal(t.position, 0);
	nos_track_release(&t);
	close(fd);
	nos_store_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    an_import_that_is_stopped_anywhere_is_no_node_and_is_begun_again, start, stop),
		cmocka_unit_test_setup_teardown(
		    what_a_pipe_that_is_cut_anywhere_leaves_the_next_import_takes, start, stop),
		cmocka_unit_test_setup_teardown(
		    an_export_that_is_stopped_anywhere_leaves_the_node_where_it_is, start, stop),
		cmocka_unit_test_setup_teardown(
		    in_the_store_that_a_node_comes_into_an_era_begins_behind_all_that_it_gave,
		    start, stop),
		cmocka_unit_test_setup_teardown(
		    numbers_of_a_relay_in_all_lanes_become_one_where_lanes_are_others, start, stop),
	};

	seed[0] = (unsigned short)getpid();
	seed[1] = (unsigned short)time(NULL);
	if (getenv("NOS_TEST_SEED"))
		assert_int_equal(sscanf(getenv("NOS_TEST_SEED"), "%hu %hu", &seed[0], &seed[1]), 2);
	print_message("# seed %u %u\n", seed[0], seed[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
