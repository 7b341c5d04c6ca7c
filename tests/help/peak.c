/* SPDX-License-Identifier: MIT */
/*
 * peak FILE COMMAND…: runs a command and writes into FILE what it took,
 * {"ms":…,"cpu_ms":…,"kib":…}: time, the processor's, and the most memory that it held. Ends as the
 * command did.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t ms_of(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000 + t.tv_usec / 1000;
}

static int run(char **command, struct rusage *ret)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execvp(*command, command);
		fprintf(stderr, "peak: %s: %s\n", *command, strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, ret) < 0) {
		perror("peak");
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	const int64_t since = now_ms();
	struct rusage usage = { 0 };
	FILE *file;
	int status;

	if (argc < 3) {
		fputs("usage: peak FILE COMMAND...\n", stderr);
		return 64;
	}
	status = run(argv + 2, &usage);
	file = fopen(argv[1], "w");
	if (!file) {
		perror("peak");
		return 1;
	}
	fprintf(file, "{\"ms\":%" PRId64 ",\"cpu_ms\":%" PRId64 ",\"kib\":%ld}\n", now_ms() - since,
	    ms_of(usage.ru_utime) + ms_of(usage.ru_stime), usage.ru_maxrss);
	return fclose(file) == 0 ? status : 1;
}
