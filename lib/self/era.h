/* SPDX-License-Identifier: MIT */
/*
 * The era of a store (state node/era): since when its history is not the one that its users know,
 * in microseconds since 1970; 0: it always was. A backup that was put back does not hold what was
 * given since it was made, and a store into which a node came counts anew. So from then on ids
 * count packs from the era on, and n of each topic goes on behind it (lane/analyse.h): nothing that
 * users have seen is given to another reading. It is a time and no count, since one backup may be
 * put back twice, and a count would be the same both times; where the clock is behind the era
 * before it is that and a chance of 2^16.
 */
#ifndef NOS_SELF_ERA_H
#define NOS_SELF_ERA_H

#include "base/buf.h"
#include "base/time.h"
#include "self/spaces.h"
#include "store/store.h"

#define NOS_ERA_KEY "era" /* in the namespace of the node itself */

/* Of eras: what is counted from one on stays a number that is safe. In 2223. */
#define NOS_ERA_MAX UINT64_C(8000000000000000)

/* NOS_CONFIG: a newer nos's; NOS_IO; NOS_BUSY. */
enum nos_code nos_era_get(struct nos_store *store, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/*
 * A history begins now, behind all that was given in those before, as far as clocks were right; an
 * older nos does not take the store any more. NOS_BUSY: others change it at once; NOS_CONFIG: the
 * clock is beyond all eras; as nos_era_get.
 */
enum nos_code nos_era_begin(
    struct nos_store *store, struct nos_time now, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/*
 * Append the value as it goes along to another store, where positions begin at 1: the era that
 * begins there leaves room for those that were given here, the newest of them at position. As
 * nos_era_get.
 */
enum nos_code nos_era_lift(
    struct nos_str value, uint64_t position, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* The n of a topic's next record, n being that of the one before it. */
static inline uint64_t nos_era_next(uint64_t era, uint64_t n)
{
	return (n > era ? n : era) + 1;
}

#endif
