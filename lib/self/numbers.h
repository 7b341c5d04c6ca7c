/* SPDX-License-Identifier: MIT */
/*
 * The numbers that name local keys, d.<node>.<number> (state node/numbers): each is given once in
 * the life of a store, by whoever of its writers reserves a block of them, so that no record is
 * written for every key. A block is twice the one before it, since many writers need few. What a
 * writer has not given when it ends is lost. Belongs to the thread
 * whose store it is given.
 */
#ifndef NOS_SELF_NUMBERS_H
#define NOS_SELF_NUMBERS_H

#include "scheme/pool.h"
#include "store/store.h"

#define NOS_NUMBERS_FIRST   16	 /* in a writer's first block */
#define NOS_NUMBERS_MOST    1024 /* and in any */
#define NOS_NUMBERS_TAG_LEN 12

/* All-zero is valid: none is reserved. */
struct nos_numbers {
	struct nos_pool_numbers block;
	uint64_t size;	/* of the block */
	bool sure;	/* it is known that the group in which it was reserved was committed */
	uint64_t group; /* in which it was reserved, as the caller counts them */
	uint8_t tag[NOS_NUMBERS_TAG_LEN]; /* of the reservation, in the record */
};

/*
 * See that least of them, a few, are in the block, within the caller's group, which it numbers;
 * with least 0 only that those in it are ours. A block whose group was rolled back is not used
 * again. life: of the node, whose numbers begin 2^32 above those of the one before. NOS_BUSY:
 * others are quicker each time; NOS_IO; NOS_CONFIG: written by a newer nos; NOS_INTERNAL.
 */
enum nos_code nos_numbers_reserve(struct nos_numbers *n, struct nos_store *store, uint64_t life,
    uint64_t group, unsigned least, struct nos_err *err) NOS_CHECK;

#endif
