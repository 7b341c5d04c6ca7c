/* SPDX-License-Identifier: MIT */
#include "score/set.h"

/*
 * Low-voltage mains and what hangs on it, up to a large building; power that is fed in is negative.
 * u is that of a meter of class 1 (IEC 62053-21) at a household's load. A counter of energy has no
 * upper end, and rises no faster than 100 kW let it. Power, current and voltage jump by nature: no
 * step. The frequency of a synchronous grid moves slowly; a reading of it that is off by more is a
 * fault. A power factor is a bare number, so that no unit is asked for.
 */
#define ROW(...) NOS_SET_ROW(__VA_ARGS__, -999999)

/* clang-format off */
static const struct nos_set_row rows[] = {
	/*  type               unit   lo       hi      soft    step  u     E    res   period valid flat */
	ROW("active_power",    "W",   -100000, 100000, 100000, NAN,  5,    50,  1,    NAN,   300,  NAN),
	ROW("apparent_power",  "VA",  0,       100000, 100000, NAN,  5,    50,  1,    NAN,   300,  NAN),
	ROW("current",         "A",   -400,    400,    400,    NAN,  0.05, 0.5, 0.1,  NAN,   300,  NAN),
	ROW("energy",          "kWh", 0,       NAN,    NAN,    0.03, NAN,  NAN, 0.1,  NAN,   3600, NAN),
	ROW("exported_energy", "kWh", 0,       NAN,    NAN,    0.03, NAN,  NAN, 0.1,  NAN,   3600, NAN),
	ROW("frequency",       "Hz",  45,      65,     5,      0.5,  0.01, 0.1, 0.01, NAN,   300,  NAN),
	ROW("power_factor",    "",    -1,      1,      0.05,   NAN,  0.01, 0.1, 0.01, NAN,   300,  NAN),
	ROW("reactive_power",  "var", -100000, 100000, 100000, NAN,  5,    50,  1,    NAN,   300,  NAN),
	ROW("state_of_charge", "%EL", 0,       100,    1,      NAN,  2,    10,  1,    NAN,   900,  NAN),
	ROW("voltage",         "V",   0,       500,    100,    NAN,  1,    5,   0.1,  NAN,   300,  NAN),
};
/* clang-format on */

const struct nos_set nos_set_energy = NOS_SET("energy", rows);
