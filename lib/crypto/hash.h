/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4) over one or several pieces. Pure; thread-safe. */
#ifndef NOS_CRYPTO_HASH_H
#define NOS_CRYPTO_HASH_H

#include "base/err.h"
#include "base/str.h"

#define NOS_HASH_LEN 32

/* Hash of the n pieces one behind the other. NOS_INTERNAL: OpenSSL failed, out of memory as a rule.
 */
enum nos_code nos_hash_sha256(const struct nos_span *pieces, size_t n,
    uint8_t ret[static NOS_HASH_LEN], struct nos_err *err) NOS_CHECK;

#endif
