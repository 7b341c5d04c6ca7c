/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "score/series.h"

static struct nos_err err;

static struct nos_rule_state *get(
    struct nos_series *s, const char *source, const char *claimed, const char *type)
{
	struct nos_rule_state *ret = NULL;

	nos_err_clear(&err);
	return nos_series_get(
		   s, nos_str_of(source), nos_str_of(claimed), nos_str_of(type), &ret, &err)
		   ? NULL
		   : ret;
}

static void a_series_keeps_its_state_and_shares_it_with_no_other(void **state)
{
	static const char *const names[][3] = {
		{ "a", "", "t" },
		{ "a", "b", "t" },
		{ "a", "", "bt" },
		{ "ab", "", "t" },
		{ "a", "bt", "" },
		{ "", "ab", "t" },
		{ "a", "b", "" },
		{ "a", "", "" },
	};
	struct nos_series s = { 0 };
	const size_t count = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct nos_rule_state *new = get(&s, names[i][0], names[i][1], names[i][2]);

		assert_non_null(new);
		assert_int_equal(new->readings, 0);
		new->readings = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < count; i++)
		assert_int_equal(get(&s, names[i][0], names[i][1], names[i][2])->readings, i + 1);
	assert_int_equal(s.count, count);
	nos_series_release(&s);
	assert_int_equal(s.count, 0);
}

static void a_source_that_claims_too_many_names_is_refused_and_others_go_on(void **state)
{
	struct nos_series s = { 0 };
	char claimed[20];

	(void)state;
	for (int i = 0; i < NOS_SERIES_CLAIMED_MAX; i++) {
		snprintf(claimed, sizeof(claimed), "c%d", i);
		assert_non_null(get(&s, "a", claimed, "t"));
	}
	assert_null(get(&s, "a", "one more", "t"));
	assert_int_equal(err.code, NOS_LARGE);
	assert_non_null(get(&s, "a", "c0", "t"));
	assert_non_null(get(&s, "a", "c0", "another type"));
	assert_non_null(get(&s, "a", "", "t"));
	assert_non_null(get(&s, "b", "one more", "t"));
	nos_series_release(&s);
}

static void past_the_limit_those_that_are_there_stay(void **state)
{
	struct nos_series s = { 0 };
	char type[20];

	(void)state;
	for (int i = 0; i < NOS_SERIES_MAX; i++) {
		snprintf(type, sizeof(type), "t%d", i);
		assert_non_null(get(&s, "a", "", type));
	}
	assert_null(get(&s, "a", "", "one more"));
	assert_int_equal(err.code, NOS_LARGE);
	assert_string_equal(err.text, "over 100000 series");
	assert_non_null(get(&s, "a", "", "t0"));
	nos_series_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_series_keeps_its_state_and_shares_it_with_no_other),
		cmocka_unit_test(a_source_that_claims_too_many_names_is_refused_and_others_go_on),
		cmocka_unit_test(past_the_limit_those_that_are_there_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
