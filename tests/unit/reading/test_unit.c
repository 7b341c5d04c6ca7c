/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <math.h>

#include "reading/reading.h"
#include "reading/unit.h"
#include "reading/unit_table.h"

#define EACH_ROW(row)                                               \
	for (const struct nos_unit_table_row *row = nos_unit_table; \
	     row < nos_unit_table + nos_unit_table_count; row++)

/* v of from, said in to; NAN: they do not go into one another. */
static double said(double v, const char *from, const char *to)
{
	struct nos_unit_step step;

	if (!nos_unit_convert(nos_str_of(from), nos_str_of(to), &step))
		return NAN;
	return v * step.factor + step.offset;
}

static void rows_stand_in_the_order_of_the_bytes_of_their_names(void **state)
{
	(void)state;
	for (size_t i = 1; i < nos_unit_table_count; i++)
		/* Names are literals, hence terminated. */
		if (strcmp(nos_unit_table[i - 1].name.p, nos_unit_table[i].name.p) >= 0)
			fail_msg("%s is out of order", nos_unit_table[i].name.p);
}

static void every_name_is_found_and_a_reading_may_have_it(void **state)
{
	(void)state;
	EACH_ROW(row)
	{
		assert_true(nos_unit_is_known(row->name));
		assert_true(nos_str_is_utf8(row->name));
		assert_in_range(row->name.len, 1, NOS_READING_UNIT_MAX);
		assert_true(row->factor > 0 && isfinite(row->factor) && isfinite(row->offset));
	}
}

/* Every pair, so that none goes one way alone. */
static void there_and_back_is_where_one_was(void **state)
{
	struct nos_unit_step there, back;
	double v = 21.5, round;

	(void)state;
	EACH_ROW(from)
	EACH_ROW(to)
	{
		bool goes = nos_unit_convert(from->name, to->name, &there);

		if (goes != nos_unit_convert(to->name, from->name, &back))
			fail_msg("%s and %s go one way", from->name.p, to->name.p);
		if (!goes)
			continue;
		round = (v * there.factor + there.offset) * back.factor + back.offset;
		/* The offset's own rounding is of the size of the offset. */
		if (fabs(round - v) > 1e-12 * (v + fabs(back.offset)))
			fail_msg("%s by %s: %.17g", from->name.p, to->name.p, round);
	}
}

static void what_is_known_of_units_is_what_the_table_says(void **state)
{
	static const struct {
		const char *from, *to;
		double v, is;
	} all[] = {
		{ "K", "Cel", 273.15, 0 },
		{ "°F", "Cel", 212, 100 },
		{ "[degF]", "K", -40, 233.15 },
		{ "Cel", "°F", 37, 98.6 },
		{ "°C", "Cel", -7.9, -7.9 },
		{ "/", "%RH", 0.56, 56 },
		{ "%", "%RH", 56, 56 },
		{ "%RH", "%", 56, 56 },
		{ "/", "%EL", 0.5, 50 },
		{ "%EL", "/", 50, 0.5 },
		{ "km/h", "m/s", 36, 10 },
		{ "kn", "km/h", 1, 1.852 },
		{ "mph", "m/s", 10, 4.4704 },
		{ "Pa", "hPa", 101325, 1013.25 },
		{ "mbar", "hPa", 1013.25, 1013.25 },
		{ "inHg", "hPa", 29.92, 1013.207480 },
		{ "mmHg", "Pa", 760, 101325.0144 },
		{ "m", "mm", 0.0125, 12.5 },
		{ "l/m2", "mm", 4.2, 4.2 },
		{ "m", "cm", 1.5, 150 },
		{ "W.s", "J", 5, 5 },
		{ "J", "kWh", 3600000, 1 },
		{ "Wh", "kWh", 250, 0.25 },
		{ "kW", "W", 1.5, 1500 },
		{ "dBm", "dBW", 30, 0 },
		{ "ppb", "ppm", 420000, 420 },
		{ "mg/m3", "ug/m3", 0.04, 40 },
		{ "µg/m³", "ug/m3", 12, 12 },
		{ "μg/m³", "µg/m3", 12, 12 },
		{ "lux", "lx", 300, 300 },
		{ "klx", "lx", 1.2, 1200 },
		{ "W/m²", "W/m2", 361, 361 },
		{ "pCi/l", "Bq/m3", 4, 148 },
		{ "rad", "deg", 3.14159265358979, 180 },
		{ "kB", "bit", 1, 8000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!(fabs(said(all[i].v, all[i].from, all[i].to) - all[i].is) <
			5e-7 * (1 + fabs(all[i].is))))
			fail_msg("%g %s is %.9g %s", all[i].v, all[i].from,
			    said(all[i].v, all[i].from, all[i].to), all[i].to);
}

static void what_measures_something_else_does_not_go(void **state)
{
	static const char *const apart[][2] = {
		{ "dB", "dB(A)" },
		{ "dB", "dBW" },
		{ "dB", "B[SPL]" },
		{ "%RH", "%EL" },
		{ "ppm", "mg/m3" },
		{ "C", "Cel" },
		{ "F", "°F" },
		{ "m", "M" },
		{ "W", "VA" },
		{ "W", "J" },
		{ "lx", "W/m2" },
		{ "Hz", "1/s" },
		{ "furlong", "m" },
		{ "", "m" },
		{ "m", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		if (!isnan(said(1, apart[i][0], apart[i][1])) ||
		    !isnan(said(1, apart[i][1], apart[i][0])))
			fail_msg("'%s' goes into '%s'", apart[i][0], apart[i][1]);
	assert_false(nos_unit_is_known(NOS_STR("")));
	assert_false(nos_unit_is_known(NOS_STR("furlong")));
}

/* dB is no unit of the table's others, and an unknown one is at least itself. */
static void the_same_text_is_the_same_unit_known_or_not(void **state)
{
	(void)state;
	assert_near(said(3.25, "dB", "dB"), 3.25, 0);
	assert_near(said(3.25, "furlong", "furlong"), 3.25, 0);
}

/* The names of RFC 8428 §12.1 with those that RFC 8798 added, and its secondary ones. */
static void every_unit_of_senml_is_known(void **state)
{
	static const char *const names[] = { "m", "kg", "g", "s", "A", "K", "cd", "mol", "Hz",
		"rad", "sr", "N", "Pa", "J", "W", "C", "V", "F", "Ohm", "S", "Wb", "T", "H", "Cel",
		"lm", "lx", "Bq", "Gy", "Sv", "kat", "m2", "m3", "l", "m/s", "m/s2", "m3/s", "l/s",
		"W/m2", "cd/m2", "bit", "bit/s", "lat", "lon", "pH", "dB", "dBW", "Bspl", "count",
		"/", "%", "%RH", "%EL", "EL", "1/s", "1/min", "beat/min", "beats", "S/m", "B", "VA",
		"VAs", "var", "vars", "J/m", "kg/m3", "deg", "NTU", "ms", "min", "h", "MHz", "kW",
		"kVA", "kvar", "Ah", "Wh", "kWh", "varh", "kvarh", "kVAh", "Wh/km", "KiB", "GB",
		"Mbit/s", "B/s", "MB/s", "mV", "mA", "dBm", "ug/m3", "mm/h", "m/h", "ppm", "/100",
		"/1000", "hPa", "mm", "cm", "km", "km/h" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!nos_unit_is_known(nos_str_of(names[i])))
			fail_msg("%s is not known", names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_stand_in_the_order_of_the_bytes_of_their_names),
		cmocka_unit_test(every_name_is_found_and_a_reading_may_have_it),
		cmocka_unit_test(there_and_back_is_where_one_was),
		cmocka_unit_test(what_is_known_of_units_is_what_the_table_says),
		cmocka_unit_test(what_measures_something_else_does_not_go),
		cmocka_unit_test(the_same_text_is_the_same_unit_known_or_not),
		cmocka_unit_test(every_unit_of_senml_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
