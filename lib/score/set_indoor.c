/* SPDX-License-Identifier: MIT */
#include "score/set.h"

/*
 * Rooms that people live and work in, bathrooms too. u is about what the data sheets of the sensors
 * in such devices say. Flat is off: a room may hold its temperature for a night. The sentinels of
 * room_temperature are those of the DS18B20, which says 85 before it has measured and -127 when it
 * is not there. Breath on a CO2 sensor, or a window, is a step that is no fault.
 */
#define ROW(...) NOS_SET_ROW(__VA_ARGS__, -999)

/* clang-format off */
static const struct nos_set_row rows[] = {
	/*  type             unit     lo   hi     soft   step  u   E    res  period valid flat */
	ROW("co2",           "ppm",   300, 5000,  5000,  20,   50, 200, 1,   NAN,   1800, NAN),
	ROW("illuminance",   "lx",    0,   20000, 80000, NAN,  20, 200, 1,   NAN,   1800, NAN),
	ROW("noise_level",   "dB",    20,  120,   20,    NAN,  2,  6,   1,   NAN,   900,  NAN),
	ROW("radon",         "Bq/m3", 0,   10000, 10000, NAN,  15, 60,  1,   NAN,   7200, NAN),
	ROW("room_humidity", "%RH",   5,   100,   5,     1,    3,  10,  1,   NAN,   1800, NAN),
	NOS_SET_ROW("room_temperature", "Cel", 0, 40, 15, 0.05, 0.3, 1.5, 0.1, NAN, 1800, NAN,
	    -999, 85, -127),
	ROW("tvoc",          "ug/m3", 0,   10000, 50000, NAN,  50, 250, 1,   NAN,   1800, NAN),
};
/* clang-format on */

const struct nos_set nos_set_indoor = NOS_SET("indoor", rows);
