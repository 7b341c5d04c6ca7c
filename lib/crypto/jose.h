/* SPDX-License-Identifier: MIT */
/*
 * JWE in compact serialisation (RFC 7516) of ECDH-ES on P-256 with A256GCM, by cjose, which is
 * lenient to everything that RFC 7516 leaves a choice in: whoever opens foreign text checks its
 * header first (envelope/header.h). Thread-safe once nos_jose_start has run.
 */
#ifndef NOS_CRYPTO_JOSE_H
#define NOS_CRYPTO_JOSE_H

#include "base/buf.h"
#include "base/secret.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"

/* To be called before threads: what cjose and jansson free is wiped from then on. */
void nos_jose_start(void);

/* Append to *ret the JWE of text to a P-256 key; kid is its thumbprint. */
enum nos_code nos_jose_seal_to(const struct nos_ecdh_point *peer, struct nos_span text,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Append the plaintext to *ret, a secret buffer. NOS_TAG: does not verify. */
enum nos_code nos_jose_open_with(const struct nos_secret *private, struct nos_str jwe,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* RFC 7638 thumbprint of a P-256 key. NOS_DATA: not on the curve. */
enum nos_code nos_jose_thumbprint(const struct nos_ecdh_point *key,
    uint8_t ret[static NOS_HASH_LEN], struct nos_err *err) NOS_CHECK;

#endif
