/* SPDX-License-Identifier: MIT */
/*
 * A profile: the rules of types and the filters that a node or a tool goes by, from the built-in
 * sets and a rules file (nos-formats(7), "Rules"). Pure. Once made it is never changed, so that
 * threads may share it. Lookup is a binary search, by kind/type, by type, then in each set.
 */
#ifndef NOS_SCORE_PROFILE_H
#define NOS_SCORE_PROFILE_H

#include "base/err.h"
#include "score/filter.h"
#include "score/rule.h"

#define NOS_PROFILE_TEXT_MAX  (1u << 20) /* bytes of a rules file */
#define NOS_PROFILE_TYPES_MAX 10000	 /* rows of a rules file */
#define NOS_PROFILE_NAME_MAX  129	 /* bytes of kind/type: 64 each */

/* Parameters and spans that are not 0 lie between these, so that no rule overflows. */
#define NOS_PROFILE_NUMBER_MIN 1e-9
#define NOS_PROFILE_NUMBER_MAX 1e15

struct nos_profile;

/*
 * Read a rules file; *ret is the caller's, to be freed, and points nowhere into text. Spans are
 * kept in whole milliseconds, so that they are the same when they were written out and read again.
 * NOS_CONFIG    not JSON, a member that is not known, a value that cannot be, over a limit above;
 *               with line and column (of a character, both from 1) where the fault has a place
 * NOS_INTERNAL  out of memory
 */
enum nos_code nos_profile_parse(
    struct nos_str text, struct nos_profile **ret, struct nos_err *err) NOS_CHECK;

/* All sets, and a key period of 7 days; never freed. */
const struct nos_profile *nos_profile_builtin(void);

/* NULL is fine. */
void nos_profile_free(struct nos_profile *p);

/*
 * The rules of a type: those of kind/type in the file, those of type in it, then those of the first
 * set that has it, sets in the order in which the file names them (without "sets": weather, air,
 * energy, indoor). nos_rule_unknown where none has it; never NULL. They live as long as p. kind may
 * be empty: a source that is not registered has none.
 */
const struct nos_rule_type *nos_profile_find(
    const struct nos_profile *p, struct nos_str kind, struct nos_str type);

/* How long a key may be used. */
double nos_profile_key_period_s(const struct nos_profile *p);

/* Is it a sentinel that means 'no value' for this type? */
bool nos_profile_is_missing(const struct nos_rule_type *type, double number);

/* Its filters, in the order of the file; they live as long as p. i is under their count. */
size_t nos_profile_filter_count(const struct nos_profile *p);
struct nos_str nos_profile_filter_name(const struct nos_profile *p, size_t i);
const struct nos_filter *nos_profile_filter_at(const struct nos_profile *p, size_t i);

#endif
