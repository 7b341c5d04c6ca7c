/* SPDX-License-Identifier: MIT */
/* Every worked example of nos-score(7). */
#include "../test.h"

#include <math.h>

#include "score/rule.h"

static const struct nos_rule_security anonymous = { 0 };
static const struct nos_rule_security pairwise = {
	.bits = 128,
	.tag = 128,
	.holders = 2,
	.key_age_s = 302400,
	.key_period_s = 604800,
	.key_state = NOS_RULE_KEY_ACTIVE,
	.proof = NOS_RULE_PROOF_KEY,
	.fresh = true,
	.identity = NOS_RULE_IDENTITY_PSEUDONYM,
};

static void assert_security(
    struct nos_rule_security s, double conf, double integ, double auth, double priv)
{
	assert_near(nos_confidentiality_score(&s, NULL), conf, 5e-5);
	assert_near(nos_integrity_score(&s, NULL), integ, 5e-5);
	assert_near(nos_authentication_score(&s, NULL), auth, 5e-5);
	assert_near(nos_privacy_score(&s, NULL), priv, 5e-4 * (priv == 0.633) + 5e-5);
}

static void security_is_scored_as_the_manual_works_it(void **state)
{
	struct nos_rule_security s;

	(void)state;
	assert_security(pairwise, 1, 1, 1, 0.8);
	s = pairwise;
	s.bits = 64, s.tag = 0, s.proof = NOS_RULE_PROOF_CLAIM;
	assert_security(s, 0.1111, 0, 0.2, 0.5333);
	s = pairwise;
	s.holders = 65;
	assert_security(s, 0.4433, 0.4433, 0.4433, 0.633);
	s = pairwise;
	s.key_age_s = 1.5 * s.key_period_s, s.key_state = NOS_RULE_KEY_DEACTIVATED;
	assert_security(s, 0.6, 0.9, 0.6, 0.68);
	s = pairwise;
	s.open = true;
	assert_security(s, 1, 1, 0.7, 0.8);
	s = pairwise;
	s.proof = NOS_RULE_PROOF_BEARER, s.fresh = false, s.key_state = NOS_RULE_KEY_NONE;
	s.key_age_s = s.key_period_s = 0;
	assert_security(s, 1, 0.5, 0.6, 0.8);
	assert_security(anonymous, 0, 0, 0, 0.7);
	s = pairwise;
	s.identity = NOS_RULE_IDENTITY_HARDWARE, s.has_position = true, s.decimals = 5;
	assert_security(s, 1, 1, 1, 0.3047);
}

static void a_compromised_key_proves_nothing(void **state)
{
	struct nos_rule_security s = pairwise;

	(void)state;
	s.key_state = NOS_RULE_KEY_COMPROMISED;
	assert_security(s, 0, 0, 0, 0.5);
}

static void every_security_score_stays_in_its_range(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int i = 0; i < 20000; i++) {
		struct nos_rule_security s = {
			.bits = (unsigned)rand_r(&seed) % 512,
			.tag = (unsigned)rand_r(&seed) % 256,
			.holders = (unsigned)rand_r(&seed) % 1000000,
			.key_age_s = rand_r(&seed),
			.key_period_s = rand_r(&seed) % 3 ? rand_r(&seed) : 0,
			.key_state = (enum nos_rule_key_state)(rand_r(&seed) % 4),
			.proof = (enum nos_rule_proof)(rand_r(&seed) % 5),
			.open = rand_r(&seed) % 2,
			.fresh = rand_r(&seed) % 2,
			.identity = (enum nos_rule_identity)(rand_r(&seed) % 3),
			.has_position = rand_r(&seed) % 2,
			.decimals = (unsigned)rand_r(&seed) % 16,
		};
		double all[] = { nos_confidentiality_score(&s, NULL), nos_integrity_score(&s, NULL),
			nos_authentication_score(&s, NULL), nos_privacy_score(&s, NULL) };

		for (size_t j = 0; j < 4; j++)
			if (!(all[j] >= 0 && all[j] <= 1))
				fail_msg("score %zu is %g", j, all[j]);
	}
}

/* A series: numbers come one after another, received age_s after their time. */
struct series {
	struct nos_rule_type type;
	struct nos_rule_state state;
	struct nos_reading reading;
};

static struct series series_of(struct nos_rule_type type)
{
	return (struct series){ .type = type };
}

static struct nos_rule_scores come(
    struct series *s, double v, unsigned decimals, double at_s, double age_s)
{
	struct nos_rule_input in = {
		.reading = &s->reading, .type = &s->type, .security = &pairwise
	};
	const int64_t start_ms = INT64_C(1547812800) * 1000;

	s->reading.type = NOS_STR("air_temperature");
	s->reading.kind = isnan(v) ? NOS_READING_MISSING : NOS_READING_NUMBER;
	s->reading.number = v;
	s->reading.decimals = decimals;
	s->reading.has_time = true;
	s->reading.time.ms = start_ms + (int64_t)(at_s * 1000);
	in.received.ms = s->reading.time.ms + (int64_t)(age_s * 1000);
	return nos_rule_score(&in, &s->state);
}

static void accuracy_is_scored_as_the_manual_works_it(void **state)
{
	struct nos_rule_type t = nos_rule_unknown;
	struct series s;
	struct nos_rule_scores r;

	(void)state;
	t.step = 0.005, t.u = 0.2, t.E = 1;
	s = series_of(t);
	come(&s, -7.9, 1, 0, 0);
	r = come(&s, -8.5, 1, 900, 0);
	assert_near(r.of[NOS_RULE_ACCURACY], 0.8, 1e-9);

	t = nos_rule_unknown, t.step = 0.005;
	s = series_of(t);
	come(&s, -8.5, 1, 0, 0);
	r = come(&s, 4.1, 1, 900, 0);
	assert_near(r.of[NOS_RULE_ACCURACY], 0.1, 1e-9);

	t = nos_rule_unknown, t.flat = 12;
	s = series_of(t);
	for (int i = 0; i < 16; i++)
		r = come(&s, 5, 0, i, 0);
	assert_near(r.of[NOS_RULE_ACCURACY], 0.75, 1e-9);

	t = nos_rule_unknown, t.hi = 100, t.soft = 5;
	s = series_of(t);
	r = come(&s, 100.5, 1, 0, 0);
	assert_near(r.of[NOS_RULE_ACCURACY], 0.9, 1e-9);
}

static void precision_is_scored_as_the_manual_works_it(void **state)
{
	static const double numbers[] = { 21.5, 21.6, 21.4, 21.7, 21.5, 21.6 };
	struct nos_rule_type t = nos_rule_unknown;
	struct series s;
	struct nos_rule_scores r;

	(void)state;
	t.resolution = 0.1;
	s = series_of(t);
	for (int i = 0; i < 16; i++)
		r = come(&s, i, 0, i, 0);
	assert_near(r.of[NOS_RULE_PRECISION], 0.1, 1e-9);
	r = come(&s, 3.5, 1, 17, 0);
	assert_near(r.of[NOS_RULE_PRECISION], 1, 1e-9);

	t = nos_rule_unknown, t.sigma = 0.1;
	s = series_of(t);
	for (int i = 0; i < 6; i++) {
		r = come(&s, numbers[i], 1, i, 0);
		assert_true(isnan(r.of[NOS_RULE_PRECISION])); /* too few for a score */
	}
	assert_near(sqrt(s.state.variance), 0.1399, 5e-5);
	assert_near(fmin(1, t.sigma / sqrt(s.state.variance)), 0.715, 5e-4);
}

static void a_scatter_of_nothing_is_precise_once_there_are_eight(void **state)
{
	struct nos_rule_type t = nos_rule_unknown;
	struct series s;
	struct nos_rule_scores r;

	(void)state;
	t.sigma = 0.1;
	s = series_of(t);
	for (int i = 0; i < 8; i++) {
		r = come(&s, 20, 0, i, 0);
		assert_int_equal(isnan(r.of[NOS_RULE_PRECISION]), i < 7);
	}
	assert_near(r.of[NOS_RULE_PRECISION], 1, 0);
}

static void timeliness_is_scored_as_the_manual_works_it(void **state)
{
	struct nos_rule_type t = nos_rule_unknown;
	struct series s;
	struct nos_rule_scores r;

	(void)state;
	t.validity_s = 1800;
	s = series_of(t);
	r = come(&s, 1, 0, 0, 480);
	assert_near(r.of[NOS_RULE_TIMELINESS], 0.7333, 5e-5);
	r = come(&s, 1, 0, 0, -600);
	assert_near(r.of[NOS_RULE_TIMELINESS], 0.6667, 5e-5);
	assert_int_equal(r.flags, NOS_RULE_FUTURE);
	r = come(&s, 1, 0, 0, 2000);
	assert_near(r.of[NOS_RULE_TIMELINESS], 0, 0);
}

static void completeness_is_scored_as_the_manual_works_it(void **state)
{
	static const int slots[] = { 0, 1, 2, 3, 5, 6, 7 };
	struct nos_rule_type t = nos_rule_unknown;
	struct series s, named;
	struct nos_rule_scores r;

	(void)state;
	t.period_s = 900;
	s = series_of(t);
	for (size_t i = 0; i < 7; i++)
		r = come(&s, (double)i, 0, slots[i] * 900, 0);
	assert_near(r.of[NOS_RULE_COMPLETENESS], 0.875, 1e-9);
	named = s;
	r = come(&s, 4, 0, 4 * 900, 0);
	assert_int_equal(r.flags, NOS_RULE_LATE);
	assert_near(r.of[NOS_RULE_COMPLETENESS], 1, 1e-9);

	named = series_of(t);
	named.type.unit = NOS_STR("Cel");
	for (size_t i = 0; i < 7; i++)
		r = come(&named, (double)i, 0, slots[i] * 900, 0);
	assert_near(r.of[NOS_RULE_COMPLETENESS], 0.5833, 5e-5);
}

static void a_late_reading_fills_its_slot_and_changes_nothing_else(void **state)
{
	struct nos_rule_type t = nos_rule_unknown;
	struct series s;
	struct nos_rule_state before;

	(void)state;
	t.period_s = 900, t.step = 0.005, t.sigma = 0.1;
	s = series_of(t);
	come(&s, 1, 0, 0, 0);
	come(&s, 2, 0, 1800, 0);
	before = s.state;
	assert_int_equal(come(&s, 90, 3, 900, 0).flags, NOS_RULE_LATE);
	assert_true(s.state.slots == (before.slots | 2));
	s.state.slots = before.slots;
	assert_memory_equal(&s.state, &before, sizeof(before));
}

static void a_wrong_clock_moves_no_state_at_all(void **state)
{
	struct nos_rule_type t = nos_rule_unknown;
	struct series s;
	struct nos_rule_state before;

	(void)state;
	t.period_s = 900;
	s = series_of(t);
	come(&s, 1, 0, 0, 0);
	before = s.state;
	assert_int_equal(come(&s, 2, 0, 86400, -6).flags, NOS_RULE_FUTURE);
	assert_int_equal(come(&s, 2, 0, 900, 366.0 * 86400).flags, NOS_RULE_PAST);
	assert_int_equal(come(&s, 2, 0, -700000000, 0).flags, NOS_RULE_PAST);
	assert_memory_equal(&s.state, &before, sizeof(before));
	assert_int_equal(come(&s, 2, 0, 900, -4).flags, 0);
}

static void a_missing_value_has_no_accuracy_and_less_completeness(void **state)
{
	struct nos_rule_type t = nos_rule_unknown;
	struct series s;
	struct nos_rule_scores r;

	(void)state;
	t.u = 0.2, t.E = 1, t.resolution = 0.1;
	s = series_of(t);
	r = come(&s, NAN, 0, 0, 0);
	assert_int_equal(r.flags, NOS_RULE_MISSING);
	assert_true(isnan(r.of[NOS_RULE_ACCURACY]) && isnan(r.of[NOS_RULE_PRECISION]));
	assert_near(r.of[NOS_RULE_COMPLETENESS], 0.5, 1e-9);
}

static void without_rules_and_time_there_is_no_evidence(void **state)
{
	struct nos_reading reading = {
		.kind = NOS_READING_NUMBER, .number = 5, .type = NOS_STR("x")
	};
	const struct nos_rule_input in = {
		.reading = &reading, .type = &nos_rule_unknown, .security = &anonymous
	};
	struct nos_rule_scores r = nos_rule_score(&in, NULL);

	(void)state;
	assert_int_equal(r.flags, NOS_RULE_NO_TIME);
	assert_true(isnan(r.of[NOS_RULE_ACCURACY]) && isnan(r.of[NOS_RULE_PRECISION]) &&
		    isnan(r.of[NOS_RULE_TIMELINESS]));
	assert_near(r.of[NOS_RULE_COMPLETENESS], 0.5, 1e-9);
}

static void an_interval_that_is_seen_four_times_says_how_long_a_reading_holds(void **state)
{
	struct series s = series_of(nos_rule_unknown);
	struct nos_rule_scores r;

	(void)state;
	for (int i = 0; i < 5; i++) {
		r = come(&s, i, 0, i * 100, 100);
		assert_int_equal(isnan(r.of[NOS_RULE_TIMELINESS]), i < 4);
	}
	assert_near(r.of[NOS_RULE_TIMELINESS], 0.75, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(security_is_scored_as_the_manual_works_it),
		cmocka_unit_test(a_compromised_key_proves_nothing),
		cmocka_unit_test(every_security_score_stays_in_its_range),
		cmocka_unit_test(accuracy_is_scored_as_the_manual_works_it),
		cmocka_unit_test(precision_is_scored_as_the_manual_works_it),
		cmocka_unit_test(a_scatter_of_nothing_is_precise_once_there_are_eight),
		cmocka_unit_test(timeliness_is_scored_as_the_manual_works_it),
		cmocka_unit_test(completeness_is_scored_as_the_manual_works_it),
		cmocka_unit_test(a_late_reading_fills_its_slot_and_changes_nothing_else),
		cmocka_unit_test(a_wrong_clock_moves_no_state_at_all),
		cmocka_unit_test(a_missing_value_has_no_accuracy_and_less_completeness),
		cmocka_unit_test(without_rules_and_time_there_is_no_evidence),
		cmocka_unit_test(an_interval_that_is_seen_four_times_says_how_long_a_reading_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
