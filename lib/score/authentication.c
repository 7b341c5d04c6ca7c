/* SPDX-License-Identifier: MIT */
/* Authentication: how well it is known who sent it (nos-score(7)). */
#include "score/rule.h"

double nos_authentication_score(const struct nos_rule_security *s)
{
	static const double means[] = {
		[NOS_RULE_PROOF_NONE] = 0,
		[NOS_RULE_PROOF_CLAIM] = 0.2,
		[NOS_RULE_PROOF_VOUCHED] = 0.25,
		[NOS_RULE_PROOF_BEARER] = 0.6,
		[NOS_RULE_PROOF_KEY] = 1,
	};
	double registered = s->open ? 0.7 : 1;

	return means[s->proof] * registered * nos_rule_holders(s) * nos_rule_age(s) *
	       nos_rule_key(s);
}
