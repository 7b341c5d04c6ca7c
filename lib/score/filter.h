/* SPDX-License-Identifier: MIT */
/*
 * A filter: what a user asks of a reading before taking it (nos-score(7), "Filters"), as in
 * "authentication >= 0.9 && integrity == 1 && accuracy >= 0.5". Names are those of scores, of
 * measures of "raw" and of flags; three-valued: what is compared with a score that is null, or with
 * a measure that is absent, is neither true nor false, and passes not. Numbers are compared as they
 * are written, with six decimals. Pure. Once made it is never changed.
 */
#ifndef NOS_SCORE_FILTER_H
#define NOS_SCORE_FILTER_H

#include "base/err.h"
#include "score/rule.h"

#define NOS_FILTER_TEXT_MAX 1024 /* bytes of an expression */
#define NOS_FILTER_NAME_MAX 64	 /* bytes of a name, of nos-formats(7)'s "Names" */
#define NOS_FILTER_MAX	    32	 /* filters of one rules file */

struct nos_filter; /* opaque */

/* *ret is the caller's, to be freed. NOS_CONFIG: err->offset is where in text, in bytes from 0, for
 * the caller to say as a column of what people wrote; NOS_INTERNAL. */
enum nos_code nos_filter_parse(
    struct nos_str text, struct nos_filter **ret, struct nos_err *err) NOS_CHECK;
void nos_filter_free(struct nos_filter *f); /* NULL is fine */

/* All that it may ask for. before: the state as it was when the scores were computed. */
struct nos_filter_input {
	const struct nos_rule_input *in;
	const struct nos_rule_state *before;
	const struct nos_rule_scores *scores;
};
bool nos_filter_passes(const struct nos_filter *f, const struct nos_filter_input *of);

#endif
