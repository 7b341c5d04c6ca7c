/* SPDX-License-Identifier: MIT */
/*
 * The states of many series, by source, claimed and type (nos-score(7), "Conventions"), for one
 * thread at a time. What is foreign in a name cannot make a lookup slow: it is a balanced tree.
 */
#ifndef NOS_SCORE_SERIES_H
#define NOS_SCORE_SERIES_H

#include "base/buf.h"
#include "score/rule.h"

#define NOS_SERIES_MAX	       100000 /* in all */
#define NOS_SERIES_CLAIMED_MAX 1000   /* names that one source claims */

/* All-zero is valid: no series. */
struct nos_series {
	void *root;
	size_t count;
};

void nos_series_release(struct nos_series *s);

/*
 * The state of a series, all-zero if it is new; claimed is empty where nothing is claimed. It stays
 * where it is until the release.
 * NOS_LARGE     it is new, and over a limit above
 * NOS_INTERNAL  out of memory
 */
enum nos_code nos_series_get(struct nos_series *s, struct nos_str source, struct nos_str claimed,
    struct nos_str type, struct nos_rule_state **ret, struct nos_err *err) NOS_CHECK;

/* Called for each series, in one order whatever came first; views are good until it returns. */
typedef void nos_series_each(void *state, struct nos_str source, struct nos_str claimed,
    struct nos_str type, const struct nos_rule_state *series);
void nos_series_walk(const struct nos_series *s, nos_series_each *each, void *state);

#endif
