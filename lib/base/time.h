/* SPDX-License-Identifier: MIT */
/* Wall clock, monotonic clock and spans; three types, so that none is passed for another. UTC. */
#ifndef NOS_BASE_TIME_H
#define NOS_BASE_TIME_H

#include "base/buf.h"

struct nos_time {
	int64_t ms;
}; /* milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted */
struct nos_mono {
	uint64_t us;
}; /* microseconds since some fixed point, never going back */

struct nos_time nos_time_now(void);
struct nos_mono nos_mono_now(void);

/* RFC 3339 with T, t or a blank; offset Z, ±hh, ±hhmm or ±hh:mm. With zone, none is needed. */
bool nos_time_parse(struct nos_str s, const int32_t *zone_s, struct nos_time *ret);

/*
 * A number as people send it, unit by magnitude: below 1e11 seconds, below 1e14 milliseconds, below
 * 1e17 microseconds, else nanoseconds. False for one that is negative beyond 1e11 or not finite.
 */
bool nos_time_from_number(double n, struct nos_time *ret);

/* Epoch seconds with at most three decimals, for JSON. */
void nos_time_format(struct nos_buf *b, struct nos_time t);

/* "2019-01-18T12:00:00Z", for people. */
void nos_time_format_rfc3339(struct nos_buf *b, struct nos_time t);

double nos_time_seconds(struct nos_time t);

/* "200ms" "90s" "15m" "24h" "7d", a whole number before the unit. */
bool nos_time_parse_span(struct nos_str s, uint64_t *ret_ms);

/* A span for people, cut to the largest unit of which it has two: "12h", "90s". */
void nos_time_format_span(struct nos_buf *b, uint64_t ms);

#endif
