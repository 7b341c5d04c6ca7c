/* SPDX-License-Identifier: MIT */
/*
 * The tree of a group as its store keeps it: the keys by pages of some four levels (state
 * trees/<group>/<life>/<number above the page>), so that a way from leaf to root touches few
 * records, and subtrees without members none; and which leaves are free (state leaves, free). A
 * page stands at the epoch that it was last written in: its keys are caught up where they are read,
 * and within a day by a sweep. Belongs to the thread whose store it is given; each change is a put
 * that fails where another was quicker, and may be done again.
 *
 * Every function may give NOS_EXISTS where another was quicker, NOS_IO, NOS_BUSY, NOS_DENIED
 * (another node key), NOS_CONFIG (written by a newer nos) and NOS_INTERNAL.
 */
#ifndef NOS_GROUP_GROVE_H
#define NOS_GROUP_GROVE_H

#include "key/lkh_path.h"
#include "self/vault.h"
#include "scheme/group.h"
#include "store/store.h"

/* Where a tree stands: the group as it is in the store. */
struct nos_grove {
	struct nos_store *store;
	const struct nos_vault *vault;
	const struct nos_group *group;
};

/* Take a leaf that is free, and was not put out in the present epoch. NOS_LARGE: none is; NOS_BUSY:
 * one is once the present epoch is over. */
enum nos_code nos_grove_take(
    const struct nos_grove *v, uint32_t *ret_leaf, struct nos_err *err) NOS_CHECK;

/* Is there a leaf that is free from the next epoch on, and none before? */
enum nos_code nos_grove_is_barred(
    const struct nos_grove *v, bool *ret, struct nos_err *err) NOS_CHECK;

/* Give it back, put out in the present epoch; one that is free stays so. */
enum nos_code nos_grove_free(
    const struct nos_grove *v, uint32_t leaf, struct nos_err *err) NOS_CHECK;

/* How many leaves are taken. */
enum nos_code nos_grove_members(
    const struct nos_grove *v, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/* The keys from a leaf's parent to the root, in the present epoch; those that there are none of yet
 * are drawn. The leaf's own is left empty. */
enum nos_code nos_grove_path(const struct nos_grove *v, uint32_t leaf, struct nos_lkh_path *ret,
    struct nos_err *err) NOS_CHECK;

/* A member has this key at its leaf now. */
enum nos_code nos_grove_plant(const struct nos_grove *v, uint32_t leaf,
    const struct nos_secret *key, struct nos_err *err) NOS_CHECK;

/* The wraps by which a leaf is put out in the epoch that follows: nothing is changed. turn and
 * climb as in key/lkh.h. What nobody has is wrapped for nobody. */
enum nos_code nos_grove_wrap(const struct nos_grove *v, const struct nos_lkh_turn *turn,
    const struct nos_lkh_climb *climb, uint32_t leaf,
    uint8_t ret[static NOS_LKH_DEPTH_MAX][NOS_LKH_KEY_LEN], struct nos_err *err) NOS_CHECK;

/* The group has evicted group->leaf: the keys above it become those of the present epoch. Again is
 * fine. */
enum nos_code nos_grove_turn(const struct nos_grove *v, struct nos_err *err) NOS_CHECK;

/* Pages that stand at an epoch before the present one, by the nodes above them: one pass over the
 * tree. All-zero is valid; release it. */
struct nos_grove_stale {
	uint32_t *above;
	size_t count, cap;
};

void nos_grove_stale_release(struct nos_grove_stale *s);
enum nos_code nos_grove_stale_find(
    const struct nos_grove *v, struct nos_grove_stale *ret, struct nos_err *err) NOS_CHECK;

/* Catch up those from number from on, up to but not with number to; none while an eviction is half
 * done, which takes a page that has stepped for one in which it is done. One that another has seen
 * to is fine. */
enum nos_code nos_grove_stale_catch_up(const struct nos_grove *v, const struct nos_grove_stale *s,
    size_t from, size_t to, struct nos_err *err) NOS_CHECK;

/* Let go of all trees of the group but that of its present life, most pages and leaves at once. */
enum nos_code nos_grove_clear(
    const struct nos_grove *v, size_t most, bool *ret_done, struct nos_err *err) NOS_CHECK;

#endif
