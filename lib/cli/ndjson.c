/* SPDX-License-Identifier: MIT */
#include "cli/ndjson.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "json/encode.h"

#define READ_SIZE  65536
#define WRITE_SIZE 65536 /* written once this much is held */

struct loop {
	const struct nos_ndjson *io;
	nos_ndjson_line *each;
	void *state;
	struct nos_buf in, out;
	uint64_t number; /* of the line in hand */
	uint64_t failed;
	bool skipping; /* the rest of a line that was too long */
	bool closed;
};

static void loop_release(struct loop *l)
{
	nos_buf_release(&l->in);
	nos_buf_release(&l->out);
}

static enum nos_code flush(struct loop *l, struct nos_err *err)
{
	size_t done = 0;

	while (done < l->out.len) {
		ssize_t n = write(l->io->out, l->out.p + done, l->out.len - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (errno == EPIPE) {
			l->closed = true;
			return nos_err_set_errno(err, NOS_IO, errno, "output");
		} else if (errno != EINTR) {
			return nos_err_set_errno(err, NOS_IO, errno, "output");
		}
	}
	nos_buf_truncate(&l->out, 0);
	return NOS_OK;
}

static void write_error(struct loop *l, const struct nos_err *line_err)
{
	l->failed++;
	nos_buf_add_char(&l->out, '{');
	nos_encode_member_uint(&l->out, "line", l->number);
	nos_encode_member(&l->out, "error");
	nos_encode_error(&l->out, line_err);
	nos_buf_add_text(&l->out, "}\n");
}

static enum nos_code one_line(struct loop *l, struct nos_str line, struct nos_err *err)
{
	struct nos_err line_err = { 0 };
	size_t before = l->out.len;
	enum nos_code code;

	l->number++;
	if (l->number == 1 && nos_str_starts(line, "\xef\xbb\xbf"))
		line.p += 3, line.len -= 3;
	if (!nos_str_trim(line).len)
		return NOS_OK;
	if (line.p[line.len - 1] == '\r')
		line.len--;
	code = l->each(l->state, l->number, line, &l->out, &line_err);
	if (code == NOS_IO || code == NOS_INTERNAL) {
		*err = line_err;
		return code;
	}
	if (code) {
		nos_buf_truncate(&l->out, before);
		write_error(l, &line_err);
	}
	if (nos_buf_check(&l->out, "output", err))
		return err->code;
	return l->out.len >= WRITE_SIZE ? flush(l, err) : NOS_OK;
}

static enum nos_code too_long(struct loop *l, struct nos_err *err)
{
	struct nos_err line_err = { 0 };

	l->number++;
	nos_err_set(
	    &line_err, NOS_LARGE, "line is over %llu bytes", (unsigned long long)l->io->max_line);
	write_error(l, &line_err);
	return nos_buf_check(&l->out, "output", err);
}

static bool is_stopped(const struct loop *l)
{
	return (l->io->stop && *l->io->stop) || (l->io->over && *l->io->over);
}

/* Every whole line of what was read. */
static enum nos_code lines(struct loop *l, struct nos_err *err)
{
	size_t done = 0;

	while (!is_stopped(l)) {
		const char *start = l->in.p + done;
		const char *end = memchr(start, '\n', l->in.len - done);
		size_t len = end ? (size_t)(end - start) : l->in.len - done;

		if (!end && (l->skipping || len <= l->io->max_line))
			break;
		if (!l->skipping &&
		    (len <= l->io->max_line ? one_line(l, (struct nos_str){ start, len }, err)
					    : too_long(l, err)))
			return err->code;
		l->skipping = !end;
		if (!end) {
			done = l->in.len;
			break;
		}
		done += len + 1;
	}
	nos_buf_drop(&l->in, l->skipping ? l->in.len : done);
	return NOS_OK;
}

/* Would a read wait? Then what is held goes out first. */
static bool would_block(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

/*
 * Wait until a read will not, or until it is to stop. The signals are held back between the look at
 * stop and the wait, so that none falls between them.
 */
static bool wait_input(const struct loop *l)
{
	struct pollfd p = { .fd = l->io->in, .events = POLLIN };
	sigset_t signals, before;
	bool go_on;
	int n = 0;

	if (!l->io->stop)
		return true;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	while ((go_on = !is_stopped(l)) && n <= 0) {
		n = ppoll(&p, 1, NULL, &before);
		if (n < 0 && errno != EINTR)
			break; /* the read will say what is wrong */
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return go_on;
}

static enum nos_code fill(struct loop *l, bool *ret_end, struct nos_err *err)
{
	size_t before = l->in.len;
	void *at;
	ssize_t n;

	if (l->out.len && would_block(l->io->in) && flush(l, err))
		return err->code;
	if (!wait_input(l))
		return NOS_OK;
	at = nos_buf_extend(&l->in, READ_SIZE);
	if (!at)
		return nos_buf_check(&l->in, "line", err);
	do
		n = read(l->io->in, at, READ_SIZE);
	while (n < 0 && errno == EINTR && !is_stopped(l));
	nos_buf_truncate(&l->in, before + (n > 0 ? (size_t)n : 0));
	if (n < 0 && errno != EINTR)
		return nos_err_set_errno(err, NOS_IO, errno, "input");
	*ret_end = n == 0;
	return NOS_OK;
}

static enum nos_code run(struct loop *l, struct nos_err *err)
{
	bool end = false;

	while (!end && !is_stopped(l))
		if (fill(l, &end, err) || lines(l, err))
			return err->code;
	if (end && l->in.len && !l->skipping && !is_stopped(l) &&
	    one_line(l, nos_buf_str(&l->in), err))
		return err->code;
	return flush(l, err);
}

enum nos_code nos_ndjson_run(const struct nos_ndjson *io, nos_ndjson_line *each, void *state,
    uint64_t *ret_failed, bool *ret_closed, struct nos_err *err)
{
	struct loop l = { .io = io, .each = each, .state = state };
	enum nos_code code;

	nos_buf_init(&l.in, io->max_line + 2 * READ_SIZE);
	nos_buf_init(&l.out, NOS_NDJSON_OUT_MAX);
	code = run(&l, err);
	*ret_failed = l.failed;
	*ret_closed = l.closed;
	loop_release(&l);
	return code;
}
