/* SPDX-License-Identifier: MIT */
/* Randomness. Pure rooms get it as an argument; this is where it comes from. Thread-safe. */
#ifndef NOS_CRYPTO_RANDOM_H
#define NOS_CRYPTO_RANDOM_H

#include "base/err.h"
#include "base/secret.h"

/* len bytes for keys, tokens and nonces. NOS_INTERNAL: the generator has no entropy. */
enum nos_code nos_random_bytes(void *ret, size_t len, struct nos_err *err) NOS_CHECK;

/* As above, for what is sent in clear with what it is for: from a generator that draws no key. */
enum nos_code nos_random_public(void *ret, size_t len, struct nos_err *err) NOS_CHECK;

/* As the first, into a secret of len (<= NOS_SECRET_MAX) bytes. */
enum nos_code nos_random_secret(struct nos_secret *ret, size_t len, struct nos_err *err) NOS_CHECK;

#endif
