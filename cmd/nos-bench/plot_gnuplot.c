/* SPDX-License-Identifier: MIT */
#include "plot_gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PART 16384 /* bytes read at once */

extern char **environ;

/* A file in memory, not a pipe: nobody waits for the other to read. */
static int hold(struct nos_str script)
{
	const int fd = memfd_create("nos-bench", MFD_CLOEXEC);

	for (size_t done = 0; fd >= 0 && done < script.len;) {
		const ssize_t n = write(fd, script.p + done, script.len - done);

		if (n < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* -d: whatever a user has in a start file. */
static int start(int in, int out, pid_t *ret)
{
	static const char *const words[] = { "gnuplot", "-d", NULL };
	posix_spawn_file_actions_t actions;
	char *argv[3];
	int fault;

	memcpy(argv, words, sizeof(argv));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	fault = posix_spawnp(ret, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return fault;
}

static void read_all(int fd, struct nos_buf *ret)
{
	char part[PART];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n > 0)
			nos_buf_add(ret, part, (size_t)n);
		else if (errno != EINTR)
			return;
	}
}

static enum nos_code wait_for(pid_t pid, struct nos_err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return nos_err_set(err, NOS_IO, "gnuplot: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return NOS_OK;
	return nos_err_set(err, NOS_IO, "gnuplot failed");
}

static enum nos_code run(int in, int pipe_ends[2], struct nos_buf *ret, struct nos_err *err)
{
	pid_t pid = 0;
	const int fault = start(in, pipe_ends[1], &pid);

	close(pipe_ends[1]);
	if (!fault)
		read_all(pipe_ends[0], ret);
	close(pipe_ends[0]);
	if (fault == ENOENT)
		return nos_err_set(err, NOS_ABSENT,
		    "no gnuplot, which draws the figures: install "
		    "it (Debian: gnuplot-nox)");
	if (fault)
		return nos_err_set(err, NOS_IO, "gnuplot: %s", strerror(fault));
	return wait_for(pid, err) ? err->code : nos_buf_check(ret, "figure", err);
}

enum nos_code plot_gnuplot_run(struct nos_str script, struct nos_buf *ret, struct nos_err *err)
{
	const int in = hold(script);
	int ends[2];

	if (in < 0)
		return nos_err_set(err, NOS_IO, "no memory file: %s", strerror(errno));
	if (pipe2(ends, O_CLOEXEC))
		(void)!nos_err_set(err, NOS_IO, "no pipe: %s", strerror(errno));
	else
		(void)!run(in, ends, ret, err);
	close(in);
	return err->code;
}
