/* SPDX-License-Identifier: MIT */
/* Confidentiality: could others read it on its way (nos-score(7)). */
#include "score/rule.h"

double nos_confidentiality_score(const struct nos_rule_security *s)
{
	return nos_rule_bits(s) * nos_rule_holders(s) * nos_rule_age(s) * nos_rule_key(s);
}
