/* SPDX-License-Identifier: MIT */
/*
 * Authenticated encryption: AES-GCM for packs and data at rest, AES-128-SIV (RFC 5297) for key
 * messages, whose counter may come twice after a store went back. In place is allowed. Thread-safe.
 */
#ifndef NOS_CRYPTO_AEAD_H
#define NOS_CRYPTO_AEAD_H

#include "base/err.h"
#include "base/secret.h"

#define NOS_AEAD_TAG_LEN     16
#define NOS_AEAD_NONCE_LEN   12
#define NOS_AEAD_SIV_KEY_LEN 32

/* len bytes at out and the tag. The key's length (16 or 32) picks AES-128 or AES-256. */
enum nos_code nos_aead_gcm_seal(const struct nos_secret *key,
    const uint8_t nonce[static NOS_AEAD_NONCE_LEN], struct nos_span aad, struct nos_span text,
    uint8_t *out, uint8_t tag[static NOS_AEAD_TAG_LEN], struct nos_err *err) NOS_CHECK;

/* NOS_TAG: does not verify, and out holds nothing of the text. */
enum nos_code nos_aead_gcm_open(const struct nos_secret *key,
    const uint8_t nonce[static NOS_AEAD_NONCE_LEN], struct nos_span aad, struct nos_span sealed,
    const uint8_t tag[static NOS_AEAD_TAG_LEN], uint8_t *out, struct nos_err *err) NOS_CHECK;

/* tag ‖ ciphertext at out, text.len + 16 bytes; text is never empty, the AAD is one string. */
enum nos_code nos_aead_siv_seal(const struct nos_secret *key, struct nos_span aad,
    struct nos_span text, uint8_t *out, struct nos_err *err) NOS_CHECK;

/* sealed.len - 16 bytes at out. NOS_TAG: does not verify, or is 16 bytes or less. */
enum nos_code nos_aead_siv_open(const struct nos_secret *key, struct nos_span aad,
    struct nos_span sealed, uint8_t *out, struct nos_err *err) NOS_CHECK;

#endif
