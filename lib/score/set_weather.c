/* SPDX-License-Identifier: MIT */
#include "score/set.h"

/*
 * That of the Meteotrentino network: a reading each 900 s, published 15 to 20 minutes late by
 * design, hence valid for an hour. Flat is off where nothing changes for days: rain, radiation at
 * night, snow, and humidity, which stands at 100 in fog.
 *
 * WMO below is WMO-No. 8, Guide to Instruments and Methods of Observation, volume I, annex 1.A:
 * range, resolution, and as u the uncertainty that it holds achievable. It means two standard
 * deviations of an instrument there, and is taken here as one of a station, siting included. lo and
 * hi are narrower than its range where no station of the Alps goes that far.
 *
 * air_pressure       WMO: 500 to 1080 hPa, 0.1, u 0.15; hi: the record at sea level is under 1085.
 * air_temperature    WMO: 0.1 K, u 0.2; the range is the valley's and the summits' own.
 * global_radiation   u: WMO's 8 % of an hour by a pyranometer of good quality, at a mean of 125
 *                    W/m2; lo: the zero offset that ISO 9060 allows class B, at night; hi: the sun
 *                    beside a cloud, over the solar constant. No step: clouds have edges.
 * precipitation      WMO: u 0.1 mm. Over 50 mm in a quarter of an hour is doubted the more, the
 *                    more it is. No resolution: a dry week is zeros, which have no decimals in
 *                    JSON.
 * relative_humidity  WMO: 1 %, u 3. A sensor in fog says a little over 100.
 * snow_depth         WMO: 1 cm, u 1. An echo from grass, or none, is off by less than a metre.
 * wind_direction     WMO: 1 degree, u 5; north is 360, and 0 is calm.
 * wind_speed         WMO: up to 75 m/s, 0.5 m/s, u 0.5; ridges have seen gusts past that.
 */
#define ROW(...) NOS_SET_ROW(__VA_ARGS__, -999)

/* clang-format off */
static const struct nos_set_row rows[] = {
	/*  type                 unit    lo   hi    soft  step   u     E    res  period valid flat */
	ROW("air_pressure",      "hPa",  500, 1085, 20,   0.01,  0.15, 1,   0.1, 900,   3600, NAN),
	ROW("air_temperature",   "Cel",  -40, 50,   5,    0.005, 0.2,  1,   0.1, 900,   3600, 12),
	ROW("global_radiation",  "W/m2", -15, 1500, 100,  NAN,   10,   100, 1,   900,   3600, NAN),
	ROW("precipitation",     "mm",   0,   50,   50,   NAN,   0.1,  1,   NAN, 900,   3600, NAN),
	ROW("relative_humidity", "%RH",  0,   100,  5,    0.05,  3,    10,  1,   900,   3600, NAN),
	ROW("snow_depth",        "cm",   0,   600,  100,  NAN,   1,    10,  1,   900,   3600, NAN),
	ROW("wind_direction",    "deg",  0,   360,  NAN,  NAN,   5,    30,  1,   900,   3600, 16),
	ROW("wind_speed",        "m/s",  0,   75,   25,   0.05,  0.5,  2,   0.5, 900,   3600, 16),
};
/* clang-format on */

const struct nos_set nos_set_weather = NOS_SET("weather", rows);
