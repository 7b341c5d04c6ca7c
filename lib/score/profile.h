/* SPDX-License-Identifier: MIT */
/* Rules of types that are built in, in sets: what a sensor of that kind can say (nos-score(7)).
 * Pure. */
#ifndef NOS_SCORE_PROFILE_H
#define NOS_SCORE_PROFILE_H

#include "score/rule.h"

/* The rules of a type in the built-in sets; nos_rule_unknown where none has it. Never NULL. */
const struct nos_rule_type *nos_profile_find(struct nos_str type);

/* Is it a sentinel that means 'no value' for this type? */
bool nos_profile_is_missing(const struct nos_rule_type *type, double number);

#endif
