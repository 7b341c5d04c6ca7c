/* SPDX-License-Identifier: MIT */
/*
 * A reading as it is weighed: its number said in the unit of its type's rules, a sentinel taken for
 * missing; and what it was as it came (nos-score(7), "Readings"). Pure.
 */
#ifndef NOS_SCORE_NORMAL_H
#define NOS_SCORE_NORMAL_H

#include "base/buf.h"
#include "score/rule.h"

struct nos_normal {
	struct nos_reading reading; /* unit: the type's, where the one that came is understood */
	bool unit_unknown;	    /* no number of the type's unit can be made of it */

	/* Where the unit of a number, or of none, came under another name: both as they came. */
	bool converted;
	struct nos_str sent_value; /* len 0: it was missing */
	struct nos_str sent_unit;

	/* The number where it is another than the one that came, at most six decimals; one that
	 * has no room in here is missing. */
	char number[32];
};

/* Texts of *ret point into *came's, into *type, and into *ret itself: it is not to be copied. */
void nos_normal_make(
    const struct nos_reading *came, const struct nos_rule_type *type, struct nos_normal *ret);

/* What the rules are to know of it beside the type; it points into *n. */
void nos_normal_tell(const struct nos_normal *n, struct nos_rule_input *ret);

#endif
