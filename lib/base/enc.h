/* SPDX-License-Identifier: MIT */
/*
 * Encodings of bytes: hex, base64url (RFC 4648 §5, no padding), LEB128 in its shortest form, and
 * the length-prefixed field that contexts and associated data are made of (nos-schemes(7), "Common
 * base"). Decoders are strict: one text for one value.
 */
#ifndef NOS_BASE_ENC_H
#define NOS_BASE_ENC_H

#include "base/buf.h"

/* Largest LEB128 form of 64 bits. */
#define NOS_ENC_LEB128_MAX 10

/* Characters of the base64url form of n bytes; and bytes that n characters stand for. */
#define NOS_ENC_BASE64_LEN(n)	(((n)*4 + 2) / 3)
#define NOS_ENC_BASE64_BYTES(n) ((n) / 4 * 3 + (n) % 4 * 3 / 4)

void nos_enc_hex(struct nos_buf *b, const void *p, size_t len);

/* Exactly len bytes from 2 * len digits of either case. */
bool nos_enc_hex_decode(struct nos_str s, uint8_t *ret, size_t len);

void nos_enc_base64(struct nos_buf *b, const void *p, size_t len);

/* Append what s stands for; false (nothing appended) on padding, a foreign byte, spare bits set. */
bool nos_enc_base64_decode(struct nos_str s, struct nos_buf *ret);

/* Does s stand for bytes at all, whatever they are? */
bool nos_enc_base64_is(struct nos_str s);

/* Exactly len bytes; false as above, or if s stands for another number of bytes. */
bool nos_enc_base64_fixed(struct nos_str s, uint8_t *ret, size_t len);

/* Write n at out; returns the bytes used. */
size_t nos_enc_leb128(uint64_t n, uint8_t out[static NOS_ENC_LEB128_MAX]);
void nos_enc_add_leb128(struct nos_buf *b, uint64_t n);

/* Read a number from the start of *s and step over it; false (no step) if cut, overlong or > 64
 * bits. */
bool nos_enc_leb128_decode(struct nos_span *s, uint64_t *ret);

/* LEB128(len) and the bytes; the second form for a number, whose bytes are its LEB128. */
void nos_enc_field(struct nos_buf *b, const void *p, size_t len);
void nos_enc_field_num(struct nos_buf *b, uint64_t n);

#endif
