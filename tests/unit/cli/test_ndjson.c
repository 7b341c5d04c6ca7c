/* SPDX-License-Identifier: MIT */
/* How the loop ends when a signal asks for it; the rest of it is tried through the tools. */
#include "../test.h"

#include <signal.h>
#include <unistd.h>

#include "cli/ndjson.h"
#include "cli/start.h"

static struct nos_err err;
static volatile int stop;

/* The line and its number; a line "stop" raises the signal while it is in hand. */
static enum nos_code answer(
    void *state, uint64_t number, struct nos_str line, struct nos_buf *out, struct nos_err *e)
{
	(void)e;
	++*(unsigned *)state;
	if (nos_str_is(line, "stop"))
		raise(SIGTERM);
	nos_buf_addf(out, "%u %.*s\n", (unsigned)number, NOS_STR_ARG(line));
	return NOS_OK;
}

/* Run over text, whose writer stays open; what was written is appended to *ret. */
static unsigned run(const char *text, const volatile int *flag, struct nos_buf *ret)
{
	int in[2], out[2];
	struct nos_ndjson io = { .max_line = 100, .stop = flag };
	uint64_t failed;
	unsigned lines = 0;
	bool closed;
	ssize_t n;
	char c;

	assert_int_equal(pipe(in) + pipe(out), 0);
	io.in = in[0];
	io.out = out[1];
	assert_int_equal(write(in[1], text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(nos_ndjson_run(&io, answer, &lines, &failed, &closed, &err), NOS_OK);
	assert_int_equal(failed, 0);
	assert_false(closed);
	close(out[1]);
	while ((n = read(out[0], &c, 1)) == 1)
		nos_buf_add_char(ret, c);
	assert_int_equal(n, 0);
	close(out[0]);
	close(in[0]);
	close(in[1]);
	return lines;
}

static void one_that_is_to_stop_reads_nothing_and_waits_for_nothing(void **state)
{
	struct nos_buf b;

	(void)state;
	stop = SIGINT;
	nos_buf_init(&b, 1000);
	assert_int_equal(run("", &stop, &b), 0);
	assert_int_equal(run("a\n", &stop, &b), 0);
	assert_buf(&b, "");
	nos_buf_release(&b);
}

static void the_line_in_hand_is_answered_and_no_further_one(void **state)
{
	struct nos_buf b;

	(void)state;
	nos_start_stop();
	assert_int_equal(*nos_start_stopped(), 0);
	nos_buf_init(&b, 1000);
	assert_int_equal(run("a\nstop\nb\nhalf", nos_start_stopped(), &b), 2);
	assert_buf(&b, "1 a\n2 stop\n");
	assert_int_equal(*nos_start_stopped(), SIGTERM);
	assert_int_equal(nos_start_signalled(SIGTERM), 143);
	nos_buf_release(&b);
}

static void a_signal_that_is_ignored_stays_so(void **state)
{
	struct sigaction now;

	(void)state;
	signal(SIGINT, SIG_IGN);
	nos_start_stop();
	assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
	assert_true(now.sa_handler == SIG_IGN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_to_stop_reads_nothing_and_waits_for_nothing),
		cmocka_unit_test(the_line_in_hand_is_answered_and_no_further_one),
		cmocka_unit_test(a_signal_that_is_ignored_stays_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
