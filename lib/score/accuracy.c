/* SPDX-License-Identifier: MIT */
/* Accuracy: does the number fit its sensor and what went before (nos-score(7)). */
#include "score/rule.h"

#include <math.h>

static double range(double v, const struct nos_rule_type *t)
{
	double soft = isnan(t->soft) ? 0 : t->soft, beyond;

	if (isnan(t->lo) && isnan(t->hi))
		return NAN;
	beyond = fmax(isnan(t->lo) ? 0 : t->lo - v, isnan(t->hi) ? 0 : v - t->hi);
	if (beyond <= 0)
		return 1;
	return soft > 0 ? nos_rule_clamp(1 - beyond / soft) : 0;
}

static double step(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	double span_s = (double)(in->reading->time.ms - state->newest.ms) / 1000, slope;

	if (isnan(in->type->step) || !state->numbers || span_s <= 0)
		return NAN;
	slope = fabs(in->reading->number - state->last) / span_s;
	return nos_rule_clamp((3 * in->type->step - slope) / (2 * in->type->step));
}

static bool is_equal_to_last(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	return state->numbers && in->reading->number == state->last;
}

static double flat(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	double run = is_equal_to_last(in, state) ? (double)state->run + 1 : 1;

	if (isnan(in->type->flat))
		return NAN;
	return run <= in->type->flat ? 1 : in->type->flat / run;
}

static double error(const struct nos_rule_type *t)
{
	return isnan(t->u) || isnan(t->E) ? NAN : 1 - fmin(1, t->u / t->E);
}

double nos_accuracy_score(
    const struct nos_rule_input *in, const struct nos_rule_state *state, unsigned flags)
{
	double score;

	if (in->reading->kind != NOS_READING_NUMBER)
		return NAN;
	score = error(in->type);
	if (!(flags & NOS_RULE_UNIT))
		score = nos_rule_least(score, range(in->reading->number, in->type));
	/* Against what went before: only for a reading that comes after it, in its unit. */
	if (flags &
	    (NOS_RULE_LATE | NOS_RULE_FUTURE | NOS_RULE_PAST | NOS_RULE_NO_TIME | NOS_RULE_UNIT))
		return score;
	score = nos_rule_least(score, step(in, state));
	return nos_rule_least(score, flat(in, state));
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
