/* SPDX-License-Identifier: MIT */
/* Accuracy: does the number fit its sensor and what went before (nos-score(7)). */
#include <math.h>

#include "score/explain.h"

#define RULE NOS_RULE_ACCURACY

static double fit(double v, const struct nos_rule_type *t)
{
	double soft = isnan(t->soft) ? 0 : t->soft, beyond;

	beyond = fmax(isnan(t->lo) ? 0 : t->lo - v, isnan(t->hi) ? 0 : v - t->hi);
	if (beyond <= 0)
		return 1;
	return soft > 0 ? nos_rule_clamp(1 - beyond / soft) : 0;
}

static double range(const struct nos_rule_input *in, const char *skipped)
{
	const struct nos_rule_type *t = in->type;
	double score = NAN;

	if (!skipped && isnan(t->lo) && isnan(t->hi))
		skipped = "no lo and no hi in the rules";
	if (!skipped)
		score = fit(in->reading->number, t);
	nos_explain_term(in->explain, RULE, "range", score, skipped);
	nos_explain_with(in->explain, RULE, "lo", t->lo);
	nos_explain_with(in->explain, RULE, "hi", t->hi);
	nos_explain_with(in->explain, RULE, "soft", t->soft);
	return score;
}

static double step(
    const struct nos_rule_input *in, const struct nos_rule_state *state, const char *skipped)
{
	double span_s = (double)(in->reading->time.ms - state->newest.ms) / 1000;
	double most = in->type->step, slope = NAN, score = NAN;

	if (!skipped)
		skipped = isnan(most)	    ? "no step in the rules"
			  : !state->numbers ? "no number before"
			  : span_s <= 0	    ? "of the same time as the number before"
					    : NULL;
	if (!skipped) {
		slope = fabs(in->reading->number - state->last) / span_s;
		score = nos_rule_clamp((3 * most - slope) / (2 * most));
	}
	nos_explain_term(in->explain, RULE, "step", score, skipped);
	nos_explain_with(in->explain, RULE, "step", most);
	nos_explain_with(in->explain, RULE, "d", slope);
	return score;
}

static bool is_equal_to_last(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	return state->numbers && in->reading->number == state->last;
}

static double flat(
    const struct nos_rule_input *in, const struct nos_rule_state *state, const char *skipped)
{
	double run = is_equal_to_last(in, state) ? (double)state->run + 1 : 1;
	double most = in->type->flat, score = NAN;

	if (!skipped && isnan(most))
		skipped = "no flat in the rules";
	if (!skipped)
		score = run <= most ? 1 : most / run;
	nos_explain_term(in->explain, RULE, "flat", score, skipped);
	nos_explain_with(in->explain, RULE, "flat", most);
	nos_explain_with(in->explain, RULE, "run", run);
	return score;
}

static double error(const struct nos_rule_input *in, const char *skipped)
{
	const struct nos_rule_type *t = in->type;
	double score = NAN;

	if (!skipped && (isnan(t->u) || isnan(t->E)))
		skipped = isnan(t->u) ? "no u in the rules" : "no E in the rules";
	if (!skipped)
		score = 1 - fmin(1, t->u / t->E);
	nos_explain_term(in->explain, RULE, "error", score, skipped);
	nos_explain_with(in->explain, RULE, "u", t->u);
	nos_explain_with(in->explain, RULE, "E", t->E);
	return score;
}

double nos_accuracy_score(
    const struct nos_rule_input *in, const struct nos_rule_state *state, unsigned flags)
{
	const char *none = in->reading->kind != NOS_READING_NUMBER ? "no number"
			   : flags & NOS_RULE_UNIT		   ? "unit is not known"
								   : NULL;
	/* Against what went before: only for a reading that comes after it. */
	const char *aside = none ? none : nos_rule_aside(flags);
	double score = range(in, none);

	score = nos_rule_least(score, step(in, state, aside));
	score = nos_rule_least(score, flat(in, state, aside));
	return nos_rule_least(score, error(in, none));
}

void nos_accuracy_move(const struct nos_rule_input *in, struct nos_rule_state *state)
{
	if (in->reading->kind != NOS_READING_NUMBER || in->unit_unknown)
		return;
	if (!is_equal_to_last(in, state))
		state->run = 0;
	if (state->run < UINT32_MAX)
		state->run++;
	state->before = state->last;
	state->last = in->reading->number;
	if (state->numbers < UINT32_MAX)
		state->numbers++;
}
