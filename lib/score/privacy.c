/* SPDX-License-Identifier: MIT */
/* Privacy: what it tells of whom it is about, and to whom (nos-score(7)). */
#include "score/rule.h"

#include <math.h>

#define METRES_A_DEGREE 111320

/* 1 for a position as fine as a metre, 0 for a kilometre and more, or none. */
static double location(const struct nos_rule_security *s)
{
	double radius_m = METRES_A_DEGREE * pow(10, -(double)s->decimals);

	return s->has_position ? nos_rule_clamp((3 - log10(radius_m)) / 3) : 0;
}

double nos_privacy_score(const struct nos_rule_security *s)
{
	static const double identity[] = {
		[NOS_RULE_IDENTITY_NONE] = 0,
		[NOS_RULE_IDENTITY_PSEUDONYM] = 0.5,
		[NOS_RULE_IDENTITY_HARDWARE] = 1,
	};

	return 1 - 0.4 * identity[s->identity] - 0.3 * location(s) -
	       0.3 * (1 - nos_confidentiality_score(s));
}
