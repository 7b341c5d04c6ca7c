/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <math.h>

#include "reading/unit.h"
#include "score/set.h"

static const struct nos_set *const all[] = { &nos_set_weather, &nos_set_air, &nos_set_energy,
	&nos_set_indoor };

#define EACH_ROW(row)                                                  \
	for (size_t set_i = 0; set_i < NOS_SET_COUNT; set_i++)         \
		for (const struct nos_set_row *row = all[set_i]->rows; \
		     row < all[set_i]->rows + all[set_i]->count; row++)

static void rows_stand_in_the_order_of_their_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < NOS_SET_COUNT; i++)
		for (size_t j = 1; j < all[i]->count; j++)
			/* Names are literals, hence terminated. */
			if (strcmp(all[i]->rows[j - 1].name.p, all[i]->rows[j].name.p) >= 0)
				fail_msg(
				    "%s: %s is out of order", all[i]->name, all[i]->rows[j].name.p);
}

static void every_row_says_what_can_be(void **state)
{
	(void)state;
	EACH_ROW(row)
	{
		const struct nos_rule_type *t = &row->rules;
		const double positive[] = { t->soft, t->step, t->u, t->E, t->resolution,
			t->period_s, t->validity_s, t->flat };

		if (t->lo > t->hi || t->u >= t->E || !(t->validity_s > 0))
			fail_msg("%s has rules that cannot be", row->name.p);
		for (size_t i = 0; i < sizeof(positive) / sizeof(positive[0]); i++)
			if (positive[i] <= 0)
				fail_msg("%s: parameter %zu is not over 0", row->name.p, i);
	}
}

/* One that is within range would turn a good value into none. */
static void no_sentinel_lies_where_a_value_is_good(void **state)
{
	(void)state;
	EACH_ROW(row)
	{
		const struct nos_rule_type *t = &row->rules;

		assert_in_range(t->missing_count, 1, NOS_RULE_MISSING_MAX);
		for (size_t i = 0; i < t->missing_count; i++)
			if (t->missing[i] >= t->lo && !(t->missing[i] > t->hi))
				fail_msg("%s: %g may be a value", row->name.p, t->missing[i]);
	}
}

static void every_row_has_a_unit_that_is_known(void **state)
{
	(void)state;
	EACH_ROW(row)
	if (row->rules.unit.len && !nos_unit_is_known(row->rules.unit))
		fail_msg("%s: no unit '%s'", row->name.p, row->rules.unit.p);
}

/* What is said of the feed in nos-score(7). */
static void the_weather_is_that_of_the_station_feed(void **state)
{
	static const char *const never_flat[] = { "precipitation", "global_radiation",
		"snow_depth" };

	(void)state;
	for (size_t i = 0; i < nos_set_weather.count; i++) {
		const struct nos_set_row *row = &nos_set_weather.rows[i];

		assert_near(row->rules.period_s, 900, 0);
		assert_near(row->rules.validity_s, 3600, 0);
		if (nos_str_is(row->name, "air_temperature"))
			assert_near(row->rules.resolution, 0.1, 0);
		for (size_t j = 0; j < sizeof(never_flat) / sizeof(never_flat[0]); j++)
			if (nos_str_is(row->name, never_flat[j]))
				assert_true(isnan(row->rules.flat));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_stand_in_the_order_of_their_names),
		cmocka_unit_test(every_row_says_what_can_be),
		cmocka_unit_test(no_sentinel_lies_where_a_value_is_good),
		cmocka_unit_test(every_row_has_a_unit_that_is_known),
		cmocka_unit_test(the_weather_is_that_of_the_station_feed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
