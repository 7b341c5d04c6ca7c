/* SPDX-License-Identifier: MIT */
/* Confidentiality: could others read it on its way (nos-score(7)). */
#include "score/explain.h"

#define RULE NOS_RULE_CONFIDENTIALITY

/* f(b): 0 for the 56 bits that anyone can search, 1 for 128. */
static double bits(const struct nos_rule_security *s, struct nos_explain *e)
{
	double score = nos_rule_clamp(((double)s->bits - 56) / 72);

	nos_explain_term(e, RULE, "bits", score, NULL);
	nos_explain_with(e, RULE, "bits", s->bits);
	return score;
}

double nos_confidentiality_score(const struct nos_rule_security *s, struct nos_explain *e)
{
	double score = bits(s, e);

	score *= nos_rule_holders(s, RULE, e);
	score *= nos_rule_age(s, RULE, e);
	return score * nos_rule_key(s, RULE, e);
}
