/* SPDX-License-Identifier: MIT */
/*
 * From the node's keys that a source believes to those that the node has now: its operator replaced
 * them, and each set was signed by the one before (nos-wire(7), GET /v1/node). Pure; thread-safe.
 */
#ifndef NOS_SOURCE_LINEAGE_H
#define NOS_SOURCE_LINEAGE_H

#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

#define NOS_LINEAGE_MAX 16 /* sets of keys in a document */

/* The present set, believed. */
struct nos_lineage {
	struct nos_ecdh_point point;	   /* P-256 */
	uint8_t pin[NOS_HASH_LEN];	   /* its thumbprint */
	uint8_t sign[NOS_SIGN_PUBLIC_LEN]; /* Ed25519 */
	bool changed;			   /* it is not the one that was believed before */
};

/*
 * Follow the document of GET /v1/node from the set that the source believes, whose P-256 key has
 * the thumbprint pin and whose Ed25519 key is sign, to the present one. pin counts as well, since
 * nothing signs a present set that is the believed one. *ret is written on NOS_OK alone.
 * NOS_TAG   the document is not this node's: a signature is not good, the believed set is not in
 *           it, or the node has another number
 * NOS_DATA  not such a document, or over NOS_LINEAGE_MAX sets
 * NOS_INTERNAL
 */
enum nos_code nos_lineage_follow(struct nos_str document, const uint8_t pin[static NOS_HASH_LEN],
    const uint8_t sign[static NOS_SIGN_PUBLIC_LEN], uint64_t node, struct nos_lineage *ret,
    struct nos_err *err) NOS_CHECK;

#endif
