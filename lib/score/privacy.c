/* SPDX-License-Identifier: MIT */
/* Privacy: what it tells of whom it is about, and to whom (nos-score(7)). */
#include <math.h>

#include "score/explain.h"

#define RULE		NOS_RULE_PRIVACY
#define METRES_A_DEGREE 111320

/* What is lost to privacy; as a term, what remains of it. */
static double identity(const struct nos_rule_security *s, struct nos_explain *e)
{
	static const double known[] = {
		[NOS_RULE_IDENTITY_NONE] = 0,
		[NOS_RULE_IDENTITY_PSEUDONYM] = 0.5,
		[NOS_RULE_IDENTITY_HARDWARE] = 1,
	};
	double lost = 0.4 * known[s->identity];

	nos_explain_term(e, RULE, "identity", 1 - lost, NULL);
	return lost;
}

/* Most for a position as fine as a metre, none for a kilometre and more, or none. */
static double location(const struct nos_rule_security *s, struct nos_explain *e)
{
	double radius_m = METRES_A_DEGREE * pow(10, -(double)s->decimals);
	double lost = s->has_position ? 0.3 * nos_rule_clamp((3 - log10(radius_m)) / 3) : 0;

	nos_explain_term(e, RULE, "location", 1 - lost, NULL);
	nos_explain_with(e, RULE, "decimals", s->has_position ? s->decimals : NAN);
	nos_explain_with(e, RULE, "metres", s->has_position ? radius_m : NAN);
	return lost;
}

static double readers(const struct nos_rule_security *s, struct nos_explain *e)
{
	double confidentiality = nos_confidentiality_score(s, NULL);
	double lost = 0.3 * (1 - confidentiality);

	nos_explain_term(e, RULE, "readers", 1 - lost, NULL);
	nos_explain_with(e, RULE, "confidentiality", confidentiality);
	return lost;
}

double nos_privacy_score(const struct nos_rule_security *s, struct nos_explain *e)
{
	double score = 1 - identity(s, e);

	score -= location(s, e);
	return score - readers(s, e);
}
