/* SPDX-License-Identifier: MIT */
/* Integrity: could others have changed or repeated it (nos-score(7)). */
#include "score/explain.h"

#define RULE NOS_RULE_INTEGRITY

static double tag(const struct nos_rule_security *s, struct nos_explain *e)
{
	double score = nos_rule_clamp((double)s->tag / 96);

	nos_explain_term(e, RULE, "tag", score, NULL);
	nos_explain_with(e, RULE, "tag", s->tag);
	return score;
}

double nos_integrity_score(const struct nos_rule_security *s, struct nos_explain *e)
{
	double score = tag(s, e);

	score *= nos_rule_holders(s, RULE, e);
	score *= nos_explain_term(e, RULE, "fresh", s->fresh ? 1 : 0.5, NULL);
	return score * nos_rule_key(s, RULE, e);
}
