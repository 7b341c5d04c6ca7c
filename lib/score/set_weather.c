/* SPDX-License-Identifier: MIT */
#include "score/set.h"

/*
 * That of the Meteotrentino network: a reading each 900 s, published 15 to 20 minutes late by
 * design, hence valid for an hour. Flat is off where nothing changes for days: rain, radiation at
 * night, snow, and humidity, which stands at 100 in fog.
 */
#define ROW(...) NOS_SET_ROW(__VA_ARGS__, -999)

/* clang-format off */
static const struct nos_set_row rows[] = {
	/*  type                 unit    lo   hi    soft  step   u    E    res  period valid flat */
	ROW("air_pressure",      "hPa",  500, 1085, 20,   0.01,  0.3, 2,   0.1, 900,   3600, NAN),
	ROW("air_temperature",   "Cel",  -40, 50,   5,    0.005, 0.2, 1,   0.1, 900,   3600, 12),
	ROW("global_radiation",  "W/m2", 0,   1500, 100,  NAN,   10,  100, 1,   900,   3600, NAN),
	ROW("precipitation",     "mm",   0,   50,   50,   NAN,   0.2, 1,   0.2, 900,   3600, NAN),
	ROW("relative_humidity", "%RH",  0,   100,  5,    0.05,  3,   10,  1,   900,   3600, NAN),
	ROW("snow_depth",        "cm",   0,   600,  100,  NAN,   2,   10,  1,   900,   3600, NAN),
	ROW("wind_direction",    "deg",  0,   360,  NAN,  NAN,   5,   30,  1,   900,   3600, 16),
	ROW("wind_speed",        "m/s",  0,   60,   15,   0.05,  0.5, 2,   0.1, 900,   3600, 16),
};
/* clang-format on */

const struct nos_set nos_set_weather = NOS_SET("weather", rows);
