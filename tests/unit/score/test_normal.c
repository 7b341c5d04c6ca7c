/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <math.h>
#include <time.h>

#include "base/num.h"
#include "json/encode.h"
#include "score/measure.h"
#include "score/normal.h"
#include "score/profile.h"

static struct nos_scan scan = { .not_finite = true };
static struct nos_buf space;
static struct nos_normal n;

/* The reading of a text; it is good until the next. */
static struct nos_reading came(const char *text)
{
	struct nos_err err = { 0 };
	struct nos_reading r;

	nos_buf_truncate(&space, 0);
	assert_int_equal(nos_scan_parse(&scan, nos_str_of(text), &err), NOS_OK);
	assert_int_equal(nos_reading_decode(&scan, scan.values, &space, &r, &err), NOS_OK);
	return r;
}

static const struct nos_rule_type *rules(const char *type)
{
	return nos_profile_find(nos_profile_builtin(), NOS_STR(""), nos_str_of(type));
}

/* n, of a type with a value and a unit as JSON. */
static void weigh(const char *type, const char *value, const char *unit)
{
	static char text[160];
	struct nos_reading r;

	snprintf(text, sizeof(text), "{\"type\":\"%s\",\"value\":%s,\"unit\":\"%s\"}", type, value,
	    unit);
	r = came(text);
	nos_normal_make(&r, rules(type), &n);
}

static void a_number_is_said_in_the_unit_of_its_type(void **state)
{
	static const struct {
		const char *type, *value, *unit, *text, *in;
		unsigned decimals;
	} all[] = {
		{ "air_temperature", "18.5", "°F", "-7.5", "Cel", 1 },
		{ "air_temperature", "18", "[degF]", "-7.777778", "Cel", 0 },
		{ "air_temperature", "265.25", "K", "-7.9", "Cel", 2 },
		{ "air_pressure", "95210", "Pa", "952.1", "hPa", 2 },
		{ "air_pressure", "28.1", "inHg", "951.575208", "hPa", 0 },
		{ "relative_humidity", "0.56", "/", "56", "%RH", 0 },
		{ "relative_humidity", "0.5625", "1", "56.25", "%RH", 2 },
		{ "wind_speed", "7.2", "km/h", "2", "m/s", 2 },
		{ "energy", "3600000", "J", "1", "kWh", 7 },
		{ "co", "400", "ug/m3", "0.4", "mg/m3", 3 },
		{ "co2", "0.00042", "/", "420", "ppm", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		weigh(all[i].type, all[i].value, all[i].unit);
		assert_true(n.converted && !n.unit_unknown);
		assert_int_equal(n.reading.kind, NOS_READING_NUMBER);
		assert_str(n.reading.text, all[i].text);
		assert_str(n.reading.unit, all[i].in);
		assert_str(n.sent_value, all[i].value);
		assert_str(n.sent_unit, all[i].unit);
		assert_near(n.reading.number, strtod(all[i].text, NULL), 0);
		assert_int_equal(n.reading.decimals, all[i].decimals);
	}
}

static void another_name_of_the_unit_changes_no_digit(void **state)
{
	(void)state;
	weigh("air_temperature", "-7.90", "°C");
	assert_true(n.converted && !*n.number);
	assert_str(n.reading.text, "-7.90");
	assert_str(n.reading.unit, "Cel");
	assert_str(n.sent_unit, "°C");
	assert_int_equal(n.reading.decimals, 2);
	weigh("relative_humidity", "56", "%");
	assert_str(n.reading.unit, "%RH");
}

static void what_needs_no_other_unit_stays_as_it_came(void **state)
{
	static const char *const all[][2] = {
		{ "air_temperature", "Cel" },
		{ "air_temperature", "" },
		{ "power_factor", "furlong" },
		{ "moo", "°F" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		weigh(all[i][0], "2.5", all[i][1]);
		assert_false(n.converted || n.unit_unknown || n.sent_value.len || n.sent_unit.len);
		assert_str(n.reading.text, "2.5");
		assert_str(n.reading.unit, all[i][1]);
	}
}

static void of_an_unknown_unit_no_number_can_be_made(void **state)
{
	(void)state;
	weigh("air_temperature", "7", "furlong");
	assert_true(n.unit_unknown && !n.converted);
	assert_str(n.reading.unit, "furlong");
	/* Known, but of something else: SenML's C is the coulomb. */
	weigh("air_temperature", "7", "C");
	assert_true(n.unit_unknown);
}

static void a_sentinel_is_one_in_the_types_unit_and_where_the_device_says_it_as_it_is(void **state)
{
	static const struct {
		const char *type, *value, *unit;
		bool missing;
	} all[] = {
		{ "air_temperature", "-999", "Cel", true },
		{ "air_temperature", "-999", "", true },
		{ "air_temperature", "-999", "°F", true },
		{ "air_temperature", "-999", "furlong", true },
		{ "air_temperature", "-1766.2", "°F", true },
		{ "room_temperature", "85", "Cel", true },
		{ "room_temperature", "185", "°F", true },
		{ "room_temperature", "85", "°F", false },
		{ "room_temperature", "-127", "°F", true },
		{ "pm10", "65535", "ng/m3", false },
		{ "energy", "-999999", "J", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		weigh(all[i].type, all[i].value, all[i].unit);
		if ((n.reading.kind == NOS_READING_MISSING) != all[i].missing)
			fail_msg("%s %s of %s", all[i].value, all[i].unit, all[i].type);
	}
}

static void what_was_missing_has_a_unit_and_no_number(void **state)
{
	(void)state;
	weigh("air_temperature", "NaN", "K");
	assert_true(n.converted && n.reading.kind == NOS_READING_MISSING);
	assert_int_equal(n.sent_value.len, 0);
	assert_str(n.sent_unit, "K");
	assert_str(n.reading.unit, "Cel");
}

static void a_text_keeps_the_unit_it_has(void **state)
{
	(void)state;
	weigh("air_temperature", "\"12,5\"", "°F");
	assert_false(n.converted || n.unit_unknown);
	assert_str(n.reading.unit, "°F");
}

static void a_number_without_room_is_as_good_as_infinite(void **state)
{
	(void)state;
	weigh("air_pressure", "-9.99e23", "Pa");
	assert_str(n.reading.text, n.number);
	assert_int_equal(n.reading.kind, NOS_READING_NUMBER);
	weigh("air_pressure", "1e300", "Pa");
	assert_int_equal(n.reading.kind, NOS_READING_MISSING);
	assert_str(n.sent_value, "1e300");
	weigh("energy", "1e308", "GWh");
	assert_int_equal(n.reading.kind, NOS_READING_MISSING);
}

static struct nos_rule_scores score(
    const struct nos_reading *r, const struct nos_rule_type *type, struct nos_rule_state *state)
{
	static const struct nos_rule_security anonymous = { 0 };
	struct nos_rule_input in = { .type = type, .security = &anonymous, .received = r->time };

	nos_normal_make(r, type, &n);
	nos_normal_tell(&n, &in);
	return nos_rule_score(&in, state);
}

static void a_reading_of_an_unknown_unit_moves_no_number(void **state)
{
	struct nos_rule_type type = nos_rule_unknown;
	struct nos_rule_state series = { 0 }, before;
	struct nos_rule_scores scores;
	struct nos_reading r;

	(void)state;
	type.unit = NOS_STR("Cel"), type.step = 0.005, type.sigma = 0.1, type.flat = 2;
	type.lo = -40, type.hi = 50, type.u = 0.2, type.E = 1, type.resolution = 0.1;
	r = came("{\"type\":\"t\",\"value\":20.0,\"unit\":\"Cel\",\"time\":1547812800}");
	score(&r, &type, &series);
	before = series;
	r = came("{\"type\":\"t\",\"value\":68.125,\"unit\":\"furlong\",\"time\":1547813700}");
	scores = score(&r, &type, &series);
	assert_int_equal(scores.flags, NOS_RULE_UNIT);
	assert_true(isnan(scores.of[NOS_RULE_ACCURACY]) && isnan(scores.of[NOS_RULE_PRECISION]));
	assert_int_equal(series.readings, 2);
	assert_int_equal(series.numbers, before.numbers);
	assert_int_equal(series.run, before.run);
	assert_true(series.decimals == before.decimals);
	assert_near(series.last, before.last, 0);
	r = came("{\"type\":\"t\",\"value\":68.0,\"unit\":\"°F\",\"time\":1547814600}");
	scores = score(&r, &type, &series);
	assert_near(scores.of[NOS_RULE_ACCURACY], 0.8, 0);
	assert_int_equal(series.run, 2);
}

/* The record of r, and the scores moved on, as a node makes it; number and unit behind them. */
static void record(struct nos_buf *b, const struct nos_reading *r, const struct nos_rule_type *type,
    struct nos_rule_state *series)
{
	static const struct nos_rule_security anonymous = { 0 };
	struct nos_rule_input in = { .type = type, .security = &anonymous, .received = r->time };
	const struct nos_rule_state before = *series;
	struct nos_rule_scores scores;

	nos_normal_make(r, type, &n);
	nos_normal_tell(&n, &in);
	scores = nos_rule_score(&in, series);
	nos_buf_truncate(b, 0);
	nos_buf_add_text(b, "{\"type\":\"t\",\"value\":");
	if (n.reading.kind == NOS_READING_NUMBER)
		nos_buf_add_str(b, n.reading.text);
	else
		nos_buf_add_text(b, "null");
	if (n.reading.unit.len)
		nos_encode_member_text(b, "unit", n.reading.unit);
	nos_encode_member_time(b, "time", r->time);
	nos_encode_member_time(b, "received", r->time);
	nos_measure_encode(b, &in, &before, &scores);
	nos_buf_add_char(b, '}');
}

static void a_record_is_weighed_again_to_the_digit_from_what_was_sent(void **state)
{
	static const char *const units[] = { "Cel", "°C", "°F", "K", "mK", "furlong", "", "%" };
	static const char *const values[] = { "18.5", "-999", "85", "NaN", "\"x\"", "1e40",
		"0.1234567891234", "291.65", "64", "64.000" };
	unsigned seed = (unsigned)time(NULL);
	struct nos_rule_state node = { 0 }, mine = { 0 };
	struct nos_rule_type type = *rules("room_temperature");
	NOS_AUTO(buf) first = { 0 };
	NOS_AUTO(buf) again = { 0 };
	struct nos_err err = { 0 };
	char text[200];

	(void)state;
	print_message("seed %u\n", seed);
	nos_buf_init(&first, 4096);
	nos_buf_init(&again, 4096);
	type.sigma = 0.2, type.flat = 2;
	for (int i = 0; i < 3000; i++) {
		struct nos_measure measure;
		struct nos_reading r;

		snprintf(text, sizeof(text),
		    "{\"type\":\"t\",\"value\":%s,\"unit\":\"%s\",\"time\":%d}",
		    values[rand_r(&seed) % 10], units[rand_r(&seed) % 8], 1547812800 + i * 60);
		r = came(text);
		record(&first, &r, &type, &node);
		r = came(first.p);
		if (nos_measure_decode(&scan, scan.values, &space, &measure, &err))
			fail_msg("%s in %s", err.text, first.p);
		nos_measure_restore(&measure, &r);
		record(&again, &r, &type, &mine);
		/* A text is null in these records: its kind is not what is looked at here. */
		if (!strstr(text, "\"x\""))
			assert_string_equal(again.p, first.p);
		assert_near(mine.last, node.last, 0);
		assert_true(mine.decimals == node.decimals && mine.run == node.run);
	}
}

static int begin(void **state)
{
	(void)state;
	nos_buf_init(&space, 8192);
	return nos_buf_reserve(&space, 8192) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	nos_buf_release(&space);
	nos_scan_release(&scan);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_said_in_the_unit_of_its_type),
		cmocka_unit_test(another_name_of_the_unit_changes_no_digit),
		cmocka_unit_test(what_needs_no_other_unit_stays_as_it_came),
		cmocka_unit_test(of_an_unknown_unit_no_number_can_be_made),
		cmocka_unit_test(
		    a_sentinel_is_one_in_the_types_unit_and_where_the_device_says_it_as_it_is),
		cmocka_unit_test(what_was_missing_has_a_unit_and_no_number),
		cmocka_unit_test(a_text_keeps_the_unit_it_has),
		cmocka_unit_test(a_number_without_room_is_as_good_as_infinite),
		cmocka_unit_test(a_reading_of_an_unknown_unit_moves_no_number),
		cmocka_unit_test(a_record_is_weighed_again_to_the_digit_from_what_was_sent),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
