/* SPDX-License-Identifier: MIT */
/* A clock for what takes less than a microsecond. */
#ifndef BENCH_LAP_H
#define BENCH_LAP_H

#include <time.h>

/* Milliseconds since some fixed point. */
static inline double lap_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

#endif
