/* SPDX-License-Identifier: MIT */
/*
 * A record whose key is known to others: what it says of security is weighed anew, from its own
 * inputs; what it says of the reading stands as it is, since it was weighed when its series was
 * where it was (nos-score(7), "Taint"). Pure.
 */
#ifndef NOS_SCORE_AMEND_H
#define NOS_SCORE_AMEND_H

#include "json/scan.h"
#include "score/rule.h"

/* Append a member as it stands in what was scanned. */
void nos_amend_copy(
    struct nos_buf *b, const struct nos_scan_value *name, const struct nos_scan_value *value);

/* Append member "scores" of a record, those of security by s; a record that has none has {}. */
void nos_amend_scores(struct nos_buf *b, const struct nos_scan *scan,
    const struct nos_scan_value *record, const struct nos_rule_security *s);

/* Append a record that corrects another as nos-score(1) has it: its own members, "line" (0: none),
 * "scores", "raw", "flags". */
void nos_amend_encode(struct nos_buf *b, const struct nos_scan *scan, uint64_t line,
    const struct nos_rule_security *s);

#endif
