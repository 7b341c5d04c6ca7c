/* SPDX-License-Identifier: MIT */
/*
 * A tree of keys over the members of a group (logical key hierarchy; nos-schemes(7), "tree"): each
 * leaf is a member's, who holds the keys from its leaf up to the root, so that one member is put
 * out by a secret that climbs from its parent and is wrapped for each subtree beside the way. What
 * a member makes of it is lkh_path.h's, the bytes of the messages are eviction.h's. Pure:
 * randomness and the keys of the tree come in. Thread-safe. Holds secrets: release them.
 *
 * Nodes have heap numbers: the root is 1, the children of n are 2n and 2n + 1, leaf x of a tree of
 * depth d is 2^d + x. Height is counted from the leaves (0) to the root (d); a level is the height
 * of a subtree beside a leaf's way up (0 … d - 1). An epoch begins with an eviction, whose wraps
 * stand under the keys of the epoch before; then every key of the tree steps, and those above the
 * evicted leaf are replaced.
 *
 * Every function that returns a code gives NOS_INTERNAL, when OpenSSL or memory fails, and else
 * what is said with it.
 */
#ifndef NOS_KEY_LKH_H
#define NOS_KEY_LKH_H

#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

#define NOS_LKH_DEPTH_MAX   20
#define NOS_LKH_KEY_LEN	    16 /* bytes of a key of the tree, of s_j, of B_e and of a wrap */
#define NOS_LKH_CONFIRM_LEN 8  /* bytes */
#define NOS_LKH_STEPS_MAX   (1u << 16) /* epochs that a key is caught up over at once */

/* The number of the node at this height above leaf; height 0 is the leaf, depth the root. */
uint32_t nos_lkh_number(unsigned depth, uint32_t leaf, unsigned height);

/* Of a node that is not the root. */
uint32_t nos_lkh_sibling(uint32_t number);
uint32_t nos_lkh_parent(uint32_t number);

/* At which level of one leaf's way up another's subtree stands; they are two. */
unsigned nos_lkh_level(uint32_t leaf, uint32_t other);

/* The key of a leaf: K(M'_ctr,"leaf",g,16), of the message that brings its path. */
enum nos_code nos_lkh_leaf_key(const struct nos_secret *made, uint64_t group,
    struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

/*
 * From the key of one epoch to that of a later one, or the same: K := K(K,"step",e,16) for each
 * epoch e that began since, in order. NOS_DATA: it would go back, or by more than
 * NOS_LKH_STEPS_MAX; the key is as it was then.
 */
enum nos_code nos_lkh_step(
    struct nos_secret *key, uint64_t from, uint64_t to, struct nos_err *err) NOS_CHECK;

/* Where an eviction takes place. */
struct nos_lkh_turn {
	unsigned depth; /* 1 … NOS_LKH_DEPTH_MAX */
	uint64_t group;
	uint64_t epoch; /* that it begins */
};

/* What comes of s_j: at the node of s_0, at a member of the one of its level. */
struct nos_lkh_climb {
	unsigned level;				       /* j */
	struct nos_secret s[NOS_LKH_DEPTH_MAX];	       /* s_j … s_{d-1}; empty below */
	struct nos_secret keys[NOS_LKH_DEPTH_MAX + 1]; /* by height, from j + 1: of the new epoch */
	uint8_t confirm[NOS_LKH_CONFIRM_LEN];
	struct nos_secret b; /* B_e */
};

void nos_lkh_climb_release(struct nos_lkh_climb *c);

/* Climb from s_level to the root. */
enum nos_code nos_lkh_climb(const struct nos_lkh_turn *turn, unsigned level,
    const struct nos_secret *s, struct nos_lkh_climb *ret, struct nos_err *err) NOS_CHECK;

/* The key of a node of the tree, as it was in the epoch before. Its codes are passed on. */
typedef enum nos_code nos_lkh_key_of(
    void *tree, uint32_t number, struct nos_secret *ret, struct nos_err *err);

/*
 * The wraps of an eviction of leaf, from its sibling up: s_j XOR K(sibling's key,"wrap", g, e,
 * sibling's number, confirm, 16). The climb began at level 0.
 */
enum nos_code nos_lkh_wrap(const struct nos_lkh_turn *turn, const struct nos_lkh_climb *climb,
    uint32_t leaf, nos_lkh_key_of *key_of, void *tree,
    uint8_t ret[static NOS_LKH_DEPTH_MAX][NOS_LKH_KEY_LEN], struct nos_err *err) NOS_CHECK;

/* s_j out of the wrap for the node of this number, by its key of the epoch before. Whether it is
 * that, the confirm of its climb tells. */
enum nos_code nos_lkh_unwrap(const struct nos_lkh_turn *turn,
    const uint8_t confirm[static NOS_LKH_CONFIRM_LEN], uint32_t number,
    const struct nos_secret *key, const uint8_t wrap[static NOS_LKH_KEY_LEN],
    struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

#endif
