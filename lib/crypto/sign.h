/* SPDX-License-Identifier: MIT */
/* Ed25519 (RFC 8032): the node's signatures. Thread-safe. */
#ifndef NOS_CRYPTO_SIGN_H
#define NOS_CRYPTO_SIGN_H

#include "base/err.h"
#include "base/secret.h"

#define NOS_SIGN_PRIVATE_LEN 32
#define NOS_SIGN_PUBLIC_LEN  32
#define NOS_SIGN_LEN	     64

/* The public key of a private one (any 32 random bytes). */
enum nos_code nos_sign_public(const struct nos_secret *private,
    uint8_t ret[static NOS_SIGN_PUBLIC_LEN], struct nos_err *err) NOS_CHECK;

enum nos_code nos_sign_make(const struct nos_secret *private, struct nos_span text,
    uint8_t ret[static NOS_SIGN_LEN], struct nos_err *err) NOS_CHECK;

/* NOS_TAG: not the signature of this text by this key. */
enum nos_code nos_sign_verify(const uint8_t public[static NOS_SIGN_PUBLIC_LEN],
    struct nos_span text, const uint8_t signature[static NOS_SIGN_LEN],
    struct nos_err *err) NOS_CHECK;

#endif
