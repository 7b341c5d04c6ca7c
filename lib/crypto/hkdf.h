/* SPDX-License-Identifier: MIT */
/* HKDF-SHA-256 (RFC 5869), its two halves apart. Thread-safe. */
#ifndef NOS_CRYPTO_HKDF_H
#define NOS_CRYPTO_HKDF_H

#include "base/err.h"
#include "base/secret.h"

#define NOS_HKDF_LEN 32

/* PRK, 32 bytes, from a salt (may be empty) and the key material. NOS_INTERNAL: OpenSSL failed. */
enum nos_code nos_hkdf_extract(struct nos_span salt, struct nos_span ikm, struct nos_secret *ret,
    struct nos_err *err) NOS_CHECK;

/* The first len (1…32) bytes of the expansion: one block of HMAC is all that nos ever needs. */
enum nos_code nos_hkdf_expand(const struct nos_secret *prk, struct nos_span info, size_t len,
    struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

#endif
