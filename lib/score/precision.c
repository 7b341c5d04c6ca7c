/* SPDX-License-Identifier: MIT */
/* Precision: how fine the number is, and how much it scatters (nos-score(7)). */
#include "score/rule.h"

#include <math.h>

#define WEIGHT	    0.1		      /* of the newest square in the EWMA */
#define NUMBERS_MIN 8		      /* before the scatter says anything */
#define SECOND_DIFF 6.0		      /* variance of v - 2v' + v'' of white noise, in those of v */
#define CAP	    (9 * SECOND_DIFF) /* three sigma, squared */
#define LAST	    16

/* The decimals of the last 16 numbers, this one among them. */
static uint64_t with_decimals(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	unsigned decimals = in->reading->decimals < 15 ? in->reading->decimals : 15;

	return state->decimals << 4 | decimals;
}

static double resolution(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	uint64_t all = with_decimals(in, state);
	unsigned most = 0;

	if (isnan(in->type->resolution))
		return NAN;
	for (unsigned i = 0; i < LAST; i++, all >>= 4)
		if ((all & 15) > most)
			most = (unsigned)(all & 15);
	return fmin(1, in->type->resolution / pow(10, -(double)most));
}

/* The variance with this number counted; true if there is one. */
static bool variance(
    const struct nos_rule_input *in, const struct nos_rule_state *state, double *ret)
{
	double sigma = isnan(in->type->sigma) ? 0 : in->type->sigma, square;

	*ret = state->variance;
	if (state->numbers < 2)
		return state->has_variance;
	square = pow(in->reading->number - 2 * state->last + state->before, 2);
	if (sigma > 0)
		square = fmin(square, CAP * fmax(state->variance, sigma * sigma));
	square /= SECOND_DIFF;
	*ret = state->has_variance ? (1 - WEIGHT) * state->variance + WEIGHT * square : square;
	return true;
}

static double dispersion(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	double square;

	if (isnan(in->type->sigma) || state->numbers + 1 < NUMBERS_MIN ||
	    !variance(in, state, &square))
		return NAN;
	return square > 0 ? fmin(1, in->type->sigma / sqrt(square)) : 1;
}

double nos_precision_score(
    const struct nos_rule_input *in, const struct nos_rule_state *state, unsigned flags)
{
	if (in->reading->kind != NOS_READING_NUMBER || flags & NOS_RULE_UNIT)
		return NAN;
	if (flags & (NOS_RULE_LATE | NOS_RULE_FUTURE | NOS_RULE_PAST | NOS_RULE_NO_TIME))
		return resolution(in, state);
	return nos_rule_least(resolution(in, state), dispersion(in, state));
}

void nos_precision_move(const struct nos_rule_input *in, struct nos_rule_state *state)
{
	if (in->reading->kind != NOS_READING_NUMBER || in->unit_unknown)
		return;
	state->has_variance = variance(in, state, &state->variance);
	state->decimals = with_decimals(in, state);
}
