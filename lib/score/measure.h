/* SPDX-License-Identifier: MIT */
/*
 * The scores of a reading and all that they were computed from, as members of a record: "scores",
 * "raw" and "flags" in the order that nos-formats(7) gives. Pure.
 */
#ifndef NOS_SCORE_MEASURE_H
#define NOS_SCORE_MEASURE_H

#include "score/rule.h"

/* Append the three members; before is the state as it was when the scores were computed. */
void nos_measure_encode(struct nos_buf *b, const struct nos_rule_input *in,
    const struct nos_rule_state *before, const struct nos_rule_scores *scores);

#endif
