/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <math.h>

#include "score/explain.h"

struct stage {
	struct nos_reading reading;
	struct nos_rule_security security;
	struct nos_rule_type type;
	struct nos_rule_state state;
	struct nos_rule_input in;
	struct nos_explain explain;
};

static void stage_make(struct stage *s)
{
	*s = (struct stage){ .reading = { .type = NOS_STR("t"),
				 .kind = NOS_READING_NUMBER,
				 .number = -7.9,
				 .decimals = 1,
				 .has_time = true,
				 .time = { 1547812800000 },
				 .unit = NOS_STR("Cel") },
		.security = { .bits = 128,
		    .tag = 128,
		    .holders = 3,
		    .key_age_s = 907200,
		    .key_period_s = 604800,
		    .key_state = NOS_RULE_KEY_DEACTIVATED,
		    .proof = NOS_RULE_PROOF_KEY,
		    .open = true,
		    .identity = NOS_RULE_IDENTITY_PSEUDONYM,
		    .has_position = true,
		    .decimals = 3 },
		.type = { .unit = NOS_STR("Cel"),
		    .lo = -40,
		    .hi = 50,
		    .soft = 5,
		    .step = 0.005,
		    .u = 0.2,
		    .E = 1,
		    .resolution = 0.1,
		    .sigma = 0.1,
		    .period_s = 900,
		    .validity_s = 3600,
		    .flat = 12 } };
	s->in = (struct nos_rule_input){ .reading = &s->reading,
		.type = &s->type,
		.security = &s->security,
		.received = { 1547812800480 },
		.packs_seen = 3,
		.packs_expected = 4,
		.explain = &s->explain };
}

static struct nos_rule_scores score(struct stage *s)
{
	s->explain = (struct nos_explain){ 0 };
	return nos_rule_score(&s->in, &s->state);
}

static double product(const struct nos_explain *e, enum nos_rule_name rule)
{
	double ret = 1;

	for (size_t i = 0; i < e->count[rule]; i++)
		ret *= e->terms[rule][i].skipped ? 1 : e->terms[rule][i].score;
	return ret;
}

static double least(const struct nos_explain *e, enum nos_rule_name rule)
{
	double ret = NAN;

	for (size_t i = 0; i < e->count[rule]; i++)
		ret = nos_rule_least(ret, e->terms[rule][i].score);
	return ret;
}

static double what_is_left(const struct nos_explain *e, enum nos_rule_name rule)
{
	double ret = 1;

	for (size_t i = 0; i < e->count[rule]; i++)
		ret -= 1 - e->terms[rule][i].score;
	return ret;
}

static void assert_same(double a, double b)
{
	if (isnan(a) || isnan(b))
		assert_true(isnan(a) && isnan(b));
	else
		assert_near(a, b, 1e-12);
}

/* What is said makes the score, and a term says why it was skipped or has a number. */
static void assert_explained(const struct stage *s, const struct nos_rule_scores *scores)
{
	const struct nos_explain *e = &s->explain;

	for (int rule = 0; rule < NOS_RULE_COUNT; rule++) {
		assert_true(e->count[rule] > 0);
		for (size_t i = 0; i < e->count[rule]; i++) {
			const struct nos_explain_term *t = &e->terms[rule][i];

			assert_int_equal(t->skipped != NULL, isnan(t->score));
			assert_true(!t->skipped || !t->count);
			assert_true(t->skipped || (t->score >= 0 && t->score <= 1));
		}
	}
	assert_same(product(e, NOS_RULE_CONFIDENTIALITY), scores->of[NOS_RULE_CONFIDENTIALITY]);
	assert_same(product(e, NOS_RULE_INTEGRITY), scores->of[NOS_RULE_INTEGRITY]);
	assert_same(product(e, NOS_RULE_AUTHENTICATION), scores->of[NOS_RULE_AUTHENTICATION]);
	assert_same(what_is_left(e, NOS_RULE_PRIVACY), scores->of[NOS_RULE_PRIVACY]);
	assert_same(least(e, NOS_RULE_ACCURACY), scores->of[NOS_RULE_ACCURACY]);
	assert_same(least(e, NOS_RULE_PRECISION), scores->of[NOS_RULE_PRECISION]);
	assert_same(least(e, NOS_RULE_TIMELINESS), scores->of[NOS_RULE_TIMELINESS]);
	assert_same(product(e, NOS_RULE_COMPLETENESS), scores->of[NOS_RULE_COMPLETENESS]);
}

static void the_terms_make_the_score_whatever_comes(void **state)
{
	struct stage s;

	(void)state;
	stage_make(&s);
	for (unsigned i = 0; i < 400; i++) {
		struct nos_rule_scores scores, plain;
		struct nos_rule_state before = s.state;

		s.reading.time.ms += i % 7 == 3 ? -900000 : i % 11 == 5 ? 0 : 900000;
		s.reading.number = i % 5 ? 0.1 * (i % 97) : s.reading.number;
		s.reading.kind = i % 13 == 1 ? NOS_READING_MISSING : NOS_READING_NUMBER;
		s.reading.has_time = i % 17 != 2;
		s.in.received.ms = s.reading.time.ms + (int64_t)(i % 19) * 300000 - 60000;
		s.in.unit_unknown = i % 23 == 7;
		s.in.packs_expected = i % 3 ? 4 : 0;
		s.type.sigma = i % 4 ? 0.1 : NAN;
		s.type.period_s = i < 300 ? 900 : NAN;
		s.type.validity_s = i < 200 ? 3600 : NAN;
		s.type.lo = i % 29 ? -40 : NAN;
		s.security.key_state = (enum nos_rule_key_state)(i % 4);
		s.security.proof = (enum nos_rule_proof)(i % 5);
		s.security.identity = (enum nos_rule_identity)(i % 3);
		s.security.has_position = i % 2;
		scores = score(&s);
		assert_explained(&s, &scores);
		/* Nothing is another because somebody asked. */
		s.in.explain = NULL;
		plain = nos_rule_score(&s.in, &before);
		s.in.explain = &s.explain;
		for (int rule = 0; rule < NOS_RULE_COUNT; rule++)
			assert_true((isnan(plain.of[rule]) && isnan(scores.of[rule])) ||
				    plain.of[rule] == scores.of[rule]);
		assert_memory_equal(&before, &s.state, sizeof(before));
	}
}

static void assert_text_has(const struct nos_buf *b, const char *text)
{
	if (!strstr(b->p, text))
		fail_msg("'%s' is not in '%s'", text, b->p);
}

static void it_is_written_as_the_manual_shows_it(void **state)
{
	NOS_AUTO(buf) b = { 0 };
	struct stage s;

	(void)state;
	stage_make(&s);
	score(&s);
	nos_buf_init(&b, 65536);
	nos_buf_add_char(&b, '{');
	nos_explain_encode(&b, &s.explain);
	nos_buf_add_char(&b, '}');
	assert_buf(&b,
	    "{\"explain\":{\"confidentiality\":[{\"term\":\"bits\",\"bits\":128,\"score\":1},"
	    "{\"term\":\"holders\",\"holders\":3,\"score\":0.872417},"
	    "{\"term\":\"age\",\"key_age\":907200,\"key_period\":604800,\"score\":0.666667},"
	    "{\"term\":\"key\",\"score\":0.9}],"
	    "\"integrity\":[{\"term\":\"tag\",\"tag\":128,\"score\":1},"
	    "{\"term\":\"holders\",\"holders\":3,\"score\":0.872417},"
	    "{\"term\":\"fresh\",\"score\":0.5},{\"term\":\"key\",\"score\":0.9}],"
	    "\"privacy\":[{\"term\":\"identity\",\"score\":0.8},"
	    "{\"term\":\"location\",\"decimals\":3,\"metres\":111.32,\"score\":0.904657},"
	    "{\"term\":\"readers\",\"confidentiality\":0.52345,\"score\":0.857035}],"
	    "\"authentication\":[{\"term\":\"proof\",\"score\":1},"
	    "{\"term\":\"enrolled\",\"score\":0.7},"
	    "{\"term\":\"holders\",\"holders\":3,\"score\":0.872417},"
	    "{\"term\":\"age\",\"key_age\":907200,\"key_period\":604800,\"score\":0.666667},"
	    "{\"term\":\"key\",\"score\":0.9}],"
	    "\"accuracy\":[{\"term\":\"range\",\"lo\":-40,\"hi\":50,\"soft\":5,\"score\":1},"
	    "{\"term\":\"step\",\"skipped\":\"no number before\"},"
	    "{\"term\":\"flat\",\"flat\":12,\"run\":1,\"score\":1},"
	    "{\"term\":\"error\",\"u\":0.2,\"E\":1,\"score\":0.8}],"
	    "\"precision\":[{\"term\":\"resolution\",\"resolution\":0.1,\"shown\":0.1,\"score\":1},"
	    "{\"term\":\"dispersion\",\"skipped\":\"fewer than 8 numbers\"}],"
	    "\"timeliness\":[{\"term\":\"age\",\"age\":0.48,\"validity\":3600,\"score\":0.999867}],"
	    "\"completeness\":[{\"term\":\"fields\",\"present\":3,\"required\":3,\"score\":1},"
	    "{\"term\":\"series\",\"packs\":3,\"of_packs\":4,\"slots\":1,\"of_slots\":1,"
	    "\"score\":0.75}]}}");
}

static void a_term_says_why_it_was_skipped(void **state)
{
	static const struct {
		enum nos_rule_flag why;
		const char *step;
	} all[] = {
		{ NOS_RULE_LATE, "\"step\",\"skipped\":\"late\"" },
		{ NOS_RULE_FUTURE, "\"step\",\"skipped\":\"its time is to come\"" },
		{ NOS_RULE_PAST, "\"step\",\"skipped\":\"its time is long past\"" },
		{ NOS_RULE_NO_TIME, "\"step\",\"skipped\":\"no time\"" },
		{ NOS_RULE_MISSING, "\"range\",\"skipped\":\"no number\"" },
		{ NOS_RULE_UNIT, "\"error\",\"skipped\":\"unit is not known\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		NOS_AUTO(buf) b = { 0 };
		struct stage s;

		stage_make(&s);
		score(&s);
		if (all[i].why == NOS_RULE_LATE)
			s.reading.time.ms -= 1000;
		else if (all[i].why == NOS_RULE_FUTURE)
			s.reading.time.ms += 60000;
		else if (all[i].why == NOS_RULE_PAST)
			s.reading.time.ms = 0;
		else if (all[i].why == NOS_RULE_NO_TIME)
			s.reading.has_time = false;
		else if (all[i].why == NOS_RULE_MISSING)
			s.reading.kind = NOS_READING_MISSING;
		else
			s.in.unit_unknown = true;
		assert_int_equal(score(&s).flags, all[i].why);
		nos_buf_init(&b, 65536);
		nos_explain_encode(&b, &s.explain);
		assert_text_has(&b, all[i].step);
	}
}

static void a_type_without_rules_skips_what_it_does_not_say(void **state)
{
	static const char *const why[] = { "no lo and no hi in the rules", "no step in the rules",
		"no flat in the rules", "no u in the rules", "no resolution in the rules",
		"no sigma in the rules", "no validity and no period known",
		"neither packs nor a period known" };
	NOS_AUTO(buf) b = { 0 };
	struct stage s;

	(void)state;
	stage_make(&s);
	s.in.type = &nos_rule_unknown;
	s.in.packs_expected = 0;
	score(&s);
	nos_buf_init(&b, 65536);
	nos_explain_encode(&b, &s.explain);
	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++)
		assert_text_has(&b, why[i]);
}

static void a_table_has_a_line_for_each_term_and_its_columns_are_aligned(void **state)
{
	struct nos_explain e = { 0 };
	struct nos_rule_scores scores = { 0 };
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	scores.of[NOS_RULE_CONFIDENTIALITY] = 0.123456;
	scores.of[NOS_RULE_ACCURACY] = NAN;
	nos_explain_term(&e, NOS_RULE_CONFIDENTIALITY, "bits", 0.5, NULL);
	nos_explain_with(&e, NOS_RULE_CONFIDENTIALITY, "bits", 92);
	nos_explain_with(&e, NOS_RULE_CONFIDENTIALITY, "not", NAN);
	nos_explain_with(&e, NOS_RULE_CONFIDENTIALITY, "x", 1);
	nos_explain_term(&e, NOS_RULE_CONFIDENTIALITY, "holders", 1, NULL);
	nos_explain_term(&e, NOS_RULE_ACCURACY, "step", NAN, "late");
	nos_explain_with(&e, NOS_RULE_ACCURACY, "step", 1);
	nos_buf_init(&b, 65536);
	nos_explain_table(&b, &e, &scores);
	assert_buf(&b, "confidentiality  0.123456  bits        0.5       bits 92, x 1\n"
		       "                           holders     1\n"
		       "integrity        0\n"
		       "privacy          0\n"
		       "authentication   0\n"
		       "accuracy         -         step        -         late\n"
		       "precision        0\n"
		       "timeliness       0\n"
		       "completeness     0\n");
	/* Nobody asks. */
	assert_near(nos_explain_term(NULL, NOS_RULE_ACCURACY, "step", 0.5, NULL), 0.5, 0);
	nos_explain_with(NULL, NOS_RULE_ACCURACY, "step", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_terms_make_the_score_whatever_comes),
		cmocka_unit_test(it_is_written_as_the_manual_shows_it),
		cmocka_unit_test(a_term_says_why_it_was_skipped),
		cmocka_unit_test(a_type_without_rules_skips_what_it_does_not_say),
		cmocka_unit_test(a_table_has_a_line_for_each_term_and_its_columns_are_aligned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
