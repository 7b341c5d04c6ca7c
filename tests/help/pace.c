/* SPDX-License-Identifier: MIT */
/*
 * The ends of a load that lasts until it is told to stop, for tests that look at how long nobody
 * was answered. What a test finds to be right does not hang on them, only what it measures.
 *
 *   pace feed EVERY_MS FILE   prints readings with the values 1, 2 and so on, one every EVERY_MS,
 *                             until FILE is there
 *   pace stamp                copies lines as they come, each behind the microsecond at which it
 *                             came, of one clock for all on this machine, and a blank
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"

#define LINE_MAX_BYTES 65536

static int feed(uint64_t every_ms, const char *file)
{
	struct timespec at;

	setvbuf(stdout, NULL, _IOLBF, 0);
	clock_gettime(CLOCK_MONOTONIC, &at);
	for (uint64_t value = 1; access(file, F_OK) != 0; value++) {
		if (printf("{\"type\":\"count\",\"value\":%" PRIu64 "}\n", value) < 0)
			return 1;
		at.tv_nsec += (long)(every_ms % 1000) * 1000000;
		at.tv_sec += (time_t)(every_ms / 1000) + at.tv_nsec / 1000000000;
		at.tv_nsec %= 1000000000;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
			;
	}
	return 0;
}

static int stamp(void)
{
	static char line[LINE_MAX_BYTES];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin))
		if (printf("%" PRIu64 " %s", nos_mono_now().us, line) < 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t every_ms;

	if (argc == 4 && strcmp(argv[1], "feed") == 0 &&
	    nos_num_parse(nos_str_of(argv[2]), 1, 60000, &every_ms))
		return feed(every_ms, argv[3]);
	if (argc == 2 && strcmp(argv[1], "stamp") == 0)
		return stamp();
	fprintf(stderr, "usage: pace feed EVERY_MS FILE | pace stamp\n");
	return 1;
}
