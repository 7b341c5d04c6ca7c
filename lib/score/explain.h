/* SPDX-License-Identifier: MIT */
/*
 * Why a score is what it is: each of its terms with what it was made of, or why it was skipped
 * (nos-score(7), "Explained"). The rules fill it in where they are given one, so that what is said
 * is what was done. Pure.
 */
#ifndef NOS_SCORE_EXPLAIN_H
#define NOS_SCORE_EXPLAIN_H

#include "base/buf.h"
#include "score/rule.h"

#define NOS_EXPLAIN_TERMS_MAX 6 /* of a score */
#define NOS_EXPLAIN_WITH_MAX  6 /* numbers of a term */

struct nos_explain_term {
	const char *name;    /* a literal */
	const char *skipped; /* a literal, why; NULL: it counts */
	double score;
	struct {
		const char *name;
		double value; /* NaN: not said */
	} with[NOS_EXPLAIN_WITH_MAX];
	size_t count;
};

/* All-zero is empty. */
struct nos_explain {
	struct nos_explain_term terms[NOS_RULE_COUNT][NOS_EXPLAIN_TERMS_MAX];
	size_t count[NOS_RULE_COUNT];
};

/* Note a term of a score; and a number that the last one noted was made of. */
void nos_explain_note(struct nos_explain *e, enum nos_rule_name rule, const char *name,
    double score, const char *skipped);
void nos_explain_number(
    struct nos_explain *e, enum nos_rule_name rule, const char *name, double value);

/*
 * As a rule calls them: e NULL does nothing, and costs nothing. Behind a term that was skipped no
 * number is said. The first returns score, which is NaN where the term was skipped.
 */
static inline double nos_explain_term(struct nos_explain *e, enum nos_rule_name rule,
    const char *name, double score, const char *skipped)
{
	if (e)
		nos_explain_note(e, rule, name, score, skipped);
	return score;
}

static inline void nos_explain_with(
    struct nos_explain *e, enum nos_rule_name rule, const char *name, double value)
{
	if (e)
		nos_explain_number(e, rule, name, value);
}

/* Append the member "explain" (nos-formats(7), "Lines out"). */
void nos_explain_encode(struct nos_buf *b, const struct nos_explain *e);

/* Append an aligned table for people: a line a term, or a score that has none. */
void nos_explain_table(
    struct nos_buf *b, const struct nos_explain *e, const struct nos_rule_scores *scores);

#endif
