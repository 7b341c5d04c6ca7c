/* SPDX-License-Identifier: MIT */
#include "score/set.h"

/*
 * Air quality, in the units of the European directives 2008/50/EC and (EU) 2024/2881 (CO in mg/m3),
 * CO2 in ppm. u is that of a good sensor (electrochemical for gases, light scatter for dust,
 * infrared for CO2), not of a reference analyser; E about the uncertainty that the directives allow
 * indicative measurements near the limit values. A value a little below 0 is the noise of a clean
 * day, hence the wide margin; dust storms and wildfires go far, hence the high end. Means over an
 * hour come an hour late at most. No step: a car that passes is no fault. 65535 is a 16-bit
 * register unread.
 */
#define ROW(...) NOS_SET_ROW(__VA_ARGS__, -999, 65535)

/* clang-format off */
static const struct nos_set_row rows[] = {
	/*  type     unit     lo   hi    soft  step  u    E    res  period valid flat */
	ROW("co",    "mg/m3", 0,   50,   50,   NAN,  0.3, 1.5, 0.1, NAN,   3600, NAN),
	ROW("co2",   "ppm",   300, 5000, 5000, 20,   50,  200, 1,   NAN,   3600, NAN),
	ROW("nh3",   "ug/m3", 0,   1000, 1000, NAN,  10,  50,  1,   NAN,   3600, NAN),
	ROW("no",    "ug/m3", 0,   1000, 1000, NAN,  5,   25,  1,   NAN,   3600, NAN),
	ROW("no2",   "ug/m3", 0,   1000, 500,  NAN,  5,   25,  1,   NAN,   3600, NAN),
	ROW("o3",    "ug/m3", 0,   500,  300,  NAN,  5,   25,  1,   NAN,   3600, NAN),
	ROW("pm1",   "ug/m3", 0,   1000, 1000, NAN,  5,   20,  1,   NAN,   3600, NAN),
	ROW("pm10",  "ug/m3", 0,   2000, 2000, NAN,  5,   25,  1,   NAN,   3600, NAN),
	ROW("pm2_5", "ug/m3", 0,   1000, 1000, NAN,  5,   20,  1,   NAN,   3600, NAN),
	ROW("so2",   "ug/m3", 0,   1000, 1000, NAN,  5,   30,  1,   NAN,   3600, NAN),
};
/* clang-format on */

const struct nos_set nos_set_air = NOS_SET("air", rows);
