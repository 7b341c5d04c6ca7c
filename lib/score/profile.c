/* SPDX-License-Identifier: MIT */
#include "score/profile.h"

#include <math.h>

/*
 * The weather set is that of the Meteotrentino network: a reading each 900 s, published 15 to 20
 * minutes late by design, hence valid for an hour. Flat is off where nothing changes for days:
 * rain, radiation at night, snow.
 */
#define WEATHER .period_s = 900, .validity_s = 3600, .missing = { -999 }, .missing_count = 1
#define NO \
	.soft = NAN, .step = NAN, .u = NAN, .E = NAN, .resolution = NAN, .sigma = NAN, .flat = NAN

/* A parameter that a row does not give is NaN, and the row's own value comes after it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"

/* clang-format off: a table */
static const struct {
	const char *name;
	struct nos_rule_type rules;
} types[] = {
	{ "air_temperature", { NO, WEATHER, .unit = NOS_STR("Cel"), .lo = -40, .hi = 50, .soft = 5,
				 .step = 0.005, .u = 0.2, .E = 1, .resolution = 0.1, .flat = 12 } },
	{ "relative_humidity", { NO, WEATHER, .unit = NOS_STR("%RH"), .lo = 0, .hi = 100, .soft = 5,
				   .step = 0.05, .u = 3, .E = 10, .resolution = 1 } },
	{ "precipitation", { NO, WEATHER, .unit = NOS_STR("mm"), .lo = 0, .hi = 50, .soft = 50,
			       .u = 0.2, .E = 1, .resolution = 0.2 } },
	{ "wind_speed", { NO, WEATHER, .unit = NOS_STR("m/s"), .lo = 0, .hi = 60, .soft = 15,
			    .step = 0.05, .u = 0.5, .E = 2, .resolution = 0.1, .flat = 16 } },
	{ "wind_direction", { NO, WEATHER, .unit = NOS_STR("deg"), .lo = 0, .hi = 360, .u = 5,
				.E = 30, .resolution = 1, .flat = 16 } },
	{ "global_radiation", { NO, WEATHER, .unit = NOS_STR("W/m2"), .lo = 0, .hi = 1500,
				  .soft = 100, .u = 10, .E = 100, .resolution = 1 } },
	{ "snow_depth", { NO, WEATHER, .unit = NOS_STR("cm"), .lo = 0, .hi = 600, .soft = 100,
			    .u = 2, .E = 10, .resolution = 1 } },
	{ "air_pressure", { NO, WEATHER, .unit = NOS_STR("hPa"), .lo = 500, .hi = 1085, .soft = 20,
			      .step = 0.01, .u = 0.3, .E = 2, .resolution = 0.1 } },
};
/* clang-format on */

#pragma GCC diagnostic pop

const struct nos_rule_type *nos_profile_find(struct nos_str type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (nos_str_is(type, types[i].name))
			return &types[i].rules;
	return &nos_rule_unknown;
}

bool nos_profile_is_missing(const struct nos_rule_type *type, double number)
{
	for (size_t i = 0; i < type->missing_count; i++)
		if (number == type->missing[i])
			return true;
	return false;
}
