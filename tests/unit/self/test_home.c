/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "self/home.h"

static struct nos_err err;
static char folder[] = "/tmp/nos-home-XXXXXX"; /* mkdtemp fills in the X */

static int start(void **state)
{
	static const char *const names[] = { "STATE_DIRECTORY", "XDG_STATE_HOME", "HOME" };

	(void)state;
	nos_err_clear(&err);
	for (size_t i = 0; i < 3; i++)
		unsetenv(names[i]);
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	return mkdtemp(folder) ? chdir(folder) : -1;
}

static int stop(void **state)
{
	static const char *const names[] = { "n.db", "n.db-wal", "n.db-shm", "n.db.door", "n.key",
		"o.db", "o.db-wal", "o.db-shm", "o.db.door", "o.key" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

/* Make, and release; whether anything was made. */
static bool make(const char *store, const char *key, uint64_t number, enum nos_code expected)
{
	NOS_AUTO(home) home = { 0 };
	enum nos_home_made made = NOS_HOME_MADE_NOTHING;

	nos_err_clear(&err);
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = store }, key, &err), NOS_OK);
	assert_int_equal(nos_home_make(&home, number, &made, &err), expected);
	return made != NOS_HOME_MADE_NOTHING;
}

/* The pin of what is opened, "" where it does not open; look: without the key. */
static enum nos_code open_it(
    const char *store, const char *key, char pin[static NOS_SELF_PIN_MAX], uint64_t *number)
{
	NOS_AUTO(home) home = { 0 };

	nos_err_clear(&err);
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = store }, key, &err), NOS_OK);
	(void)!nos_home_open(&home, &err);
	snprintf(pin, NOS_SELF_PIN_MAX, "%s", home.self.pin);
	*number = home.self.number;
	return err.code;
}

static void the_place_is_named_or_comes_from_the_environment(void **state)
{
	struct nos_home home;

	(void)state;
	assert_int_equal(nos_home_locate(&home, &(struct nos_store_where){ .url = "sqlite:n.db" },
			     "n.key", &err),
	    NOS_OK);
	assert_string_equal(home.url, "sqlite:n.db");
	assert_string_equal(home.key, "n.key");
	setenv("HOME", "/h", 1);
	setenv("STATE_DIRECTORY", "/s:/t", 1);
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = NULL }, NULL, &err), NOS_OK);
	assert_string_equal(home.url, "sqlite:/s/node.db");
	assert_string_equal(home.key, "/s/node.key");
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = NULL }, "n.key", &err),
	    NOS_OK);
	assert_string_equal(home.url, "sqlite:/s/node.db");
	assert_string_equal(home.key, "n.key");
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = "sqlite:n.db" }, NULL, &err),
	    NOS_OK);
	assert_string_equal(home.key, "/s/node.key");
}

static void without_a_state_folder_it_is_the_user_s(void **state)
{
	struct nos_home home;
	bool root = geteuid() == 0;

	(void)state;
	setenv("STATE_DIRECTORY", "", 1);
	setenv("XDG_STATE_HOME", "/x", 1);
	setenv("HOME", "/h", 1);
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = NULL }, NULL, &err), NOS_OK);
	assert_string_equal(home.key, root ? "/var/lib/nos/node.key" : "/x/nos/node.key");
	unsetenv("XDG_STATE_HOME");
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = NULL }, NULL, &err), NOS_OK);
	assert_string_equal(
	    home.key, root ? "/var/lib/nos/node.key" : "/h/.local/state/nos/node.key");
	unsetenv("HOME");
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = NULL }, NULL, &err),
	    root ? NOS_OK : NOS_CONFIG);
}

static void a_path_that_is_too_long_is_refused_and_not_cut(void **state)
{
	char path[NOS_HOME_PATH_MAX + 10];
	struct nos_home home;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = path }, "n.key", &err),
	    NOS_USAGE);
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = "sqlite:n.db" }, path, &err),
	    NOS_USAGE);
	setenv("STATE_DIRECTORY", path, 1);
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = NULL }, NULL, &err),
	    NOS_CONFIG);
}

static void what_is_made_is_the_owner_s_alone_and_opens_again(void **state)
{
	char pin[NOS_SELF_PIN_MAX], again[NOS_SELF_PIN_MAX];
	uint64_t number;
	struct stat st;

	(void)state;
	assert_true(make("sqlite:n.db", "n.key", 7, NOS_OK));
	assert_int_equal(stat("n.db", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat("n.key", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(open_it("sqlite:n.db", "n.key", pin, &number), NOS_OK);
	assert_int_equal(strlen(pin), 43);
	assert_true(number == 7);
	assert_false(make("sqlite:n.db", "n.key", 0, NOS_OK));
	assert_false(make("sqlite:n.db", "n.key", 7, NOS_OK));
	assert_int_equal(open_it("sqlite:n.db", "n.key", again, &number), NOS_OK);
	assert_string_equal(again, pin);
}

static void nothing_is_made_by_opening(void **state)
{
	char pin[NOS_SELF_PIN_MAX];
	uint64_t number;

	(void)state;
	assert_int_equal(open_it("sqlite:n.db", "n.key", pin, &number), NOS_ABSENT);
	assert_string_equal(err.text, "no store 'sqlite:n.db': run nos-serve --init");
	assert_int_equal(access("n.db", F_OK), -1);
	make("sqlite:n.db", "n.key", 1, NOS_OK);
	assert_int_equal(unlink("n.key"), 0);
	assert_int_equal(open_it("sqlite:n.db", "n.key", pin, &number), NOS_ABSENT);
	assert_int_equal(access("n.key", F_OK), -1);
}

static void a_store_without_a_node_is_made_whole_and_does_not_open(void **state)
{
	char pin[NOS_SELF_PIN_MAX];
	struct nos_store *store;
	uint64_t number;

	(void)state;
	make("sqlite:o.db", "n.key", 1, NOS_OK);
	assert_int_equal(
	    nos_store_open(&(struct nos_store_where){ .url = "sqlite:n.db" }, true, &store, &err),
	    NOS_OK);
	nos_store_close(store);
	assert_int_equal(open_it("sqlite:n.db", "n.key", pin, &number), NOS_ABSENT);
	assert_string_equal(err.text, "the store has no node yet: run nos-serve --init");
	assert_true(make("sqlite:n.db", "n.key", 2, NOS_OK));
	assert_int_equal(open_it("sqlite:n.db", "n.key", pin, &number), NOS_OK);
	assert_true(number == 2);
}

static void a_key_that_is_lost_is_not_made_anew(void **state)
{
	(void)state;
	make("sqlite:n.db", "n.key", 1, NOS_OK);
	assert_int_equal(unlink("n.key"), 0);
	make("sqlite:n.db", "n.key", 1, NOS_CONFIG);
	assert_string_equal(err.text,
	    "the store's node key 'n.key' is missing: put it back, it cannot be made anew");
	assert_int_equal(access("n.key", F_OK), -1);
}

static void another_node_s_number_or_key_is_refused(void **state)
{
	char pin[NOS_SELF_PIN_MAX];
	uint64_t number;

	(void)state;
	make("sqlite:n.db", "n.key", 1, NOS_OK);
	make("sqlite:o.db", "o.key", 2, NOS_OK);
	make("sqlite:n.db", "n.key", 2, NOS_CONFIG);
	assert_string_equal(err.text, "the store is node 1's, not 2's");
	assert_int_equal(open_it("sqlite:n.db", "o.key", pin, &number), NOS_DENIED);
	assert_string_equal(pin, "");
	make("sqlite:n.db", "o.key", 1, NOS_DENIED);
	assert_int_equal(chmod("n.key", 0644), 0);
	assert_int_equal(open_it("sqlite:n.db", "n.key", pin, &number), NOS_DENIED);
	assert_string_equal(err.text, "'n.key' is open to others: chmod 600 n.key");
}

static enum nos_code check(const char *store, const char *key, uint64_t number)
{
	NOS_AUTO(home) home = { 0 };

	nos_err_clear(&err);
	assert_int_equal(
	    nos_home_locate(&home, &(struct nos_store_where){ .url = store }, key, &err), NOS_OK);
	return nos_home_check(&home, number, &err);
}

static void a_check_says_what_a_start_would_say_and_makes_nothing(void **state)
{
	struct nos_store *store;

	(void)state;
	assert_int_equal(check("sqlite:n.db", "n.key", 3), NOS_OK);
	assert_int_equal(access("n.db", F_OK), -1);
	assert_int_equal(access("n.key", F_OK), -1);
	make("sqlite:n.db", "n.key", 1, NOS_OK);
	assert_int_equal(check("sqlite:n.db", "n.key", 0), NOS_OK);
	assert_int_equal(check("sqlite:n.db", "n.key", 1), NOS_OK);
	assert_int_equal(check("sqlite:n.db", "n.key", 2), NOS_CONFIG);
	assert_string_equal(err.text, "the store is node 1's, not 2's");
	make("sqlite:o.db", "o.key", 2, NOS_OK);
	assert_int_equal(check("sqlite:n.db", "o.key", 0), NOS_DENIED);
	/* A key file that another store may have is none of a store without a node. */
	assert_int_equal(unlink("o.db"), 0);
	assert_int_equal(check("sqlite:o.db", "o.key", 5), NOS_OK);
	assert_int_equal(
	    nos_store_open(&(struct nos_store_where){ .url = "sqlite:o.db" }, true, &store, &err),
	    NOS_OK);
	nos_store_close(store);
	assert_int_equal(check("sqlite:o.db", "o.key", 5), NOS_OK);
	assert_int_equal(chmod("o.key", 0644), 0);
	assert_int_equal(check("sqlite:o.db", "o.key", 0), NOS_DENIED);
	assert_string_equal(err.text, "'o.key' is open to others: chmod 600 o.key");
	assert_int_equal(chmod("o.key", 0600), 0);
	assert_int_equal(truncate("o.key", 5), 0);
	assert_int_equal(check("sqlite:o.db", "o.key", 0), NOS_CONFIG);
	assert_int_equal(unlink("n.key"), 0);
	assert_int_equal(check("sqlite:n.db", "n.key", 0), NOS_CONFIG);
	assert_int_equal(access("n.key", F_OK), -1);
}

static void without_the_key_the_number_can_be_looked_at(void **state)
{
	NOS_AUTO(home) home = { 0 };

	(void)state;
	make("sqlite:n.db", "n.key", 9, NOS_OK);
	assert_int_equal(unlink("n.key"), 0);
	assert_int_equal(nos_home_locate(&home, &(struct nos_store_where){ .url = "sqlite:n.db" },
			     "n.key", &err),
	    NOS_OK);
	assert_int_equal(nos_home_look(&home, &err), NOS_OK);
	assert_true(home.self.number == 9);
	assert_int_equal(home.self.private.len, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(the_place_is_named_or_comes_from_the_environment),
		TEST(without_a_state_folder_it_is_the_user_s),
		TEST(a_path_that_is_too_long_is_refused_and_not_cut),
		TEST(what_is_made_is_the_owner_s_alone_and_opens_again),
		TEST(nothing_is_made_by_opening),
		TEST(a_store_without_a_node_is_made_whole_and_does_not_open),
		TEST(a_key_that_is_lost_is_not_made_anew),
		TEST(another_node_s_number_or_key_is_refused),
		TEST(a_check_says_what_a_start_would_say_and_makes_nothing),
		TEST(without_the_key_the_number_can_be_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
