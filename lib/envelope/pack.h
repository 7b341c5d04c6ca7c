/* SPDX-License-Identifier: MIT */
/*
 * A sealed pack: how readings travel (nos-wire(7), "A sealed pack"), and the receipt that answers
 * it. A pack is JWE "dir" with A128GCM, so that any JOSE library can be a source. Pure but for the
 * nonce, which is drawn. Thread-safe.
 */
#ifndef NOS_ENVELOPE_PACK_H
#define NOS_ENVELOPE_PACK_H

#include "base/buf.h"
#include "base/secret.h"
#include "envelope/header.h"
#include "key/derive.h"

#define NOS_PACK_MAX	      (1u << 20) /* bytes of a pack as it travels */
#define NOS_PACK_READINGS_MAX 10000
#define NOS_PACK_BITS	      128 /* of the AEAD's key, and of its tag */

#define NOS_PACK_D_LEN	     32
#define NOS_PACK_CONTENT_LEN (NOS_PACK_BITS / 8)

/* The two keys of a source under one kid; no more than their bytes, since a node keeps them of each
 * source. Release it. */
struct nos_pack_keys {
	uint8_t d[NOS_PACK_D_LEN];	       /* D: the receipts' */
	uint8_t content[NOS_PACK_CONTENT_LEN]; /* of packs */
};

void nos_pack_keys_release(struct nos_pack_keys *k);

/* From a scheme key and K_S. NOS_INTERNAL alone. */
enum nos_code nos_pack_keys_make(const struct nos_secret *scheme_key, const struct nos_secret *k_s,
    struct nos_str kid, struct nos_str source, struct nos_pack_keys *ret,
    struct nos_err *err) NOS_CHECK;

/* From D itself, where it is made otherwise (key/roam.h). NOS_INTERNAL alone. */
enum nos_code nos_pack_keys_of(const struct nos_secret *d, struct nos_str kid,
    struct nos_str source, struct nos_pack_keys *ret, struct nos_err *err) NOS_CHECK;

/* What a pack's header says; prev 0: none. */
struct nos_pack {
	struct nos_str kid, source, cty;
	uint64_t seq, prev;
};

/* Append the pack to *ret. NOS_LARGE: *ret is full, or the text is too long for NOS_PACK_MAX. */
enum nos_code nos_pack_seal(const struct nos_pack_keys *keys, const struct nos_pack *pack,
    struct nos_span text, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Append the plaintext of a pack whose header was read. NOS_TAG: does not verify. */
enum nos_code nos_pack_open(const struct nos_pack_keys *keys, struct nos_str jwe,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* The receipt in its form of the header Nos-Receipt, terminated. */
#define NOS_PACK_RECEIPT_LEN 23
enum nos_code nos_pack_receipt(const struct nos_pack_keys *keys, struct nos_span pack,
    struct nos_span answer, char ret[static NOS_PACK_RECEIPT_LEN], struct nos_err *err) NOS_CHECK;

/* Was this receipt made for this pack and this answer, by who holds the keys? */
bool nos_pack_receipt_is_good(const struct nos_pack_keys *keys, struct nos_span pack,
    struct nos_span answer, struct nos_str receipt);

#endif
