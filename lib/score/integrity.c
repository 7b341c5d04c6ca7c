/* SPDX-License-Identifier: MIT */
/* Integrity: could others have changed or repeated it (nos-score(7)). */
#include "score/rule.h"

double nos_integrity_score(const struct nos_rule_security *s)
{
	double tag = nos_rule_clamp((double)s->tag / 96);
	double fresh = s->fresh ? 1 : 0.5;

	return tag * nos_rule_holders(s) * fresh * nos_rule_key(s);
}
