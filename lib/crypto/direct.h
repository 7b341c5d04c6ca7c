/* SPDX-License-Identifier: MIT */
/*
 * JWE in compact serialisation (RFC 7516) of direct encryption, "dir" with A128GCM, under a content
 * key of 16 bytes. Of several texts that mean the same one is taken. What the header says is not
 * looked at, but that it is under the tag: whoever opens foreign text reads it first
 * (envelope/header.h). Thread-safe.
 */
#ifndef NOS_CRYPTO_DIRECT_H
#define NOS_CRYPTO_DIRECT_H

#include "base/buf.h"
#include "base/secret.h"

#define NOS_DIRECT_KEY_LEN 16

/* Header, encrypted key, nonce, ciphertext, tag. */
#define NOS_DIRECT_PARTS 5

/* Views of the parts of a compact JWE, of whatever kind; false if there are fewer or more. */
bool nos_direct_split(struct nos_str jwe, struct nos_str ret[static NOS_DIRECT_PARTS]);

/*
 * Append the JWE of text to *ret, under a fresh random nonce. header is JSON, with alg and enc in
 * it. NOS_LARGE: *ret is full; NOS_INTERNAL: the key is of another length, or OpenSSL failed.
 */
enum nos_code nos_direct_seal(const struct nos_secret *key, struct nos_str header,
    struct nos_span text, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/*
 * Append the plaintext to *ret, a secret buffer. NOS_DATA: not five parts, of which the second and
 * no other is empty, a nonce of 12 bytes, a tag of 16, and base64url in its one form; NOS_TAG: does
 * not verify; else as above. *ret has nothing more in it then.
 */
enum nos_code nos_direct_open(const struct nos_secret *key, struct nos_str jwe, struct nos_buf *ret,
    struct nos_err *err) NOS_CHECK;

#endif
