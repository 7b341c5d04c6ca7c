/* SPDX-License-Identifier: MIT */
/*
 * What a node says of itself: the document of GET /v1/node (nos-wire(7), "The node"), and
 * what of it one set of keys signs of the next. Pure; thread-safe.
 */
#ifndef NOS_SELF_SELF_DOCUMENT_H
#define NOS_SELF_SELF_DOCUMENT_H

#include "self/self.h"

/* Append the document; closed: no source registers now. NOS_LARGE: *ret is full; NOS_INTERNAL. */
enum nos_code nos_self_document(
    const struct nos_self *s, bool closed, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* The signature of the present set of keys, as the document shows it, by the set before it, whose
 * Ed25519 private key this is. NOS_INTERNAL alone. */
enum nos_code nos_self_document_sign(const struct nos_self *s, const struct nos_secret *before,
    uint8_t ret[static NOS_SIGN_LEN], struct nos_err *err) NOS_CHECK;

#endif
