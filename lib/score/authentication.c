/* SPDX-License-Identifier: MIT */
/* Authentication: how well it is known who sent it (nos-score(7)). */
#include "score/explain.h"

#define RULE NOS_RULE_AUTHENTICATION

double nos_authentication_score(const struct nos_rule_security *s, struct nos_explain *e)
{
	static const double means[] = {
		[NOS_RULE_PROOF_NONE] = 0,
		[NOS_RULE_PROOF_CLAIM] = 0.2,
		[NOS_RULE_PROOF_VOUCHED] = 0.25,
		[NOS_RULE_PROOF_BEARER] = 0.6,
		[NOS_RULE_PROOF_KEY] = 1,
	};
	double score = nos_explain_term(e, RULE, "proof", means[s->proof], NULL);

	score *= nos_explain_term(e, RULE, "enrolled", s->open ? 0.7 : 1, NULL);
	score *= nos_rule_holders(s, RULE, e);
	score *= nos_rule_age(s, RULE, e);
	return score * nos_rule_key(s, RULE, e);
}
