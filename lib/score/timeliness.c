/* SPDX-License-Identifier: MIT */
/* Timeliness: how old it was when it came (nos-score(7)). */
#include <math.h>

#include "score/explain.h"

#define WEIGHT	     0.1 /* of the newest interval in the EWMA */
#define READINGS_MIN 4	 /* before the interval says anything */
#define PERIODS	     4	 /* a reading holds for, where nothing else is said */

double nos_timeliness_validity_s(
    const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	if (!isnan(in->type->validity_s))
		return in->type->validity_s;
	if (!isnan(in->type->period_s))
		return PERIODS * in->type->period_s;
	if (state->readings >= READINGS_MIN && state->interval_s > 0)
		return PERIODS * state->interval_s;
	return NAN;
}

double nos_timeliness_score(const struct nos_rule_input *in, const struct nos_rule_state *state)
{
	double valid_s = nos_timeliness_validity_s(in, state);
	double age_s = (double)(in->received.ms - in->reading->time.ms) / 1000, score = NAN;
	const char *skipped = !in->reading->has_time ? "no time"
			      : isnan(valid_s)	     ? "no validity and no period known"
						     : NULL;

	if (!skipped)
		score = fmax(0, 1 - fabs(age_s) / valid_s);
	nos_explain_term(in->explain, NOS_RULE_TIMELINESS, "age", score, skipped);
	nos_explain_with(in->explain, NOS_RULE_TIMELINESS, "age", age_s);
	nos_explain_with(in->explain, NOS_RULE_TIMELINESS, "validity", valid_s);
	return score;
}

void nos_timeliness_move(const struct nos_rule_input *in, struct nos_rule_state *state)
{
	double span_s = (double)(in->reading->time.ms - state->newest.ms) / 1000;

	if (state->readings == 1)
		state->interval_s = span_s;
	else if (state->readings > 1)
		state->interval_s += WEIGHT * (span_s - state->interval_s);
	state->newest = in->reading->time;
	if (state->readings < UINT32_MAX)
		state->readings++;
}
