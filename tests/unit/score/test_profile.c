/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <math.h>

#include "score/profile.h"

static struct nos_err err;

static struct nos_profile *parse(const char *text)
{
	struct nos_profile *ret = NULL;

	nos_err_clear(&err);
	return nos_profile_parse(nos_str_of(text), &ret, &err) ? NULL : ret;
}

static const struct nos_rule_type *find(
    const struct nos_profile *p, const char *kind, const char *type)
{
	return nos_profile_find(p, nos_str_of(kind), nos_str_of(type));
}

static void the_built_in_profile_has_every_set_in_its_order(void **state)
{
	const struct nos_profile *p = nos_profile_builtin();

	(void)state;
	assert_near(nos_profile_key_period_s(p), 604800, 0);
	assert_str(find(p, "", "air_temperature")->unit, "Cel");
	assert_str(find(p, "weather-station", "pm2_5")->unit, "ug/m3");
	assert_str(find(p, "", "voltage")->unit, "V");
	assert_str(find(p, "", "room_temperature")->unit, "Cel");
	/* Both air and indoor have it; air stands first. */
	assert_near(find(p, "", "co2")->validity_s, 3600, 0);
	assert_ptr_equal(find(p, "", "moo"), &nos_rule_unknown);
	assert_ptr_equal(find(p, "", ""), &nos_rule_unknown);
	assert_ptr_equal(find(p, "x", "co"), find(p, "", "co"));
	assert_ptr_equal(
	    nos_profile_find(p, (struct nos_str){ 0 }, NOS_STR("co")), find(p, "", "co"));
}

static void the_file_of_the_manual_is_read(void **state)
{
	struct nos_profile *p =
	    parse("{\"v\":1,\"key_period\":\"2d\",\"sets\":[\"weather\"],\n"
		  " \"types\":{\"weather-station/air_temperature\":{\"unit\":\"Cel\",\"lo\":-41,"
		  "\"hi\":50,\"soft\":5,\"step\":0.005,\"u\":0.2,\"E\":1,\"resolution\":0.1,"
		  "\"sigma\":0.3,\"period\":900,\"validity\":\"1h\",\"flat\":12,"
		  "\"missing\":[-999,85.5]}}}");
	const struct nos_rule_type *t;

	(void)state;
	assert_non_null(p);
	assert_near(nos_profile_key_period_s(p), 172800, 0);
	t = find(p, "weather-station", "air_temperature");
	assert_str(t->unit, "Cel");
	assert_true(t->lo == -41 && t->hi == 50 && t->soft == 5 && t->step == 0.005);
	assert_true(t->u == 0.2 && t->E == 1 && t->resolution == 0.1 && t->sigma == 0.3);
	assert_true(t->period_s == 900 && t->validity_s == 3600 && t->flat == 12);
	assert_true(nos_profile_is_missing(t, -999) && nos_profile_is_missing(t, 85.5));
	assert_false(nos_profile_is_missing(t, 0));
	/* Another kind has what the set says, and a set that is not named is not there. */
	assert_near(find(p, "other", "air_temperature")->lo, -40, 0);
	assert_near(find(p, "", "air_temperature")->lo, -40, 0);
	assert_ptr_equal(find(p, "", "voltage"), &nos_rule_unknown);
	nos_profile_free(p);
}

static void kind_and_type_go_before_the_type_and_the_type_before_the_sets(void **state)
{
	struct nos_profile *p =
	    parse("{\"v\":1,\"sets\":[\"indoor\",\"air\"],\"types\":{"
		  "\"a/co2\":{\"lo\":1},\"co2\":{\"lo\":2},\"b/c/d\":{\"lo\":3},"
		  "\"c\\u00f6\":{\"lo\":5}}}");

	(void)state;
	assert_non_null(p);
	assert_near(find(p, "a", "co2")->lo, 1, 0);
	assert_near(find(p, "b", "co2")->lo, 2, 0);
	assert_near(find(p, "b", "c/d")->lo, 3, 0);
	assert_near(find(p, "", "co2")->lo, 2, 0);
	assert_near(find(p, "", "a/co2")->lo, 1, 0); /* a type may be any text */
	/* A row replaces that of the set whole. */
	assert_true(isnan(find(p, "", "co2")->hi));
	assert_int_equal(find(p, "", "co2")->unit.len, 0);
	assert_int_equal(find(p, "", "co2")->missing_count, 0);
	assert_near(find(p, "", "co")->lo, 0, 0);
	assert_near(find(p, "", "c\xc3\xb6")->lo, 5, 0);
	assert_ptr_equal(find(p, "b", ""), &nos_rule_unknown);
	nos_profile_free(p);
	p = parse("{\"v\":1,\"sets\":[\"indoor\",\"air\"]}");
	assert_near(find(p, "", "co2")->validity_s, 1800, 0);
	nos_profile_free(p);
	p = parse("{\"v\":1,\"sets\":[]}");
	assert_ptr_equal(find(p, "", "co2"), &nos_rule_unknown);
	assert_near(nos_profile_key_period_s(p), 604800, 0);
	nos_profile_free(p);
}

static void spans_are_whole_milliseconds(void **state)
{
	struct nos_profile *p = parse("{\"v\":1,\"key_period\":0.12345678}");

	(void)state;
	assert_near(nos_profile_key_period_s(p), 0.123, 0);
	nos_profile_free(p);
	p = parse("{\"v\":1,\"key_period\":\"200ms\"}");
	assert_near(nos_profile_key_period_s(p), 0.2, 0);
	nos_profile_free(p);
}

#define TYPE(members) "{\"v\":1,\n\"types\":{\"x\":{" members "}}}"

static void what_cannot_be_is_refused_with_its_place_and_its_name(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "line 1, column 1: no JSON value" },
		{ "{\"v\":1,\n  \"sets\":[\"weather\",]}", "line 2, column 20: not JSON" },
		{ "[]", "rules are a JSON object" },
		{ "{}", "'v' is missing: rules begin with {\"v\":1" },
		{ "{\"v\":2,\"new\":1}", "line 1, column 6: written by a newer nos" },
		{ "{\"v\":0}", "line 1, column 6: 'v' is not 1" },
		{ "{\"v\":\"1\"}", "line 1, column 6: 'v' is not 1" },
		{ "{\"v\":1.0}", "line 1, column 6: 'v' is not 1" },
		{ "{\"v\":1,\"v\":1}", "line 1, column 9: a member stands twice" },
		{ "{\"v\":1,\n\n    \"\xc3\xa4\":1,\"filter\":{}}",
		    "line 3, column 5: '\xc3\xa4' is not known" },
		{ "{\"v\":1,\n\n  \"sets\":[],\"filter\":{}}",
		    "line 3, column 13: 'filter' is not known" },
		{ "{\"v\":1,\"sets\":[\"\xc3\xa4\"],\"key_period\":1}",
		    "line 1, column 16: '\xc3\xa4' is not known" },
		{ "{\"v\":1,\"sets\":[\"air\",\"air\"]}", "line 1, column 22: 'air' stands twice" },
		{ "{\"v\":1,\"sets\":[7]}", "line 1, column 16: '7' is not known" },
		{ "{\"v\":1,\"sets\":\"air\"}", "line 1, column 15: 'sets' is not a list" },
		{ "{\"v\":1,\"key_period\":\"7 days\"}",
		    "line 1, column 21: 'key_period' is not a span such as" },
		{ "{\"v\":1,\"key_period\":\"0s\"}", "'key_period' is under a millisecond" },
		{ "{\"v\":1,\"key_period\":-1}", "'key_period' is under a millisecond" },
		{ "{\"v\":1,\"key_period\":0.0001}", "'key_period' is under a millisecond" },
		{ "{\"v\":1,\"key_period\":null}", "'key_period' is neither seconds nor a span" },
		{ "{\"v\":1,\"types\":[]}", "'types' is not an object" },
		{ "{\"v\":1,\"types\":{\"x\":1}}", "line 1, column 21: 'x' is not an object" },
		{ "{\"v\":1,\"types\":{\"\":{}}}", "the name of a type is no text of 1 to 129" },
		{ "{\"v\":1,\"types\":{\"x\":{},\"x\":{}}}", "a member stands twice" },
		{ TYPE("\"unit\":1"), "line 2, column 22: 'unit' is not a text" },
		{ TYPE("\"unit\":\"123456789012345678901234567890123\""),
		    "'unit' is over 32 bytes" },
		{ TYPE("\"lo\":\"1\""), "line 2, column 20: 'lo' is not a number" },
		{ TYPE("\"lo\":NaN"), "line 2, column 20: " },
		{ TYPE("\"hi\":1e16"), "'hi' is over 1e15" },
		{ TYPE("\"lo\":2,\"hi\":1"), "line 2, column 14: 'x': 'lo' is over 'hi'" },
		{ TYPE("\"soft\":0"), "'soft' is not over 0" },
		{ TYPE("\"step\":-1"), "'step' is not over 0" },
		{ TYPE("\"u\":0"), "'u' is not over 0" },
		{ TYPE("\"E\":1e-300"), "'E' is under 1e-9" },
		{ TYPE("\"resolution\":0"), "'resolution' is not over 0" },
		{ TYPE("\"sigma\":0"), "'sigma' is not over 0" },
		{ TYPE("\"flat\":0"), "'flat' is not over 0" },
		{ TYPE("\"period\":0"), "'period' is under a millisecond" },
		{ TYPE("\"validity\":true"), "'validity' is neither" },
		{ TYPE("\"missing\":-999"), "'missing' is not a list of at most 8 numbers" },
		{ TYPE("\"missing\":[1,2,3,4,5,6,7,8,9]"), "'missing' is not a list of at most 8" },
		{ TYPE("\"missing\":[\"-999\"]"), "line 2, column 26: 'missing' is not a number" },
		{ TYPE("\"colour\":1"), "line 2, column 15: 'colour' is not known" },
		{ TYPE("\"lo\":1,\"lo\":1"), "a member stands twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i].text))
			fail_msg("taken: %s", bad[i].text);
		assert_int_equal(err.code, NOS_CONFIG);
		if (!strstr(err.text, bad[i].says))
			fail_msg("'%s' is not in '%s'", bad[i].says, err.text);
	}
}

static void rows_of_a_file(struct nos_buf *b, int count)
{
	nos_buf_truncate(b, 0);
	nos_buf_add_text(b, "{\"v\":1,\"types\":{");
	for (int i = 0; i < count; i++)
		nos_buf_addf(b, "%s\"k/t%d\":{\"lo\":%d}", i ? "," : "", i, i);
	nos_buf_add_text(b, "}}");
}

static void ten_thousand_rows_are_found_and_one_more_is_too_many(void **state)
{
	NOS_AUTO(buf) b = { 0 };
	struct nos_profile *p;
	char type[20];

	(void)state;
	nos_buf_init(&b, 2 * NOS_PROFILE_TEXT_MAX);
	rows_of_a_file(&b, NOS_PROFILE_TYPES_MAX);
	p = parse(b.p);
	assert_non_null(p);
	for (int i = 0; i < NOS_PROFILE_TYPES_MAX; i++) {
		snprintf(type, sizeof(type), "t%d", i);
		assert_near(find(p, "k", type)->lo, i, 0);
	}
	assert_ptr_equal(find(p, "k", "t10000"), &nos_rule_unknown);
	nos_profile_free(p);
	rows_of_a_file(&b, NOS_PROFILE_TYPES_MAX + 1);
	assert_null(parse(b.p));
	assert_string_equal(err.text, "over 10000 members in one object");
	assert_int_equal(err.code, NOS_CONFIG);
	while (b.len <= NOS_PROFILE_TEXT_MAX)
		nos_buf_add_char(&b, ' ');
	assert_null(parse(b.p));
	assert_string_equal(err.text, "rules are over 1048576 bytes");
}

static void a_name_as_long_as_it_may_be_is_found(void **state)
{
	NOS_AUTO(buf) b = { 0 };
	char kind[70] = { 0 }, type[70] = { 0 };
	struct nos_profile *p;

	(void)state;
	memset(kind, 'k', 64);
	memset(type, 't', 64);
	nos_buf_init(&b, 1000);
	nos_buf_addf(&b, "{\"v\":1,\"types\":{\"%s/%s\":{\"lo\":7}}}", kind, type);
	p = parse(b.p);
	assert_near(find(p, kind, type)->lo, 7, 0);
	kind[64] = 'k';
	assert_ptr_equal(find(p, kind, type), &nos_rule_unknown);
	nos_profile_free(p);
	nos_buf_truncate(&b, 0);
	nos_buf_addf(&b, "{\"v\":1,\"types\":{\"%s/%s\":{\"lo\":7}}}", kind, type);
	assert_null(parse(b.p));
}

static void filters_are_kept_in_the_order_of_the_file(void **state)
{
	struct nos_profile *p = parse("{\"v\":1,\"filters\":{\"trusted\":\"integrity == 1\","
				      "\"9_a-b\":\"!late\",\"Fre\\u0073h\":\"fre\\u0073h\"}}");

	(void)state;
	assert_non_null(p);
	assert_int_equal(nos_profile_filter_count(p), 3);
	assert_str(nos_profile_filter_name(p, 0), "trusted");
	assert_str(nos_profile_filter_name(p, 1), "9_a-b");
	assert_str(nos_profile_filter_name(p, 2), "Fresh");
	assert_non_null(nos_profile_filter_at(p, 2));
	nos_profile_free(p);
	assert_int_equal(nos_profile_filter_count(nos_profile_builtin()), 0);
}

static void a_filter_that_is_wrong_has_its_place_in_the_file(void **state)
{
	static const struct {
		const char *filters, *message;
	} all[] = {
		{ "[]", "line 2, column 11: 'filters' is not an object" },
		{ "{\"a\":1}", "line 2, column 16: 'a' is not a text" },
		{ "{\"b\":\"fresh\",\n\"a\":\"late && acuracy > 1\"}",
		    "line 3, column 14: 'a': 'acuracy' is no score, measure or flag" },
		{ "{\"a\":\"\"}",
		    "line 2, column 17: 'a': the end stands where a name or a value should" },
		/* Where something is escaped a column of the file would be another. */
		{ "{\"a\":\"proof == \\\"key\\\" && 1\"}",
		    "line 2, column 16: 'a', column 19: '1' stands by itself: compare it with something" },
		{ "{\"-a\":\"late\"}",
		    "line 2, column 12: the name of a filter is 1 to 64 letters, digits, - and _, a letter "
		    "or digit first" },
		{ "{\"a/b\":\"late\"}",
		    "line 2, column 12: the name of a filter is 1 to 64 letters, digits, - and _, a letter "
		    "or digit first" },
		{ "{\"\":\"late\"}",
		    "line 2, column 12: the name of a filter is 1 to 64 letters, digits, - and _, a letter "
		    "or digit first" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char text[300];

		snprintf(text, sizeof(text), "{\"v\":1,\n\"filters\":%s}", all[i].filters);
		assert_null(parse(text));
		assert_int_equal(err.code, NOS_CONFIG);
		assert_string_equal(err.text, all[i].message);
	}
}

static void there_are_32_filters_and_no_more(void **state)
{
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	nos_buf_init(&b, 5000);
	for (int count = 32; count <= 33; count++) {
		struct nos_profile *p;

		nos_buf_truncate(&b, 0);
		nos_buf_add_text(&b, "{\"v\":1,\"filters\":{");
		for (int i = 0; i < count; i++)
			nos_buf_addf(&b, "%s\"f%d\":\"late\"", i ? "," : "", i);
		nos_buf_add_text(&b, "}}");
		p = parse(b.p);
		assert_int_equal(p != NULL, count == 32);
		nos_profile_free(p);
	}
	assert_string_equal(err.text, "line 1, column 18: 'filters' has more than 32");
}

static void a_name_that_no_reading_can_have_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *name, *says;
	} bad[] = {
		{ "weather station/x", "has no name of a kind before its '/'" },
		{ "/x", "has no name of a kind before its '/'" },
		{ "-a/x", "has no name of a kind before its '/'" },
		{ "//", "has no name of a kind before its '/'" },
		{ "a/", "has no type behind its '/'" },
		{ "only/x", "has before its '/' what cannot be a kind" },
		{ "anonymous/x", "has before its '/' what cannot be a kind" },
		{ "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
		    "has a type over 64 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[256], says[256];

		snprintf(text, sizeof(text), "{\"v\":1,\n\"types\":{\"%s\":{}}}", bad[i].name);
		snprintf(
		    says, sizeof(says), "line 2, column 10: '%s' %s", bad[i].name, bad[i].says);
		assert_null(parse(text));
		assert_string_equal(err.text, says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_built_in_profile_has_every_set_in_its_order),
		cmocka_unit_test(the_file_of_the_manual_is_read),
		cmocka_unit_test(kind_and_type_go_before_the_type_and_the_type_before_the_sets),
		cmocka_unit_test(spans_are_whole_milliseconds),
		cmocka_unit_test(what_cannot_be_is_refused_with_its_place_and_its_name),
		cmocka_unit_test(ten_thousand_rows_are_found_and_one_more_is_too_many),
		cmocka_unit_test(a_name_as_long_as_it_may_be_is_found),
		cmocka_unit_test(filters_are_kept_in_the_order_of_the_file),
		cmocka_unit_test(a_filter_that_is_wrong_has_its_place_in_the_file),
		cmocka_unit_test(there_are_32_filters_and_no_more),
		cmocka_unit_test(a_name_that_no_reading_can_have_is_refused_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
