/* SPDX-License-Identifier: MIT */
/* A mosquitto of the test's own, in a folder of its own. */
#ifndef NOS_TEST_BROKER_H
#define NOS_TEST_BROKER_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port.h"

struct broker {
	pid_t pid;
	FILE *log;
	unsigned port;
	char folder[40];
	char url[80];
};

/* Read the broker's log up to a line with text in it. */
static void broker_says(struct broker *b, const char *text)
{
	char line[1000];

	while (fgets(line, sizeof(line), b->log))
		if (strstr(line, text))
			return;
	fail_msg("the broker ended and did not say '%s'", text);
}

/* Start it, or start it again, on its port, and wait until it listens. */
static void broker_run(struct broker *b)
{
	char path[100];
	int pipes[2];

	snprintf(path, sizeof(path), "%s/conf", b->folder);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	b->pid = fork();
	assert_true(b->pid >= 0);
	if (b->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pipes[1], STDERR_FILENO);
		execlp("mosquitto", "mosquitto", "-c", path, NULL);
		_exit(127);
	}
	close(pipes[1]);
	b->log = fdopen(pipes[0], "r");
	broker_says(b, " running");
}

static void broker_end(struct broker *b, int number)
{
	assert_int_equal(kill(b->pid, number), 0);
	kill(b->pid, SIGCONT);
	assert_int_equal(waitpid(b->pid, NULL, 0), b->pid);
	fclose(b->log);
}

/* more: further lines of its settings; "%s" in them is its folder. */
static void broker_start(struct broker *b, const char *scheme, const char *more)
{
	char path[100];
	FILE *f;

	b->port = port_free();
	snprintf(b->url, sizeof(b->url), "%s127.0.0.1:%u", scheme, b->port);
	snprintf(path, sizeof(path), "%s/conf", b->folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
	    "listener %u 127.0.0.1\nuser root\npersistence true\npersistence_location %s/\n"
	    "max_queued_messages 0\nlog_dest stderr\nlog_type error\nlog_type warning\n"
	    "log_type notice\nlog_type information\n",
	    b->port, b->folder);
	for (const char *p = more; *p; p++) {
		if (*p == '%')
			fputs(b->folder, f), p++;
		else
			fputc(*p, f);
	}
	assert_int_equal(fclose(f), 0);
	broker_run(b);
}

static void broker_folder(struct broker *b)
{
	snprintf(b->folder, sizeof(b->folder), "/tmp/nos-mqtt-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
}

static void broker_clean(struct broker *b)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", b->folder);
	assert_int_equal(system(command), 0);
}

#endif
