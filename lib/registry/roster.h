/* SPDX-License-Identifier: MIT */
/*
 * Many sources in little memory: five bytes each, and fifteen more where it is remembered which
 * key each was ordered to take. For who works through a whole store in groups, and may not hold it
 * open. Pure but for nos_roster_collect; belongs to one thread.
 */
#ifndef NOS_REGISTRY_ROSTER_H
#define NOS_REGISTRY_ROSTER_H

#include "registry/record.h"
#include "store/store.h"

struct nos_roster_item {
	char id[NOS_RECORD_ID_MAX];
	char letter;		/* of the names whose last numbers these are; 0: none */
	uint64_t key, replaces; /* 0: none */
};

struct nos_roster {
	size_t width; /* bytes of an item */
	uint8_t *bytes;
	size_t count, cap; /* items */
};

/* versions: letter, key and replaces are kept; else they are 0. Nothing is allocated yet. */
void nos_roster_init(struct nos_roster *r, bool versions);
void nos_roster_release(struct nos_roster *r);

/* NOS_IO: the id is none that a node gives, or a version is over 2^53; NOS_INTERNAL: out of memory.
 */
enum nos_code nos_roster_add(
    struct nos_roster *r, const struct nos_roster_item *item, struct nos_err *err) NOS_CHECK;

/* Item i, which there is. */
void nos_roster_get(const struct nos_roster *r, size_t i, struct nos_roster_item *ret);

/* Put item from in the place of item to; and let all go from count on: to keep some, in order. */
void nos_roster_move(struct nos_roster *r, size_t from, size_t to);
void nos_roster_cut(struct nos_roster *r, size_t count);

/* Add all sources of the store, in the order of their ids, without versions. NOS_IO: also where an
 * id is damaged; NOS_BUSY; NOS_INTERNAL. */
enum nos_code nos_roster_collect(
    struct nos_roster *r, struct nos_store *store, struct nos_err *err) NOS_CHECK;

#endif
