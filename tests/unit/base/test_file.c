/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"

static char folder[] = "/tmp/nos-file-XXXXXX"; /* mkdtemp fills in the X */
static struct nos_err err;

#define TEXT(lit) nos_str_bytes(NOS_STR(lit))

/* Each test writes into a folder of its own, which is the current one. */
static int start(void **state)
{
	(void)state;
	return mkdtemp(folder) ? chdir(folder) : -1;
}

static size_t clear(void)
{
	DIR *d = opendir(".");
	size_t count = 0;

	for (const struct dirent *e; (e = readdir(d));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		count++;
		if (unlink(e->d_name) < 0)
			rmdir(e->d_name);
	}
	closedir(d);
	return count;
}

static int empty(void **state)
{
	(void)state;
	nos_err_clear(&err);
	clear();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	clear();
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* What is in a file, in a buffer of max bytes that the test releases. */
static enum nos_code read_file(
    const char *path, enum nos_file_kind kind, size_t max, struct nos_buf *b)
{
	nos_buf_init_secret(b, max);
	return nos_file_read(path, kind, b, &err);
}

static void assert_holds(const char *path, const char *text)
{
	struct nos_buf b;

	assert_int_equal(read_file(path, NOS_FILE_SECRET, 100000, &b), NOS_OK);
	assert_buf(&b, text);
	nos_buf_release(&b);
}

static void a_file_is_its_owner_s_alone_whatever_the_umask(void **state)
{
	static const mode_t masks[] = { 0, 0777 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		mode_t before = umask(masks[i]);

		assert_int_equal(nos_file_replace("replaced", TEXT("1"), &err), NOS_OK);
		assert_int_equal(nos_file_create("created", TEXT("2"), &err), NOS_OK);
		assert_int_equal(umask(before), masks[i]);
		assert_int_equal(mode_of("replaced"), 0600);
		assert_int_equal(mode_of("created"), 0600);
		assert_int_equal(nos_file_remove("created", &err), NOS_OK);
	}
	assert_int_equal(nos_file_replace("./replaced", TEXT("new"), &err), NOS_OK);
	assert_holds("replaced", "new");
	assert_int_equal(clear(), 1);
}

static void a_link_is_refused_where_a_secret_is_meant(void **state)
{
	struct nos_buf b;
	int fd;

	(void)state;
	assert_int_equal(nos_file_create("file", TEXT("1"), &err), NOS_OK);
	assert_int_equal(symlink("file", "link"), 0);
	assert_int_equal(read_file("link", NOS_FILE_SECRET, 10, &b), NOS_DENIED);
	assert_string_equal(err.text, "'link' is a link: name the file itself");
	nos_buf_release(&b);
	assert_int_equal(read_file("link", NOS_FILE_PLAIN, 10, &b), NOS_OK);
	nos_buf_release(&b);
	assert_int_equal(nos_file_lock("link", 0, &fd, &err), NOS_DENIED);
	assert_int_equal(nos_file_create("link", TEXT("2"), &err), NOS_EXISTS);
	assert_int_equal(nos_file_replace("link", TEXT("2"), &err), NOS_OK);
	assert_holds("file", "1");
	assert_holds("link", "2");
}

static void a_secret_that_others_may_read_is_refused_with_the_remedy(void **state)
{
	static const mode_t modes[] = { 0640, 0620, 0604, 0602 };
	struct nos_buf b;

	(void)state;
	assert_int_equal(nos_file_create("key", TEXT("secret"), &err), NOS_OK);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(chmod("key", modes[i]), 0);
		assert_int_equal(read_file("key", NOS_FILE_SECRET, 10, &b), NOS_DENIED);
		assert_string_equal(err.text, "'key' is open to others: chmod 600 key");
		assert_int_equal(b.len, 0);
		nos_buf_release(&b);
		assert_int_equal(read_file("key", NOS_FILE_PLAIN, 10, &b), NOS_OK);
		assert_buf(&b, "secret");
		nos_buf_release(&b);
	}
	assert_int_equal(chmod("key", 0400), 0);
	assert_holds("key", "secret");
}

static void a_secret_of_another_user_is_refused(void **state)
{
	const char *path = "/etc/passwd";
	struct nos_buf b;

	(void)state;
	if (geteuid() == 0) {
		path = "key";
		assert_int_equal(nos_file_create(path, TEXT("secret"), &err), NOS_OK);
		assert_int_equal(chown(path, 1, 1), 0);
	}
	assert_int_equal(read_file(path, NOS_FILE_SECRET, 100000, &b), NOS_DENIED);
	assert_non_null(strstr(err.text, "belongs to another user: run as its owner"));
	nos_buf_release(&b);
}

#define LENT_TO 12345 /* a user that nobody is */

/* As setfacl(1) does it: key may be read by its owner, the users, group and others as they say. */
static bool lend(size_t users, unsigned group, unsigned others)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entries[6];
	} acl = { { htole32(POSIX_ACL_XATTR_VERSION) } };
	size_t n = 0;
#define ADD(tag, perm, id) \
	acl.entries[n++] = \
	    (struct posix_acl_xattr_entry){ htole16(tag), htole16(perm), htole32(id) }

	ADD(ACL_USER_OBJ, ACL_READ, ACL_UNDEFINED_ID);
	for (size_t i = 0; i < users; i++)
		ADD(ACL_USER, ACL_READ, LENT_TO + i);
	ADD(ACL_GROUP_OBJ, group, ACL_UNDEFINED_ID);
	ADD(ACL_MASK, ACL_READ, ACL_UNDEFINED_ID);
	ADD(ACL_OTHER, others, ACL_UNDEFINED_ID);
	return setxattr("key", "system.posix_acl_access", &acl,
		   sizeof(acl.head) + n * sizeof(acl.entries[0]), 0) == 0;
}

/* The code with which another user, in a process of its own, reads key. */
static int read_as(uid_t user)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct nos_buf b;

		if (setresgid(user, user, user) < 0 || setresuid(user, user, user) < 0)
			_exit(NOS_CODE_COUNT);
		status = (int)read_file("key", NOS_FILE_SECRET, 10, &b);
		nos_buf_release(&b);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void what_root_lends_to_this_user_alone_is_a_secret(void **state)
{
	struct nos_buf b;

	(void)state;
	if (geteuid() != 0)
		skip(); /* root alone can lend */
	assert_int_equal(chmod(".", 0755), 0);
	assert_int_equal(nos_file_create("key", TEXT("secret"), &err), NOS_OK);
	assert_int_equal(read_as(LENT_TO), NOS_DENIED);
	if (!lend(1, 0, 0) && errno == EOPNOTSUPP)
		skip();
	assert_int_equal(mode_of("key"), 0440);
	assert_int_equal(read_as(LENT_TO), NOS_OK);
	assert_int_equal(read_file("key", NOS_FILE_SECRET, 10, &b), NOS_DENIED);
	nos_buf_release(&b);
	assert_int_equal(chown("key", LENT_TO + 1, 0), 0);
	assert_int_equal(read_as(LENT_TO), NOS_DENIED);
	assert_int_equal(chown("key", 0, 0), 0);

	assert_true(lend(2, 0, 0));
	assert_int_equal(read_as(LENT_TO), NOS_DENIED);
	assert_true(lend(1, ACL_READ, 0));
	assert_int_equal(read_as(LENT_TO), NOS_DENIED);
	assert_true(lend(1, 0, ACL_READ));
	assert_int_equal(read_as(LENT_TO), NOS_DENIED);
	assert_true(lend(1, 0, 0));
	assert_int_equal(read_as(LENT_TO), NOS_OK);
	assert_int_equal(chmod(".", 0700), 0);
}

static void what_all_may_write_is_refused_where_its_owner_alone_says_what_is_in_it(void **state)
{
	struct nos_buf b;

	(void)state;
	assert_int_equal(nos_file_replace("peers", TEXT("text"), &err), NOS_OK);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(chmod("peers", i ? 0666 : 0664), 0);
		assert_int_equal(read_file("peers", NOS_FILE_OWN, 10, &b), i ? NOS_DENIED : NOS_OK);
		nos_buf_release(&b);
	}
	assert_string_equal(err.text, "others may write 'peers': chmod o-w peers");
	assert_int_equal(read_file("peers", NOS_FILE_PLAIN, 10, &b), NOS_OK);
	nos_buf_release(&b);
	assert_int_equal(read_file(".", NOS_FILE_OWN, 10, &b), NOS_IO);
	nos_buf_release(&b);
}

static void what_is_no_file_is_refused_and_never_waited_for(void **state)
{
	struct nos_buf b;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(read_file("pipe", NOS_FILE_SECRET, 10, &b), NOS_IO);
	assert_string_equal(err.text, "'pipe' is no regular file");
	nos_buf_release(&b);
	assert_int_equal(read_file("pipe", NOS_FILE_REGULAR, 10, &b), NOS_IO);
	nos_buf_release(&b);
	assert_int_equal(read_file(".", NOS_FILE_REGULAR, 10, &b), NOS_IO);
	nos_buf_release(&b);
	assert_int_equal(read_file(".", NOS_FILE_PLAIN, 10, &b), NOS_IO);
	nos_buf_release(&b);
	assert_int_equal(read_file("no", NOS_FILE_PLAIN, 10, &b), NOS_ABSENT);
	assert_string_equal(err.text, "no file 'no'");
	nos_buf_release(&b);
	assert_int_equal(nos_file_replace("no/file", TEXT(""), &err), NOS_ABSENT);
	assert_string_equal(err.text, "no folder for 'no/file'");
	assert_int_equal(nos_file_remove("no/file", &err), NOS_OK);
}

static void a_file_is_taken_whole_or_not_at_all(void **state)
{
	struct nos_buf b;
	uint8_t text[10000];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(nos_file_create("file", (struct nos_span){ text, sizeof(text) }, &err), 0);
	assert_int_equal(read_file("file", NOS_FILE_PLAIN, sizeof(text), &b), NOS_OK);
	assert_int_equal(b.len, sizeof(text));
	nos_buf_release(&b);
	nos_buf_init(&b, sizeof(text));
	nos_buf_add_text(&b, "a");
	assert_int_equal(nos_file_read("file", NOS_FILE_PLAIN, &b, &err), NOS_LARGE);
	assert_string_equal(err.text, "'file' is over 10000 bytes");
	assert_buf(&b, "a");
	nos_buf_release(&b);
}

static void the_old_file_is_whole_where_the_new_one_had_no_room(void **state)
{
	struct rlimit before, small;
	uint8_t text[1000] = { 0 };
	struct nos_span large = { text, sizeof(text) };
	enum nos_code replaced, created;

	(void)state;
	assert_int_equal(nos_file_create("file", TEXT("old"), &err), NOS_OK);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 100, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	replaced = nos_file_replace("file", large, &err);
	created = nos_file_create("other", large, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(replaced, NOS_IO);
	assert_int_equal(created, NOS_IO);
	assert_string_equal(err.text, "'other': File too large");
	assert_holds("file", "old");
	assert_int_equal(clear(), 1);
}

static void what_is_there_already_is_not_made_again(void **state)
{
	(void)state;
	assert_int_equal(nos_file_create("file", TEXT("first"), &err), NOS_OK);
	assert_int_equal(nos_file_create("file", TEXT("second"), &err), NOS_EXISTS);
	assert_string_equal(err.text, "'file' is there already");
	assert_holds("file", "first");
	assert_int_equal(nos_file_remove("file", &err), NOS_OK);
	assert_int_equal(nos_file_remove("file", &err), NOS_OK);
	assert_int_equal(clear(), 0);
}

static void a_folder_is_made_with_those_above_it(void **state)
{
	(void)state;
	assert_int_equal(nos_file_folder("a/b/c", &err), NOS_OK);
	assert_int_equal(nos_file_folder("a/b/c/", &err), NOS_OK);
	assert_int_equal(mode_of("a"), 0700);
	assert_int_equal(mode_of("a/b/c"), 0700);
	assert_int_equal(nos_file_create("a/b/c/file", TEXT("1"), &err), NOS_OK);
	assert_int_equal(nos_file_folder("a/b/c/file", &err), NOS_IO);
	assert_int_equal(nos_file_folder("a/b/c/file/d", &err), NOS_IO);
	assert_int_equal(nos_file_remove("a/b/c/file", &err), NOS_OK);
	assert_int_equal(rmdir("a/b/c") + rmdir("a/b") + rmdir("a"), 0);
}

static void what_was_left_beside_a_file_is_swept_and_nothing_else(void **state)
{
	static const char *const stale[] = { "sub/key.new.abc123", "sub/key.new.XXXXXX" };
	static const char *const others[] = { "sub/key", "sub/key.new.abc12", "sub/key.new.abc1234",
		"sub/key.new.abc12-", "sub/key.new", "sub/key.pending.new.abc123",
		"sub/akey.new.abc123", "key.new.abc123" };

	(void)state;
	nos_file_sweep("sub/key"); /* no such folder */
	assert_int_equal(nos_file_folder("sub", &err), NOS_OK);
	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		assert_int_equal(nos_file_create(stale[i], TEXT("1"), &err), NOS_OK);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(nos_file_create(others[i], TEXT("1"), &err), NOS_OK);
	assert_int_equal(mkdir("sub/key.new.folder", 0700), 0);
	assert_int_equal(symlink("key", "sub/key.new.linked"), 0);
	nos_file_sweep("sub/key");
	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		assert_int_equal(access(stale[i], F_OK), -1);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(unlink(others[i]), 0);
	assert_int_equal(rmdir("sub/key.new.folder") + unlink("sub/key.new.linked"), 0);
	assert_int_equal(rmdir("sub"), 0);
	assert_int_equal(nos_file_create("key.new.abc123", TEXT("1"), &err), NOS_OK);
	nos_file_sweep("key");
	assert_int_equal(access("key.new.abc123", F_OK), -1);
}

static void what_another_user_left_is_not_swept(void **state)
{
	(void)state;
	assert_int_equal(nos_file_create("key.new.abc123", TEXT("1"), &err), NOS_OK);
	if (chown("key.new.abc123", 1, 1) < 0)
		skip();
	nos_file_sweep("key");
	assert_int_equal(access("key.new.abc123", F_OK), 0);
}

/* A child that holds the lock until the parent says so. */
static pid_t hold(int ready[2], int go[2])
{
	pid_t child;

	assert_int_equal(pipe(ready) + pipe(go), 0);
	child = fork();
	if (child == 0) {
		char c;
		int fd;

		if (nos_file_lock("lock", 0, &fd, &err) || write(ready[1], "1", 1) != 1 ||
		    read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	return child;
}

static void a_lock_is_held_against_other_processes_until_it_is_closed(void **state)
{
	int ready[2], go[2], fd, status;
	struct nos_mono began;
	pid_t child = hold(ready, go);
	char c;

	(void)state;
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(mode_of("lock"), 0600);
	assert_int_equal(nos_file_lock("lock", 0, &fd, &err), NOS_BUSY);
	assert_string_equal(err.text, "'lock' is locked by another process");
	began = nos_mono_now();
	assert_int_equal(nos_file_lock("lock", 30, &fd, &err), NOS_BUSY);
	assert_true(nos_mono_now().us - began.us >= 30000);
	assert_int_equal(write(go[1], "1", 1), 1);
	assert_int_equal(nos_file_lock("lock", 60000, &fd, &err), NOS_OK);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(fd);
	for (size_t i = 0; i < 2; i++)
		close(ready[i]), close(go[i]);
}

static void a_lock_on_a_file_that_was_replaced_is_taken_anew(void **state)
{
	int first, second;

	(void)state;
	assert_int_equal(nos_file_lock("file", 0, &first, &err), NOS_OK);
	assert_int_equal(nos_file_lock("file", 0, &second, &err), NOS_BUSY);
	assert_int_equal(nos_file_replace("file", TEXT("new"), &err), NOS_OK);
	assert_int_equal(nos_file_lock("file", 0, &second, &err), NOS_OK);
	close(first);
	assert_int_equal(nos_file_lock("file", 0, &first, &err), NOS_BUSY);
	close(second);
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_its_owner_s_alone_whatever_the_umask),
		TEST(a_link_is_refused_where_a_secret_is_meant),
		TEST(a_secret_that_others_may_read_is_refused_with_the_remedy),
		TEST(a_secret_of_another_user_is_refused),
		TEST(what_root_lends_to_this_user_alone_is_a_secret),
		TEST(what_all_may_write_is_refused_where_its_owner_alone_says_what_is_in_it),
		TEST(what_is_no_file_is_refused_and_never_waited_for),
		TEST(a_file_is_taken_whole_or_not_at_all),
		TEST(the_old_file_is_whole_where_the_new_one_had_no_room),
		TEST(what_is_there_already_is_not_made_again),
		TEST(a_folder_is_made_with_those_above_it),
		TEST(what_was_left_beside_a_file_is_swept_and_nothing_else),
		TEST(what_another_user_left_is_not_swept),
		TEST(a_lock_is_held_against_other_processes_until_it_is_closed),
		TEST(a_lock_on_a_file_that_was_replaced_is_taken_anew),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
