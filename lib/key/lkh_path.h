/* SPDX-License-Identifier: MIT */
/*
 * What a member holds of its group's tree (lkh.h): the keys from its leaf up to the root, all of
 * one epoch; and the body of the message that brings them (kind b): g ‖ e ‖ leaf ‖ the keys from
 * the parent up to the root, whose number is the depth of the tree. The leaf's own key does not
 * travel. Pure; not thread-safe on one path. Holds secrets: release it.
 */
#ifndef NOS_KEY_LKH_PATH_H
#define NOS_KEY_LKH_PATH_H

#include "key/eviction.h"

/* Bytes of the body, at most. */
#define NOS_LKH_PATH_MAX (3 * NOS_ENC_LEB128_MAX + NOS_LKH_DEPTH_MAX * NOS_LKH_KEY_LEN)

struct nos_lkh_path {
	unsigned depth;
	uint64_t group;
	uint64_t epoch; /* of all its keys */
	uint32_t leaf;
	struct nos_secret keys[NOS_LKH_DEPTH_MAX + 1]; /* by height: the leaf's, … the root's */
};

void nos_lkh_path_release(struct nos_lkh_path *p);

/* Append the body to a secret buffer; the caller checks the buffer. */
void nos_lkh_path_encode(struct nos_buf *b, const struct nos_lkh_path *p);

/* Read the body; made is M'_ctr of the message that it came in, which gives the leaf's key.
 * NOS_DATA: it is none; NOS_INTERNAL. */
enum nos_code nos_lkh_path_decode(struct nos_span body, const struct nos_secret *made,
    struct nos_lkh_path *ret, struct nos_err *err) NOS_CHECK;

/* Catch the keys up to an epoch, where nobody was evicted under this member's eyes. NOS_DATA and
 * NOS_INTERNAL as nos_lkh_step; the path is as it was then. */
enum nos_code nos_lkh_path_step(
    struct nos_lkh_path *p, uint64_t epoch, struct nos_err *err) NOS_CHECK;

/*
 * What all hear of an eviction: the path is of the new epoch then, and *ret_b is B_e. Otherwise
 * both are as they were:
 * NOS_DENIED   it is this member that is evicted
 * NOS_DATA     of another group or tree, or not of the epoch that follows: ask for the path
 * NOS_TAG      its wrap does not give what its confirm says
 * NOS_INTERNAL
 */
enum nos_code nos_lkh_path_hear(struct nos_lkh_path *p, const struct nos_eviction *v,
    struct nos_secret *ret_b, struct nos_err *err) NOS_CHECK;

/* As above of a pulled body, which has neither wrap nor confirm: the seal of the message that it
 * came in is its proof. NOS_DATA: also a level that the tree has not. */
enum nos_code nos_lkh_path_pull(struct nos_lkh_path *p, const struct nos_eviction_pull *v,
    struct nos_secret *ret_b, struct nos_err *err) NOS_CHECK;

#endif
