/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <fcntl.h>
#include <unistd.h>

#include "source/lines.h"

static struct nos_err err;
static volatile int stop;
static const struct nos_mono at_once;
static int ends[2]; /* of a pipe: read, write */

static int open_pipe(void **state)
{
	(void)state;
	stop = 0;
	return pipe(ends);
}

static int close_pipe(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void feed(const char *text)
{
	assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
}

/* The next event must be this; text NULL: not looked at. */
static void expect(
    struct nos_lines *l, enum nos_lines_event event, uint64_t number, const char *text)
{
	enum nos_lines_event got;
	struct nos_str line;

	assert_int_equal(nos_lines_next(l, &at_once, &got, &line, &err), NOS_OK);
	assert_int_equal(got, event);
	assert_int_equal(l->number, number);
	if (text)
		assert_str(line, text);
}

static void lines_come_as_they_are_there_and_half_of_one_waits(void **state)
{
	struct nos_lines l;

	(void)state;
	nos_lines_init(&l, ends[0], 100, &stop);
	expect(&l, NOS_LINES_WAIT, 0, NULL);
	feed("one\ntw");
	expect(&l, NOS_LINES_LINE, 1, "one");
	expect(&l, NOS_LINES_WAIT, 1, NULL);
	feed("o\n");
	expect(&l, NOS_LINES_LINE, 2, "two");
	feed("three");
	expect(&l, NOS_LINES_WAIT, 2, NULL);
	close(ends[1]);
	ends[1] = dup(ends[0]);
	expect(&l, NOS_LINES_LINE, 3, "three");
	expect(&l, NOS_LINES_END, 3, NULL);
	nos_lines_release(&l);
}

static void marks_carriage_returns_and_blank_lines_are_taken_away(void **state)
{
	struct nos_lines l;

	(void)state;
	nos_lines_init(&l, ends[0], 100, &stop);
	feed("\xef\xbb\xbf"
	     "a\r\n\r\n \t\n b\n");
	expect(&l, NOS_LINES_LINE, 1, "a");
	expect(&l, NOS_LINES_LINE, 4, "b");
	expect(&l, NOS_LINES_WAIT, 4, NULL);
	nos_lines_release(&l);
}

static void a_line_that_is_too_long_is_one_event_however_it_comes(void **state)
{
	struct nos_lines l;

	(void)state;
	nos_lines_init(&l, ends[0], 4, &stop);
	feed("12345\n1234\n");
	expect(&l, NOS_LINES_LONG, 1, NULL);
	expect(&l, NOS_LINES_LINE, 2, "1234");
	feed("12345");
	expect(&l, NOS_LINES_LONG, 3, NULL);
	feed("6789");
	expect(&l, NOS_LINES_WAIT, 3, NULL);
	feed("0\nab\n");
	expect(&l, NOS_LINES_LINE, 4, "ab");
	feed("12345");
	expect(&l, NOS_LINES_LONG, 5, NULL);
	close(ends[1]);
	ends[1] = dup(ends[0]);
	expect(&l, NOS_LINES_END, 5, NULL);
	nos_lines_release(&l);
}

static void a_stop_comes_before_what_is_there(void **state)
{
	struct nos_lines l;

	(void)state;
	nos_lines_init(&l, ends[0], 100, &stop);
	feed("a\nb\n");
	expect(&l, NOS_LINES_LINE, 1, "a");
	stop = 15;
	expect(&l, NOS_LINES_STOP, 1, NULL);
	nos_lines_release(&l);
}

static void a_descriptor_that_cannot_be_read_is_an_error(void **state)
{
	struct nos_lines l;
	enum nos_lines_event got;
	struct nos_str line;

	(void)state;
	nos_lines_init(&l, open("/dev/null", O_WRONLY | O_CLOEXEC), 100, &stop);
	assert_int_equal(nos_lines_next(&l, NULL, &got, &line, &err), NOS_IO);
	close(l.fd);
	nos_lines_release(&l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_pipe, close_pipe)

static void a_further_descriptor_ends_a_wait_and_goes_before_the_input(void **state)
{
	struct nos_lines l;
	int wake[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(wake), 0);
	nos_lines_init(&l, ends[0], 100, &stop);
	l.wake = wake[0];
	expect(&l, NOS_LINES_WAIT, 0, NULL);
	feed("one\n");
	assert_int_equal(write(wake[1], "x", 1), 1);
	expect(&l, NOS_LINES_WAKE, 0, NULL);
	expect(&l, NOS_LINES_WAKE, 0, NULL);
	assert_int_equal(read(wake[0], &byte, 1), 1);
	expect(&l, NOS_LINES_LINE, 1, "one");
	expect(&l, NOS_LINES_WAIT, 1, NULL);
	nos_lines_release(&l);
	close(wake[0]);
	close(wake[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_come_as_they_are_there_and_half_of_one_waits),
		TEST(marks_carriage_returns_and_blank_lines_are_taken_away),
		TEST(a_line_that_is_too_long_is_one_event_however_it_comes),
		TEST(a_stop_comes_before_what_is_there),
		TEST(a_further_descriptor_ends_a_wait_and_goes_before_the_input),
		TEST(a_descriptor_that_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
