/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/start.h"

/* In a child, since it cannot be undone. */
static void a_tool_with_keys_leaves_no_core_and_no_open_file(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		struct rlimit core;

		nos_start_secret();
		if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur || core.rlim_max)
			_exit(1);
		if (prctl(PR_GET_DUMPABLE) != 0)
			_exit(2);
		_exit(umask(0) == 077 ? 0 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_warning_is_one_line_unless_the_tool_is_quiet(void **state)
{
	int ends[2], before = dup(STDERR_FILENO);
	char text[100] = "";

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	nos_start_warn("nos-x", "first");
	nos_start_quiet(true);
	nos_start_warn("nos-x", "second");
	nos_start_quiet(false);
	nos_start_warn("nos-x", "third");
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "nos-x: first\nnos-x: third\n");
	close(ends[0]);
	close(before);
}

/* In a child, since handlers are the process's. */
static void a_signal_that_comes_twice_at_once_is_one_ask(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		nos_start_stop();
		raise(SIGTERM);
		raise(SIGTERM);
		raise(SIGINT);
		_exit(*nos_start_stopped() == SIGTERM ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void who_insists_ends_the_process(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		nos_start_stop();
		for (;;) {
			raise(SIGTERM);
			poll(NULL, 0, 10);
		}
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tool_with_keys_leaves_no_core_and_no_open_file),
		cmocka_unit_test(a_warning_is_one_line_unless_the_tool_is_quiet),
		cmocka_unit_test(a_signal_that_comes_twice_at_once_is_one_ask),
		cmocka_unit_test(who_insists_ends_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
