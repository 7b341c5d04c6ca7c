/* SPDX-License-Identifier: MIT */
/*
 * The proofs of a poll for key messages (nos-wire(7), GET /v1/sources/{id}/keys): that who asks has
 * Q, for a node's nonce, and that the answer is the node's. Pure; thread-safe. Each gives
 * NOS_INTERNAL alone.
 */
#ifndef NOS_KEY_POLL_H
#define NOS_KEY_POLL_H

#include "base/err.h"
#include "base/secret.h"

#define NOS_POLL_NONCE_LEN 16
#define NOS_POLL_TAG_LEN   16

/* K(Q,"poll", id, nonce, 16) */
enum nos_code nos_poll_ask(const struct nos_secret *q, struct nos_str id,
    const uint8_t nonce[static NOS_POLL_NONCE_LEN], uint8_t ret[static NOS_POLL_TAG_LEN],
    struct nos_err *err) NOS_CHECK;

/* K(Q,"polled", id, nonce, status, SHA-256(answer), 16) */
enum nos_code nos_poll_receipt(const struct nos_secret *q, struct nos_str id,
    const uint8_t nonce[static NOS_POLL_NONCE_LEN], unsigned status, struct nos_span answer,
    uint8_t ret[static NOS_POLL_TAG_LEN], struct nos_err *err) NOS_CHECK;

#endif
