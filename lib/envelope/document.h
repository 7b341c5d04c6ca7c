/* SPDX-License-Identifier: MIT */
/*
 * The document of GET /v1/node (nos-wire(7)), as who reads it needs it. It comes from anybody: what
 * of it is to be believed a pin says. Pure; thread-safe.
 */
#ifndef NOS_ENVELOPE_DOCUMENT_H
#define NOS_ENVELOPE_DOCUMENT_H

#include "crypto/ecdh.h"
#include "crypto/hash.h"

/* The P-256 key in it, of the present set or of one before it, whose thumbprint is the pin; false:
 * none. */
bool nos_document_key(
    struct nos_str document, const uint8_t pin[static NOS_HASH_LEN], struct nos_ecdh_point *ret);

/* The number, and the thumbprint of the present P-256 key, that it says; false: it does not. */
bool nos_document_who(
    struct nos_str document, uint64_t *ret_node, uint8_t ret_thumbprint[static NOS_HASH_LEN]);

#endif
