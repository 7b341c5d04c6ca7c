/* SPDX-License-Identifier: MIT */
/*
 * The broadcast by which a node takes global keys back (nos-schemes(7), "Invalidation"): kind
 * and version ‖ N ‖ version of the list ‖ count ‖ domain and version of each ‖ Ed25519 over "nos/1
 * " ‖ all before. It names all that were taken back of late; who misses one, or sees one twice, is
 * none the worse. Pure; thread-safe.
 */
#ifndef NOS_KEY_INVALIDATION_H
#define NOS_KEY_INVALIDATION_H

#include "base/buf.h"
#include "crypto/sign.h"

#define NOS_INVALIDATION_NAMES_MAX 64
#define NOS_INVALIDATION_MAX	   (4 + 3 * 10 + NOS_INVALIDATION_NAMES_MAX * 20 + NOS_SIGN_LEN)

struct nos_invalidation_name {
	uint64_t domain, version; /* this version of the domain's key, and those before it */
};

struct nos_invalidation {
	uint64_t node;
	uint64_t version; /* of the list: raised each time */
	struct nos_invalidation_name names[NOS_INVALIDATION_NAMES_MAX];
	size_t count;
};

/* Append the message, signed by the node's Ed25519 private key. NOS_LARGE: *ret is full;
 * NOS_INTERNAL. */
enum nos_code nos_invalidation_seal(const struct nos_invalidation *v, const struct nos_secret *sign,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Is it such a message, by its first byte? */
bool nos_invalidation_is(struct nos_span message);

/* Read one. NOS_DATA: not as it should be; NOS_TAG: not signed by that key; NOS_INTERNAL. */
enum nos_code nos_invalidation_open(struct nos_span message,
    const uint8_t sign[static NOS_SIGN_PUBLIC_LEN], struct nos_invalidation *ret,
    struct nos_err *err) NOS_CHECK;

/* Does it take this version of the domain's key back? */
bool nos_invalidation_names(const struct nos_invalidation *v, uint64_t domain, uint64_t version);

#endif
