/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <math.h>
#include <time.h>

#include "json/scan.h"
#include "score/filter.h"
#include "score/measure.h"

/* A reading of a sealed pack, with all that a record can have. */
struct stage {
	struct nos_reading reading;
	struct nos_rule_security security;
	struct nos_rule_type type;
	struct nos_rule_input in;
	struct nos_rule_state before;
	struct nos_rule_scores scores;
	struct nos_filter_input of;
};

static void stage_make(struct stage *s)
{
	*s = (struct stage){ .reading = { .type = NOS_STR("t"),
				 .kind = NOS_READING_NUMBER,
				 .number = 1,
				 .has_time = true,
				 .time = { 1547812800000 } },
		.security = { .bits = 128,
		    .tag = 128,
		    .holders = 2,
		    .key_age_s = 3600.5,
		    .key_period_s = 604800,
		    .key_state = NOS_RULE_KEY_ACTIVE,
		    .proof = NOS_RULE_PROOF_KEY,
		    .fresh = true,
		    .identity = NOS_RULE_IDENTITY_PSEUDONYM,
		    .has_position = true,
		    .decimals = 4 },
		.type = nos_rule_unknown };
	s->type.u = 0.2;
	s->type.E = 1;
	s->type.sigma = 0.1;
	s->type.resolution = 0.01;
	s->type.validity_s = 1800;
	s->in = (struct nos_rule_input){ .reading = &s->reading,
		.type = &s->type,
		.security = &s->security,
		.received = { 1547812800480 },
		.packs_seen = 3,
		.packs_expected = 4 };
	s->of = (struct nos_filter_input){ &s->in, &s->before, &s->scores };
	for (int i = 0; i < NOS_RULE_COUNT; i++)
		s->scores.of[i] = 0.1 * i;
}

static struct nos_err err;

static struct nos_filter *make(const char *text)
{
	struct nos_filter *ret = NULL;

	nos_err_clear(&err);
	if (nos_filter_parse(nos_str_of(text), &ret, &err))
		print_message("%s: %zu: %s\n", text, err.offset, err.text);
	return ret;
}

static bool passes(const struct stage *s, const char *text)
{
	struct nos_filter *f = make(text);
	bool ret;

	assert_non_null(f);
	ret = nos_filter_passes(f, &s->of);
	nos_filter_free(f);
	return ret;
}

static void assert_fault(const char *text, size_t offset, const char *message)
{
	struct nos_filter *f = NULL;

	nos_err_clear(&err);
	assert_int_equal(nos_filter_parse(nos_str_of(text), &f, &err), NOS_CONFIG);
	assert_string_equal(err.text, message);
	assert_true(err.has_offset);
	assert_int_equal(err.offset, offset);
}

static void and_binds_before_or_and_not_before_both(void **state)
{
	struct stage s;

	(void)state;
	stage_make(&s);
	/* fresh is true, late is false. */
	assert_true(passes(&s, "fresh || late && late"));
	assert_true(passes(&s, "late && late || fresh"));
	assert_false(passes(&s, "(fresh || late) && late"));
	assert_false(passes(&s, "!fresh || late"));
	assert_true(passes(&s, "!late && fresh"));
	assert_false(passes(&s, "!(late || fresh)"));
	assert_true(passes(&s, "!!fresh"));
	assert_true(passes(&s, "! ( ! (fresh) )"));
	assert_true(passes(&s, "late || late || (late || (late || fresh))"));
	assert_false(passes(&s, "fresh && fresh && (fresh && (fresh && late))"));
	/* The sign is for the whole comparison. */
	assert_true(passes(&s, "!bits < 128"));
	assert_false(passes(&s, "!bits == 128 || late"));
}

static void numbers_are_compared_in_six_ways_and_from_both_sides(void **state)
{
	struct stage s;

	(void)state;
	stage_make(&s);
	s.scores.of[NOS_RULE_ACCURACY] = 0.5;
	assert_true(passes(&s, "accuracy==0.5") && passes(&s, "accuracy <= 0.5"));
	assert_true(passes(&s, "accuracy>=0.5") && passes(&s, "accuracy != 0.4"));
	assert_true(passes(&s, "accuracy >0.4") && passes(&s, "accuracy< 0.6"));
	assert_false(passes(&s, "accuracy != 0.5") || passes(&s, "accuracy < 0.5"));
	assert_false(passes(&s, "accuracy > 0.5") || passes(&s, "accuracy == 0.4"));
	assert_true(passes(&s, "0.4 < accuracy") && passes(&s, "0.6 > accuracy"));
	assert_true(passes(&s, "0.5 <= accuracy") && passes(&s, "0.5 >= accuracy"));
	assert_false(passes(&s, "0.6 <= accuracy") || passes(&s, "0.5 != accuracy"));
	assert_true(passes(&s, "-1 < accuracy && accuracy>-1"));
	assert_true(passes(&s, "5e-1 == accuracy"));
	/* Two of a reading. */
	assert_true(passes(&s, "age < validity"));
	assert_false(passes(&s, "received == expected"));
}

static void a_score_is_what_is_written_of_it(void **state)
{
	struct stage s;

	(void)state;
	stage_make(&s);
	s.scores.of[NOS_RULE_ACCURACY] = 1 - 0.9;
	s.scores.of[NOS_RULE_INTEGRITY] = 1.0 / 3;
	s.scores.of[NOS_RULE_PRECISION] = 0.99999999;
	assert_true(passes(&s, "accuracy == 0.1"));
	assert_true(passes(&s, "integrity == 0.333333"));
	assert_true(passes(&s, "precision == 1"));
}

static void what_is_null_is_neither_true_nor_false(void **state)
{
	struct stage s;

	(void)state;
	stage_make(&s);
	s.scores.of[NOS_RULE_ACCURACY] = NAN;
	for (size_t i = 0; i < 6; i++) {
		static const char *const unknown[] = { "accuracy < 1", "accuracy >= 0",
			"accuracy != 1", "!accuracy == 1", "accuracy == precision",
			"1 != accuracy" };
		char text[100];

		assert_false(passes(&s, unknown[i]));
		snprintf(text, sizeof(text), "!(%s)", unknown[i]);
		assert_false(passes(&s, text));
		snprintf(text, sizeof(text), "%s || fresh", unknown[i]);
		assert_true(passes(&s, text));
		snprintf(text, sizeof(text), "%s && fresh", unknown[i]);
		assert_false(passes(&s, text));
		/* False whatever it is, hence not of it true. */
		snprintf(text, sizeof(text), "!(%s && late)", unknown[i]);
		assert_true(passes(&s, text));
		snprintf(text, sizeof(text), "!(late || %s)", unknown[i]);
		assert_false(passes(&s, text));
	}
	assert_true(passes(&s, "accuracy == null") && passes(&s, "precision != null"));
	assert_true(passes(&s, "null == accuracy"));
	assert_false(passes(&s, "accuracy != null") || passes(&s, "precision == null"));
	assert_true(passes(&s, "accuracy == null || accuracy >= 0.5"));
}

/* Each name against what stands in the record: what it is, and when it is absent. */
static void names_are_those_of_the_record(struct stage *s)
{
	static const char *const numbers[] = { "bits", "tag", "holders", "key_age", "key_period",
		"age", "validity", "error", "sigma", "resolution", "received", "expected",
		"decimals" };
	static const char *const words[] = { "key_state", "proof", "enrolled", "identity" };
	struct nos_scan scan = { 0 };
	const struct nos_scan_value *raw;
	struct nos_buf b;
	char text[200];

	nos_buf_init(&b, 65536);
	nos_buf_add_char(&b, '{');
	nos_measure_encode(&b, &s->in, &s->before, &s->scores);
	nos_buf_add_char(&b, '}');
	assert_int_equal(nos_scan_parse(&scan, nos_buf_str(&b), &err), NOS_OK);
	raw = nos_scan_get(&scan, scan.values, "raw");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct nos_scan_value *v = nos_scan_get(&scan, raw, numbers[i]);

		snprintf(text, sizeof(text), "%s == null", numbers[i]);
		if (v)
			snprintf(text, sizeof(text), "%s == %.*s", numbers[i], NOS_STR_ARG(v->raw));
		assert_true(passes(s, text));
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct nos_scan_value *v = nos_scan_get(&scan, raw, words[i]);

		snprintf(text, sizeof(text), "%s == null", words[i]);
		if (v)
			snprintf(text, sizeof(text), "'%.*s' == %s", NOS_STR_ARG(v->raw), words[i]);
		assert_true(passes(s, text));
	}
	nos_scan_release(&scan);
	nos_buf_release(&b);
}

static void every_measure_is_what_stands_in_the_record(void **state)
{
	struct stage s;

	(void)state;
	stage_make(&s);
	names_are_those_of_the_record(&s);
	s.security.key_state = NOS_RULE_KEY_COMPROMISED;
	s.security.proof = NOS_RULE_PROOF_VOUCHED;
	s.security.open = true;
	s.security.identity = NOS_RULE_IDENTITY_HARDWARE;
	names_are_those_of_the_record(&s);
	s.security = (struct nos_rule_security){ 0 };
	s.in.packs_seen = s.in.packs_expected = 0;
	s.type = nos_rule_unknown;
	s.reading.has_time = false;
	names_are_those_of_the_record(&s);
	s.security.key_period_s = 12;
	s.security.proof = NOS_RULE_PROOF_BEARER;
	s.before.readings = 5;
	s.before.interval_s = 60;
	names_are_those_of_the_record(&s);
	assert_true(passes(&s, "validity == 240"));
}

static void every_score_and_every_flag_has_its_name(void **state)
{
	static const char *const flags[] = { "missing", "late", "future", "past", "no-time",
		"unit" };
	struct stage s;
	char text[64];

	(void)state;
	stage_make(&s);
	for (int i = 0; i < NOS_RULE_COUNT; i++) {
		snprintf(text, sizeof(text), "%s == 0.%d", nos_rule_text((enum nos_rule_name)i), i);
		assert_true(passes(&s, text));
	}
	for (unsigned i = 0; i < 6; i++) {
		s.scores.flags = 1u << i;
		for (unsigned j = 0; j < 6; j++)
			assert_int_equal(passes(&s, flags[j]), i == j);
	}
	assert_true(passes(&s, "fresh"));
	s.security.fresh = false;
	assert_true(passes(&s, "!fresh"));
}

static void a_fault_says_what_it_is_and_where(void **state)
{
	(void)state;
	assert_fault("", 0, "the end stands where a name or a value should");
	assert_fault("accuracy >", 10, "the end stands where a name or a value should");
	assert_fault("fresh && acuracy > 1", 9, "'acuracy' is no score, measure or flag");
	assert_fault("fresh & late", 6, "'&' is no sign of a filter: == != < <= > >= && || ! ( )");
	assert_fault("accuracy = 1", 9, "'=' is no sign of a filter: == != < <= > >= && || ! ( )");
	assert_fault("accuracy", 0, "'accuracy' stands by itself: compare it with something");
	assert_fault("late || 1", 8, "'1' stands by itself: compare it with something");
	assert_fault("late == 1", 0, "'late' is true or false by itself");
	assert_fault("1 == fresh", 5, "'fresh' is true or false by itself");
	assert_fault("fresh late", 6, "'late' stands where && or || should");
	assert_fault("0 < accuracy < 1", 13, "'<' stands where && or || should");
	assert_fault("(fresh", 0, "'(' is not closed");
	assert_fault("(fresh))", 7, "')' closes nothing");
	assert_fault("()", 1, "')' stands where a name or a value should");
	assert_fault("fresh || || late", 9, "'||' stands where a name or a value should");
	assert_fault("accuracy > 'x'", 11, "\"x\" is not a number, as the other side is");
	assert_fault("accuracy > proof", 11, "'proof' is not a number, as the other side is");
	assert_fault("proof == 1", 0, "'proof' is a text: compare it with one in quotes");
	assert_fault("proof < \"key\"", 0, "'proof' is a text: only == and != are for it");
	assert_fault("key_state == \"activ\"", 13, "\"activ\" is none of its words");
	assert_fault("key_state == ''", 13, "\"\" is none of its words");
	assert_fault("proof == 'key", 9, "a quote is not closed");
	assert_fault("1 == 1", 0, "'1' is compared with nothing of a reading");
	assert_fault("accuracy < null", 11, "'null' is neither less nor more than anything");
	assert_fault("accuracy > 0.1.2", 11, "'0.1.2' is not a number");
	assert_fault("accuracy > 0.1234567", 11, "'0.1234567' has more than six decimals");
	assert_fault("bits > 1e16", 7, "'1e16' is over 1e15");
	assert_fault(
	    "bits > 1 \xc3\xa9", 9, "'\xc3' is no sign of a filter: == != < <= > >= && || ! ( )");
}

static void a_filter_has_limits_and_all_within_them_works(void **state)
{
	char text[NOS_FILTER_TEXT_MAX + 2];
	struct nos_filter *f = NULL;
	struct stage s;

	(void)state;
	stage_make(&s);
	memset(text, ' ', sizeof(text));
	memcpy(text, "fresh", 5);
	assert_int_equal(
	    nos_filter_parse((struct nos_str){ text, NOS_FILTER_TEXT_MAX }, &f, &err), NOS_OK);
	nos_filter_free(f);
	assert_int_equal(
	    nos_filter_parse((struct nos_str){ text, NOS_FILTER_TEXT_MAX + 1 }, &f, &err),
	    NOS_CONFIG);
	assert_string_equal(err.text, "a filter is over 1024 bytes");
	/* 32 brackets are taken, 33 are not. */
	memset(text, '(', 33);
	memcpy(text + 32, "fresh", 5);
	memset(text + 37, ')', 32);
	text[69] = '\0';
	assert_true(passes(&s, text));
	memset(text, '(', 33);
	memcpy(text + 33, "fresh", 5);
	assert_fault(text, 32, "'(' is nested too deep");
	/* 102 terms are 203 steps. */
	for (size_t i = 0; i < 102; i++)
		memcpy(text + 7 * i, "fresh&&", 7);
	text[7 * 102 - 2] = '\0';
	assert_true(passes(&s, text));
	for (size_t i = 0; i < 146; i++)
		memcpy(text + 7 * i, "fresh&&", 7);
	text[7 * 146 - 2] = '\0';
	assert_fault(text, 7 * 128 + 5, "the filter has too many terms");
	/* As much as can wait. */
	for (size_t i = 0; i < 16; i++)
		memcpy(text + 10 * i, "late||(!!!", 10);
	memcpy(text + 160, "late", 5);
	assert_fault(text, 149, "'!' is nested too deep");
}

/* Not a test of the machine: a hundred times what is promised. */
static void a_filter_of_three_terms_costs_next_to_nothing(void **state)
{
	struct nos_filter *f = make("authentication >= 0.9 && integrity == 1 && accuracy >= 0.5");
	struct timespec from, to;
	unsigned passed = 0, rounds = 200000;
	struct stage s;
	double ns;

	(void)state;
	stage_make(&s);
	for (int i = 0; i < NOS_RULE_COUNT; i++)
		s.scores.of[i] = 1;
	assert_non_null(f);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (unsigned i = 0; i < rounds; i++)
		passed += nos_filter_passes(f, &s.of);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
	nos_filter_free(f);
	assert_int_equal(passed, rounds);
	if (getenv("NOS_TEST_NS"))
		print_message("%g ns\n", ns / rounds);
	assert_true(ns / rounds < 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(and_binds_before_or_and_not_before_both),
		cmocka_unit_test(numbers_are_compared_in_six_ways_and_from_both_sides),
		cmocka_unit_test(a_score_is_what_is_written_of_it),
		cmocka_unit_test(what_is_null_is_neither_true_nor_false),
		cmocka_unit_test(every_measure_is_what_stands_in_the_record),
		cmocka_unit_test(every_score_and_every_flag_has_its_name),
		cmocka_unit_test(a_fault_says_what_it_is_and_where),
		cmocka_unit_test(a_filter_has_limits_and_all_within_them_works),
		cmocka_unit_test(a_filter_of_three_terms_costs_next_to_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
