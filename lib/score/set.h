/* SPDX-License-Identifier: MIT */
/*
 * Sets of rules that are built in: what a sensor of a field can say, as one who knows it would set
 * it (nos-score(7)). A file a set, rows in the order of their names, which lookup relies on. Data
 * alone, never freed.
 */
#ifndef NOS_SCORE_SET_H
#define NOS_SCORE_SET_H

#include <math.h>

#include "score/rule.h"

/* name is first: rows are searched by it. */
struct nos_set_row {
	struct nos_str name;
	struct nos_rule_type rules;
};

struct nos_set {
	const char *name;
	const struct nos_set_row *rows;
	size_t count;
};

#define NOS_SET_COUNT 4
extern const struct nos_set nos_set_weather;
extern const struct nos_set nos_set_air;
extern const struct nos_set nos_set_energy;
extern const struct nos_set nos_set_indoor;

/*
 * A row of such a file; what is not known is NAN, and a unit "" is any. period and validity are in
 * seconds, step in units a second, flat in readings. Behind them the sentinels that mean 'no
 * value', at least one. No row has a sigma: on slow series a signal looks like noise.
 */
#define NOS_SET_ROW(type_name, unit_name, low, high, margin, slope, error, worst, fineness, every, \
    valid, equals, ...)                                                                            \
	{                                                                                          \
		.name = NOS_STR(type_name),                                                        \
		.rules = {                                                                         \
			.unit = NOS_STR(unit_name),                                                \
			.lo = low,                                                                 \
			.hi = high,                                                                \
			.soft = margin,                                                            \
			.step = slope,                                                             \
			.u = error,                                                                \
			.E = worst,                                                                \
			.resolution = fineness,                                                    \
			.sigma = NAN,                                                              \
			.period_s = every,                                                         \
			.validity_s = valid,                                                       \
			.flat = equals,                                                            \
			.missing = { __VA_ARGS__ },                                                \
			.missing_count = sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double), \
		},                                                                                 \
	}

#define NOS_SET(set_name, table)                                                             \
	{                                                                                    \
		.name = set_name, .rows = (table), .count = sizeof(table) / sizeof(*(table)) \
	}

#endif
