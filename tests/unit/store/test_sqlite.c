/* SPDX-License-Identifier: MIT */
/* SQLite keeps the contract of store.h, and what it alone promises. */
#include "contract_append.h"
#include "contract_stream.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/nos-store-XXXXXX"; /* mkdtemp fills in the X */
static char url[100];

static void what_is_rolled_back_was_never_there(void **state)
{
	struct nos_buf space;
	uint64_t rev;

	(void)state;
	nos_buf_init(&space, 100);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	assert_int_equal(
	    nos_store_put(a, "node", NOS_STR("gone"), NOS_STR("1"), NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	nos_store_rollback(a);
	assert_int_equal(nos_store_get(a, "node", NOS_STR("gone"), &space, &rev, &err), NOS_ABSENT);
	nos_buf_release(&space);
}

static void what_is_no_store_is_refused_by_name(void **state)
{
	struct nos_store *s = NULL;

	(void)state;
	nos_err_clear(&err);
	assert_int_equal(
	    nos_store_open(&(struct nos_store_where){ .url = "etcd:x" }, true, &s, &err),
	    NOS_USAGE);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_store_open(
		&(struct nos_store_where){ .url = "sqlite:/nowhere/at/all.db" }, false, &s, &err),
	    NOS_ABSENT);
	nos_err_clear(&err);
	assert_null(s);
}

static void every_file_is_its_owner_s_alone(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".door" };
	struct stat st;
	char path[200];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/node.db%s", folder, tails[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

static void what_is_read_within_a_look_is_one_state_and_then_the_newest_again(void **state)
{
	const struct nos_store_where where = { .url = url };
	struct nos_store *other = NULL;
	uint64_t first, second, rev;

	(void)state;
	assert_int_equal(nos_store_open(&where, false, &other, &err), NOS_OK);
	assert_int_equal(
	    nos_store_put(a, "node", NOS_STR("seen"), NOS_STR("1"), NOS_STORE_ANY, &first, &err),
	    NOS_OK);
	assert_int_equal(nos_store_look(a, &err), NOS_OK);
	assert_int_equal(nos_store_get(a, "node", NOS_STR("seen"), NULL, &rev, &err), NOS_OK);
	assert_int_equal(rev, first);
	assert_int_equal(nos_store_put(other, "node", NOS_STR("seen"), NOS_STR("2"), NOS_STORE_ANY,
			     &second, &err),
	    NOS_OK);
	assert_int_equal(nos_store_get(a, "node", NOS_STR("seen"), NULL, &rev, &err), NOS_OK);
	assert_int_equal(rev, first);
	nos_store_look_end(a);
	assert_int_equal(nos_store_get(a, "node", NOS_STR("seen"), NULL, &rev, &err), NOS_OK);
	assert_int_equal(rev, second);
	/* A group may be begun again. */
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	nos_store_rollback(a);
	nos_store_close(other);
}

static enum nos_code grow(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	size_t *len = state;

	(void)value, (void)rev, (void)e;
	assert_int_equal(key.len, ++*len);
	return NOS_OK;
}

/* Each key is the one before and a byte more, so that none stands between; too many for one go. */
static void a_scan_of_many_leaves_none_out(void **state)
{
	char key[NOS_STORE_KEY_MAX], value[1000];
	size_t len = 0;
	uint64_t rev;

	(void)state;
	memset(key, 0x1f, sizeof(key));
	memset(value, 'v', sizeof(value));
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	for (size_t i = sizeof(key); i; i--)
		assert_int_equal(
		    nos_store_put(a, "many", (struct nos_str){ key, i },
			(struct nos_str){ value, sizeof(value) }, NOS_STORE_NEW, &rev, &err),
		    NOS_OK);
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	assert_int_equal(nos_store_scan(b, "many", NOS_STR(""), grow, &len, &err), NOS_OK);
	assert_int_equal(len, NOS_STORE_KEY_MAX);
}

static int start(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(url, sizeof(url), "sqlite:%s/node.db", folder);
	return nos_store_open(&(struct nos_store_where){ .url = url }, true, &a, &err) ||
		       nos_store_open(&(struct nos_store_where){ .url = url }, false, &b, &err)
		   ? -1
		   : 0;
}

static int stop(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".door" };
	char path[200];

	(void)state;
	nos_store_close(a);
	nos_store_close(b);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/node.db%s", folder, tails[i]);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT,
		CONTRACT_APPEND,
		CONTRACT_STREAM,
		cmocka_unit_test(what_is_rolled_back_was_never_there),
		cmocka_unit_test(what_is_no_store_is_refused_by_name),
		cmocka_unit_test(every_file_is_its_owner_s_alone),
		cmocka_unit_test(what_is_read_within_a_look_is_one_state_and_then_the_newest_again),
		cmocka_unit_test(a_scan_of_many_leaves_none_out),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
