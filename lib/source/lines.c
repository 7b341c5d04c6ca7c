/* SPDX-License-Identifier: MIT */
#include "source/lines.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define READ_SIZE 65536

void nos_lines_init(struct nos_lines *l, int fd, uint64_t max, const volatile int *stop)
{
	*l = (struct nos_lines){ .fd = fd, .wake = -1, .max = max, .stop = stop };
	nos_buf_init(&l->in, max + 2 * READ_SIZE);
}

void nos_lines_release(struct nos_lines *l)
{
	nos_buf_release(&l->in);
}

/* Past the rest of a line that was too long; false: it goes on in what was not yet read. */
static bool skip(struct nos_lines *l)
{
	const char *start = l->in.p + l->done;
	size_t left = l->in.len - l->done;
	const char *newline = left ? memchr(start, '\n', left) : NULL;

	l->done = newline ? (size_t)(newline - l->in.p) + 1 : l->in.len;
	l->skipping = !newline;
	return newline != NULL;
}

/* A whole line of what was read; at the end of input, what is left is one too. */
static bool cut(struct nos_lines *l, struct nos_str *ret, bool *ret_long)
{
	const char *start, *newline;
	size_t left, len;

	if (l->skipping && !skip(l))
		return false;
	start = l->in.p + l->done;
	left = l->in.len - l->done;
	newline = left ? memchr(start, '\n', left) : NULL;
	len = newline ? (size_t)(newline - start) : left;
	*ret_long = len > l->max;
	if (!newline && !*ret_long && !(l->end && left))
		return false;
	l->done += newline ? len + 1 : len;
	l->skipping = !newline && !l->end;
	l->number++;
	*ret = (struct nos_str){ start, len };
	return true;
}

/* Without the mark before the first line and the CR behind each; false: nothing is left. */
static bool tidy(const struct nos_lines *l, struct nos_str *line)
{
	if (l->number == 1 && nos_str_starts(*line, "\xef\xbb\xbf"))
		line->p += 3, line->len -= 3;
	*line = nos_str_trim(*line);
	return line->len > 0;
}

/* Wait until a read will not, the moment has come, or it is to stop. The signals are held back
 * between the look at stop and the wait, so that none falls between them. */
static enum nos_lines_event wait_input(const struct nos_lines *l, const struct nos_mono *until)
{
	struct pollfd p[2] = { { .fd = l->fd, .events = POLLIN },
		{ .fd = l->wake, .events = POLLIN } };
	sigset_t signals, before;
	int n = -1;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	while (!*l->stop && n < 0) {
		uint64_t now = nos_mono_now().us;
		uint64_t us = until && until->us > now ? until->us - now : 0;
		struct timespec left = { .tv_sec = (time_t)(us / 1000000),
			.tv_nsec = (long)(us % 1000000) * 1000 };

		n = ppoll(p, 2, until ? &left : NULL, &before);
		if (n < 0 && errno != EINTR)
			n = 1; /* the read will say what is wrong */
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (*l->stop)
		return NOS_LINES_STOP;
	return p[1].revents ? NOS_LINES_WAKE : n ? NOS_LINES_LINE : NOS_LINES_WAIT;
}

static enum nos_code fill(struct nos_lines *l, struct nos_err *err)
{
	size_t before;
	void *at;
	ssize_t n;

	nos_buf_drop(&l->in, l->done);
	l->done = 0;
	before = l->in.len;
	at = nos_buf_extend(&l->in, READ_SIZE);
	if (!at)
		return nos_buf_check(&l->in, "line", err);
	n = read(l->fd, at, READ_SIZE);
	nos_buf_truncate(&l->in, before + (n > 0 ? (size_t)n : 0));
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		return nos_err_set_errno(err, NOS_IO, errno, "input");
	l->end = n == 0;
	return NOS_OK;
}

enum nos_code nos_lines_next(struct nos_lines *l, const struct nos_mono *until,
    enum nos_lines_event *ret, struct nos_str *ret_line, struct nos_err *err)
{
	bool is_long;

	for (;;) {
		if (*l->stop) {
			*ret = NOS_LINES_STOP;
			return NOS_OK;
		}
		while (cut(l, ret_line, &is_long))
			if (is_long || tidy(l, ret_line)) {
				*ret = is_long ? NOS_LINES_LONG : NOS_LINES_LINE;
				return NOS_OK;
			}
		if (l->end) {
			*ret = NOS_LINES_END;
			return NOS_OK;
		}
		*ret = wait_input(l, until);
		if (*ret != NOS_LINES_LINE)
			return NOS_OK;
		if (fill(l, err))
			return err->code;
	}
}
