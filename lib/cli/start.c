/* SPDX-License-Identifier: MIT */
#include "cli/start.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/time.h"

#define SAME_ASK_US 1000000
#define DAY_MS	    (UINT64_C(24) * 3600 * 1000)

/* Of the process, as its signals and its stderr are; written by the handler, and while it starts.
 */
static volatile sig_atomic_t stopped;
static bool is_quiet;

/* A closed one is held by /dev/null the wrong way round, so that using it fails as it should. */
static bool hold(int fd)
{
	if (fcntl(fd, F_GETFD) >= 0)
		return true;
	return open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == fd;
}

void nos_start(const char *tool)
{
	if (!hold(STDIN_FILENO) || !hold(STDOUT_FILENO) || !hold(STDERR_FILENO)) {
		fprintf(stderr, "%s: cannot open /dev/null\n", tool);
		exit(EX_OSERR);
	}
	signal(SIGPIPE, SIG_IGN); /* a write says EPIPE, and the tool ends quietly by it */
}

/* timeout(1), and a terminal beside a supervisor, send one twice: that is one ask. */
static void note(int number)
{
	static struct nos_mono first;
	struct nos_mono now = nos_mono_now();

	if (!stopped) {
		first = now;
		stopped = number;
	} else if (now.us - first.us >= SAME_ASK_US) {
		signal(number, SIG_DFL);
		raise(number);
	}
}

void nos_start_stop(void)
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = note }, before;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

const volatile int *nos_start_stopped(void)
{
	return &stopped;
}

int nos_start_signalled(int signal)
{
	return 128 + signal;
}

void nos_start_quiet(bool quiet)
{
	is_quiet = quiet;
}

bool nos_start_is_quiet(void)
{
	return is_quiet;
}

void nos_start_warn(const char *tool, const char *text)
{
	if (!is_quiet)
		fprintf(stderr, "%s: %s\n", tool, text);
}

void nos_start_warn_clock(const char *tool, uint64_t behind_ms)
{
	const uint64_t days = behind_ms / DAY_MS;
	char text[256];

	if (!days)
		return;
	snprintf(text, sizeof(text),
	    "the clock is over %" PRIu64
	    " day%s behind what the store has seen: if it is wrong, set it "
	    "right and run nos-rekey --after-restore before nos-serve is started",
	    days, days == 1 ? "" : "s");
	nos_start_warn(tool, text);
}

int nos_start_status(enum nos_code code)
{
	switch (code) {
	case NOS_OK:
		return EX_OK;
	case NOS_USAGE:
		return EX_USAGE;
	case NOS_DATA:
	case NOS_LARGE:
	case NOS_LENGTH:
	case NOS_MEDIA:
		return EX_DATAERR;
	case NOS_ABSENT:
		return EX_NOINPUT;
	case NOS_AWAY:
		return EX_UNAVAILABLE;
	case NOS_INTERNAL:
		return EX_SOFTWARE;
	case NOS_EXISTS:
		return EX_CANTCREAT;
	case NOS_IO:
		return EX_IOERR;
	case NOS_BUSY:
		return EX_TEMPFAIL;
	case NOS_TAG:
	case NOS_DENIED:
		return EX_NOPERM;
	case NOS_CONFIG:
		return EX_CONFIG;
	case NOS_CODE_COUNT:
		break;
	}
	return EX_SOFTWARE;
}

int nos_start_fail(const char *tool, const struct nos_err *err)
{
	fprintf(stderr, "%s: %s\n", tool, err->text);
	return nos_start_status(err->code);
}
