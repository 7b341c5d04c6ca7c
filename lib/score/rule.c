/* SPDX-License-Identifier: MIT */
#include "score/rule.h"

#include <assert.h>
#include <math.h>

#include "score/explain.h"

_Static_assert(sizeof(struct nos_rule_state) <= 128, "a node keeps one for each series");

#define FUTURE_MS    5000
#define YEAR_2000_MS INT64_C(946684800000)
#define YEAR_MS	     (INT64_C(365) * 86400 * 1000)

const struct nos_rule_type nos_rule_unknown = {
	.lo = NAN,
	.hi = NAN,
	.soft = NAN,
	.step = NAN,
	.u = NAN,
	.E = NAN,
	.resolution = NAN,
	.sigma = NAN,
	.period_s = NAN,
	.validity_s = NAN,
	.flat = NAN,
};

const char *nos_rule_text(enum nos_rule_name name)
{
	static const char *const texts[] = {
#define X(n, text) [NOS_RULE_##n] = text,
		NOS_RULE_MAP(X)
#undef X
	};

	assert(name < NOS_RULE_COUNT);
	return texts[name];
}

double nos_rule_clamp(double x)
{
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

double nos_rule_holders(
    const struct nos_rule_security *s, enum nos_rule_name rule, struct nos_explain *e)
{
	double h = s->holders > 2 ? s->holders : 2;
	double score = 1 / (1 + 0.25 * log2(h / 2));

	nos_explain_term(e, rule, "holders", score, NULL);
	nos_explain_with(e, rule, "holders", s->holders ? s->holders : NAN);
	return score;
}

double nos_rule_age(
    const struct nos_rule_security *s, enum nos_rule_name rule, struct nos_explain *e)
{
	double a = s->key_period_s > 0 ? s->key_age_s / s->key_period_s : 0;

	a = nos_explain_term(e, rule, "age", a <= 1 ? 1 : fmax(0.25, 1 / a), NULL);
	nos_explain_with(e, rule, "key_age", s->key_period_s > 0 ? s->key_age_s : NAN);
	nos_explain_with(e, rule, "key_period", s->key_period_s > 0 ? s->key_period_s : NAN);
	return a;
}

static double of_state(enum nos_rule_key_state state)
{
	switch (state) {
	case NOS_RULE_KEY_DEACTIVATED:
		return 0.9;
	case NOS_RULE_KEY_COMPROMISED:
		return 0;
	case NOS_RULE_KEY_NONE: /* TLS, or nothing: the other factors say which */
	case NOS_RULE_KEY_ACTIVE:
		break;
	}
	return 1;
}

double nos_rule_key(
    const struct nos_rule_security *s, enum nos_rule_name rule, struct nos_explain *e)
{
	return nos_explain_term(e, rule, "key", of_state(s->key_state), NULL);
}

const char *nos_rule_aside(unsigned flags)
{
	return flags & NOS_RULE_LATE	  ? "late"
	       : flags & NOS_RULE_FUTURE  ? "its time is to come"
	       : flags & NOS_RULE_PAST	  ? "its time is long past"
	       : flags & NOS_RULE_NO_TIME ? "no time"
					  : NULL;
}

double nos_rule_least(double a, double b)
{
	return isnan(a) ? b : isnan(b) ? a : fmin(a, b);
}

static unsigned flags_of(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	const struct nos_reading *r = in->reading;
	unsigned flags = 0;

	if (r->kind == NOS_READING_MISSING)
		flags |= NOS_RULE_MISSING;
	if (in->unit_unknown)
		flags |= NOS_RULE_UNIT;
	if (!r->has_time)
		return flags | NOS_RULE_NO_TIME;
	if (r->time.ms > in->received.ms + FUTURE_MS)
		flags |= NOS_RULE_FUTURE;
	else if (r->time.ms < YEAR_2000_MS || in->received.ms - r->time.ms > YEAR_MS)
		flags |= NOS_RULE_PAST;
	else if (state->readings && r->time.ms < state->newest.ms)
		flags |= NOS_RULE_LATE;
	return flags;
}

struct nos_rule_scores nos_rule_score(const struct nos_rule_input *in, struct nos_rule_state *state)
{
	struct nos_rule_state none = { 0 };
	struct nos_rule_scores ret;
	unsigned flags;

	if (!state)
		state = &none;
	flags = flags_of(in, state);
	ret.flags = flags;
	ret.of[NOS_RULE_CONFIDENTIALITY] = nos_confidentiality_score(in->security, in->explain);
	ret.of[NOS_RULE_INTEGRITY] = nos_integrity_score(in->security, in->explain);
	ret.of[NOS_RULE_PRIVACY] = nos_privacy_score(in->security, in->explain);
	ret.of[NOS_RULE_AUTHENTICATION] = nos_authentication_score(in->security, in->explain);
	ret.of[NOS_RULE_ACCURACY] = nos_accuracy_score(in, state, flags);
	ret.of[NOS_RULE_PRECISION] = nos_precision_score(in, state, flags);
	ret.of[NOS_RULE_TIMELINESS] = nos_timeliness_score(in, state);
	ret.of[NOS_RULE_COMPLETENESS] = nos_completeness_score(in, state, flags);

	/* One wrong clock must not poison a year: it moves nothing. */
	if (flags & (NOS_RULE_FUTURE | NOS_RULE_PAST | NOS_RULE_NO_TIME))
		return ret;
	nos_completeness_move(in, state);
	if (flags & NOS_RULE_LATE)
		return ret;
	nos_precision_move(in, state);
	nos_accuracy_move(in, state);
	nos_timeliness_move(in, state);
	return ret;
}
