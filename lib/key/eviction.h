/* SPDX-License-Identifier: MIT */
/*
 * How an eviction from a group's tree travels (nos-schemes(7), "Tree"; what is in it: lkh.h).
 * To all at once, kind f: kind and version ‖ g ‖ e ‖ t ‖ leaf ‖ confirm ‖ the wraps from the leaf's
 * sibling up ‖ Ed25519 over "nos/1 " ‖ all before; the number of wraps is the depth of the tree. To
 * one member, kind 5: the body of a unicast message, g ‖ e ‖ t ‖ level ‖ s, whose seal says that it
 * is the node's. e is the epoch that begins, t the session that the group then stands at. Pure;
 * thread-safe.
 */
#ifndef NOS_KEY_EVICTION_H
#define NOS_KEY_EVICTION_H

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/sign.h"
#include "key/lkh.h"

/* Bytes of a broadcast and of a pulled body, at most. */
#define NOS_EVICTION_MAX                                                                          \
	(1 + 4 * NOS_ENC_LEB128_MAX + NOS_LKH_CONFIRM_LEN + NOS_LKH_DEPTH_MAX * NOS_LKH_KEY_LEN + \
	    NOS_SIGN_LEN)
#define NOS_EVICTION_PULL_MAX (4 * NOS_ENC_LEB128_MAX + NOS_LKH_KEY_LEN)

/* As all of a group hear it. */
struct nos_eviction {
	struct nos_lkh_turn turn;
	uint64_t t;
	uint32_t leaf; /* that is evicted */
	uint8_t confirm[NOS_LKH_CONFIRM_LEN];
	uint8_t wraps[NOS_LKH_DEPTH_MAX][NOS_LKH_KEY_LEN]; /* the first turn.depth of them */
};

/* As one member pulls it. */
struct nos_eviction_pull {
	uint64_t group, epoch, t;
	unsigned level; /* at which its subtree stands beside the evicted leaf's way up */
	struct nos_secret s;
};

void nos_eviction_pull_release(struct nos_eviction_pull *p);

/* Append the broadcast, signed by the node's Ed25519 private key. NOS_LARGE: *ret is full;
 * NOS_INTERNAL. */
enum nos_code nos_eviction_seal(const struct nos_eviction *v, const struct nos_secret *sign,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Is it a broadcast, by its first byte? */
bool nos_eviction_is(struct nos_span message);

/* Read a broadcast. NOS_DATA: not as it should be; NOS_TAG: not signed by that key; NOS_INTERNAL.
 */
enum nos_code nos_eviction_open(struct nos_span message,
    const uint8_t sign[static NOS_SIGN_PUBLIC_LEN], struct nos_eviction *ret,
    struct nos_err *err) NOS_CHECK;

/* Append a pulled body to a secret buffer; the caller checks the buffer. */
void nos_eviction_pull_encode(struct nos_buf *b, const struct nos_eviction_pull *p);

/* Read a pulled body. NOS_DATA: it is none. */
enum nos_code nos_eviction_pull_decode(
    struct nos_span body, struct nos_eviction_pull *ret, struct nos_err *err) NOS_CHECK;

#endif
