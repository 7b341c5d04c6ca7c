/* SPDX-License-Identifier: MIT */
/* Precision: how fine the number is, and how much it scatters (nos-score(7)). */
#include <math.h>

#include "score/explain.h"

#define RULE	    NOS_RULE_PRECISION
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

/* The finest step that the last 16 numbers show. */
static double finest(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	uint64_t all = with_decimals(in, state);
	unsigned most = 0;

	for (unsigned i = 0; i < LAST; i++, all >>= 4)
		if ((all & 15) > most)
			most = (unsigned)(all & 15);
	return pow(10, -(double)most);
}

static double resolution(
    const struct nos_rule_input *in, const struct nos_rule_state *state, const char *skipped)
{
	double asked = in->type->resolution, shown = NAN, score = NAN;

	if (!skipped && isnan(asked))
		skipped = "no resolution in the rules";
	if (!skipped) {
		shown = finest(in, state);
		score = fmin(1, asked / shown);
	}
	nos_explain_term(in->explain, RULE, "resolution", score, skipped);
	nos_explain_with(in->explain, RULE, "resolution", asked);
	nos_explain_with(in->explain, RULE, "shown", shown);
	return score;
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

static double dispersion(
    const struct nos_rule_input *in, const struct nos_rule_state *state, const char *skipped)
{
	double sigma = in->type->sigma, square = NAN, score = NAN;

	if (!skipped && isnan(sigma))
		skipped = "no sigma in the rules";
	if (!skipped && (state->numbers + 1 < NUMBERS_MIN || !variance(in, state, &square)))
		skipped = "fewer than 8 numbers";
	if (!skipped)
		score = square > 0 ? fmin(1, sigma / sqrt(square)) : 1;
	nos_explain_term(in->explain, RULE, "dispersion", score, skipped);
	nos_explain_with(in->explain, RULE, "sigma", sigma);
	nos_explain_with(in->explain, RULE, "shown", sqrt(square));
	return score;
}

double nos_precision_score(
    const struct nos_rule_input *in, const struct nos_rule_state *state, unsigned flags)
{
	const char *none = in->reading->kind != NOS_READING_NUMBER ? "no number"
			   : flags & NOS_RULE_UNIT		   ? "unit is not known"
								   : NULL;
	double score = resolution(in, state, none);

	return nos_rule_least(score, dispersion(in, state, none ? none : nos_rule_aside(flags)));
}

void nos_precision_move(const struct nos_rule_input *in, struct nos_rule_state *state)
{
	if (in->reading->kind != NOS_READING_NUMBER || in->unit_unknown)
		return;
	state->has_variance = variance(in, state, &state->variance);
	state->decimals = with_decimals(in, state);
}
