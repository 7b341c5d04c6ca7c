/* SPDX-License-Identifier: MIT */
/*
 * A page of a group's tree: the keys of the four levels below one node of it, and in the first the
 * root's (group/grove.h). All of them are of one epoch. Belongs to the thread whose store it is
 * given. Holds secrets: release it.
 */
#ifndef NOS_GROUP_GROVE_PAGE_H
#define NOS_GROUP_GROVE_PAGE_H

#include "group/grove.h"
#include "self/spaces.h"

#define NOS_GROVE_PAGE_HEIGHT 4
#define NOS_GROVE_PAGE_KEYS   31 /* of 2, 4, 8 and 16 nodes, and the root */
#define NOS_GROVE_PAGES_MAX   (NOS_LKH_DEPTH_MAX / NOS_GROVE_PAGE_HEIGHT)

struct nos_grove_page {
	uint32_t above; /* number of the node above it */
	uint64_t epoch; /* of all its keys */
	uint32_t has;	/* which there are, a bit each */
	uint8_t keys[NOS_GROVE_PAGE_KEYS][NOS_LKH_KEY_LEN];
	uint64_t rev; /* of its value; 0: new */
	bool changed; /* it is to be put */
};

void nos_grove_page_release(struct nos_grove_page *p);

/* The node above the page in which a node of the tree stands. */
uint32_t nos_grove_page_above(uint32_t number);

/* The place of a node in its page. */
unsigned nos_grove_page_slot(uint32_t number);

/* Of the group's tree, at the epoch in which it was last written; an empty one of the present epoch
 * where there is none. */
enum nos_code nos_grove_page_get(const struct nos_grove *v, uint32_t above,
    struct nos_grove_page *ret, struct nos_err *err) NOS_CHECK;

/* Which page it is, and its epoch alone. NOS_IO, NOS_CONFIG. */
enum nos_code nos_grove_page_look(struct nos_str key, struct nos_str text, uint32_t *ret_above,
    uint64_t *ret_epoch, struct nos_err *err) NOS_CHECK;

/* Step all its keys to the epoch of the group in hand. NOS_EXISTS: another has moved the group on
 * since that was read; NOS_IO: it stands behind the group's present one. */
enum nos_code nos_grove_page_step(
    const struct nos_grove *v, struct nos_grove_page *p, struct nos_err *err) NOS_CHECK;

/* NOS_EXISTS: another was quicker. */
enum nos_code nos_grove_page_put(
    const struct nos_grove *v, struct nos_grove_page *p, struct nos_err *err) NOS_CHECK;

#define NOS_GROVE_PAGE_KEY_MAX 64 /* bytes of its key in the store */

/* The keys of the pages of its present life stand below it. */
struct nos_str nos_grove_page_prefix(
    const struct nos_group *g, char space[static NOS_GROVE_PAGE_KEY_MAX]);

#endif
