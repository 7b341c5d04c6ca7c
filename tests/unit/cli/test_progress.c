/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/start.h"

/* stderr is a terminal while a test runs; cmocka's own is put back behind it. */
static int master, before;

static int start(void **state)
{
	struct termios raw = { .c_cflag = CS8 | CREAD };
	int slave;

	(void)state;
	before = dup(STDERR_FILENO);
	if (openpty(&master, &slave, NULL, &raw, NULL) < 0 ||
	    dup2(slave, STDERR_FILENO) != STDERR_FILENO)
		return -1;
	close(slave);
	return fcntl(master, F_SETFL, O_NONBLOCK);
}

static int stop(void **state)
{
	(void)state;
	dup2(before, STDERR_FILENO);
	close(before);
	close(master);
	return 0;
}

/* What the terminal was sent since the last look. */
static const char *sent(void)
{
	static char text[4096];
	ssize_t n = read(master, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void the_line_is_drawn_and_taken_away(void **state)
{
	struct nos_progress p;

	(void)state;
	nos_progress_init(&p, "readings", 200);
	assert_string_equal(sent(), "");
	nos_progress_set(&p, 50);
	assert_string_equal(sent(), "\r50 of 200 readings (25%)\033[K");
	nos_progress_done(&p);
	assert_string_equal(sent(), "\r\033[K");
	nos_progress_done(&p);
	assert_string_equal(sent(), "");
	nos_progress_init(&p, "readings", 0);
	nos_progress_set(&p, 50);
	assert_string_equal(sent(), "\r50 readings\033[K");
}

static void it_is_drawn_ten_times_a_second_at_most(void **state)
{
	struct nos_progress p;
	struct nos_mono began = nos_mono_now();
	const char *text;
	uint64_t drawn = 0;

	(void)state;
	nos_progress_init(&p, "readings", 0);
	for (uint64_t i = 0; i < 100000; i++)
		nos_progress_set(&p, i);
	text = sent();
	for (; *text; text++)
		drawn += *text == '\r';
	assert_true(drawn >= 1);
	assert_true(drawn <= 1 + (nos_mono_now().us - began.us) / NOS_PROGRESS_STEP_US);
	p.last.us -= NOS_PROGRESS_STEP_US;
	nos_progress_set(&p, 7);
	assert_string_equal(sent(), "\r7 readings\033[K");
}

static void a_quiet_tool_draws_nothing(void **state)
{
	struct nos_progress p;

	(void)state;
	nos_start_quiet(true);
	nos_progress_init(&p, "readings", 0);
	nos_start_quiet(false);
	nos_progress_set(&p, 1);
	nos_progress_done(&p);
	assert_string_equal(sent(), "");
}

static void what_is_no_terminal_gets_nothing(void **state)
{
	struct nos_progress p;
	int ends[2], terminal = dup(STDERR_FILENO);
	char c;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	nos_progress_init(&p, "readings", 0);
	nos_progress_set(&p, 1);
	nos_progress_done(&p);
	assert_int_equal(dup2(terminal, STDERR_FILENO), STDERR_FILENO);
	close(terminal);
	assert_int_equal(read(ends[0], &c, 1), 0);
	close(ends[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_line_is_drawn_and_taken_away),
		TEST(it_is_drawn_ten_times_a_second_at_most),
		TEST(a_quiet_tool_draws_nothing),
		TEST(what_is_no_terminal_gets_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
