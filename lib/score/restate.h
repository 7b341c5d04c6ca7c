/* SPDX-License-Identifier: MIT */
/*
 * A record whose key is known to others: what it says of security is weighed anew, from its own
 * inputs; what it says of the reading stands as it is, since it was weighed when its series was
 * where it was (nos-score(7), "Taint"). Pure.
 */
#ifndef NOS_SCORE_RESTATE_H
#define NOS_SCORE_RESTATE_H

#include "json/scan.h"
#include "score/filter.h"
#include "score/measure.h"
#include "score/rule.h"

/* What a filter may ask of it. It points into itself: it is not to be copied. */
struct nos_restate {
	const struct nos_scan *scan;
	const struct nos_scan_value *record;
	struct nos_rule_type type; /* what "raw" says of it, and no more */
	struct nos_rule_state before;
	struct nos_rule_input in;
	struct nos_rule_scores scores;
};

/* A record of the scan, and what is read of it already; all must outlive *ret. e: NULL, or why the
 * scores of security are what they are. */
void nos_restate_weigh(const struct nos_scan *scan, const struct nos_scan_value *record,
    const struct nos_measure *m, const struct nos_reading *reading, struct nos_explain *e,
    struct nos_restate *ret);

bool nos_restate_passes(const struct nos_restate *a, const struct nos_filter *f);

/* Append a member as it stands in what was scanned. */
void nos_restate_copy(
    struct nos_buf *b, const struct nos_scan_value *name, const struct nos_scan_value *value);

/* Append member "scores" of the record, those of security anew. */
void nos_restate_scores(struct nos_buf *b, const struct nos_restate *a);

/* Append the members of a record that corrects another as nos-score(1) has them: its own, "line"
 * (0: none), "scores", "raw", "flags". */
void nos_restate_encode(struct nos_buf *b, uint64_t line, const struct nos_restate *a);

#endif
