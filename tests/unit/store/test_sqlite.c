/* SPDX-License-Identifier: MIT */
/* SQLite keeps the contract of store.h, and what it alone promises. */
#include "contract.h"

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
	assert_int_equal(nos_store_open("etcd:x", true, &s, &err), NOS_USAGE);
	nos_err_clear(&err);
	assert_int_equal(nos_store_open("sqlite:/nowhere/at/all.db", false, &s, &err), NOS_ABSENT);
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

static int start(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(url, sizeof(url), "sqlite:%s/node.db", folder);
	return nos_store_open(url, true, &a, &err) || nos_store_open(url, false, &b, &err) ? -1 : 0;
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
		cmocka_unit_test(what_is_rolled_back_was_never_there),
		cmocka_unit_test(what_is_no_store_is_refused_by_name),
		cmocka_unit_test(every_file_is_its_owner_s_alone),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
