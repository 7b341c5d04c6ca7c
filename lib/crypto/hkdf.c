/* SPDX-License-Identifier: MIT */
#include "crypto/hkdf.h"

#include <assert.h>
#include <string.h>

#include "crypto/engine.h"

#define BLOCK 64 /* of SHA-256, in bytes */

/* A pass of HMAC: SHA-256 over the key's block, which flip makes the inner or the outer, and a
 * text. */
static bool pass(const struct nos_engine *e, const uint8_t block[static BLOCK], uint8_t flip,
    struct nos_span text, const uint8_t *last, uint8_t ret[static NOS_HKDF_LEN])
{
	uint8_t flipped[BLOCK];
	bool good;

	for (size_t i = 0; i < BLOCK; i++)
		flipped[i] = block[i] ^ flip;
	good = EVP_DigestInit_ex2(e->sha256, e->sha256_md, NULL) == 1 &&
	       EVP_DigestUpdate(e->sha256, flipped, BLOCK) == 1 &&
	       EVP_DigestUpdate(e->sha256, text.p, text.len) == 1 &&
	       (!last || EVP_DigestUpdate(e->sha256, last, 1) == 1) &&
	       EVP_DigestFinal_ex(e->sha256, ret, NULL) == 1;
	explicit_bzero(flipped, sizeof(flipped));
	return good;
}

/* A key fills a block with zeros; one that is longer is hashed first. */
static bool block_of(const struct nos_engine *e, struct nos_span key, uint8_t ret[static BLOCK])
{
	memset(ret, 0, BLOCK);
	if (key.len <= BLOCK) {
		if (key.len)
			memcpy(ret, key.p, key.len);
		return true;
	}
	return EVP_DigestInit_ex2(e->sha256, e->sha256_md, NULL) == 1 &&
	       EVP_DigestUpdate(e->sha256, key.p, key.len) == 1 &&
	       EVP_DigestFinal_ex(e->sha256, ret, NULL) == 1;
}

/*
 * HMAC-SHA-256 (RFC 2104) of text and, where there is one, a last byte. In two passes of the
 * context that is there, which is two thirds of the time of OpenSSL's own. What is left of the key
 * in the context is wiped by its being begun anew.
 */
static enum nos_code hmac(struct nos_span key, struct nos_span text, const uint8_t *last,
    struct nos_secret *ret, size_t len, struct nos_err *err)
{
	const struct nos_engine *e = nos_engine_get();
	NOS_AUTO(secret) out = { 0 };
	uint8_t block[BLOCK];
	bool good =
	    e && block_of(e, key, block) && pass(e, block, 0x36, text, last, out.bytes) &&
	    pass(e, block, 0x5c, (struct nos_span){ out.bytes, NOS_HKDF_LEN }, NULL, out.bytes);

	explicit_bzero(block, sizeof(block));
	if (!e || EVP_DigestInit_ex2(e->sha256, e->sha256_md, NULL) != 1 || !good)
		return nos_err_set(err, NOS_INTERNAL, "HMAC failed");
	nos_secret_put(ret, out.bytes, len);
	return NOS_OK;
}

enum nos_code nos_hkdf_extract(
    struct nos_span salt, struct nos_span ikm, struct nos_secret *ret, struct nos_err *err)
{
	return hmac(salt, ikm, NULL, ret, NOS_HKDF_LEN, err);
}

enum nos_code nos_hkdf_expand(const struct nos_secret *prk, struct nos_span info, size_t len,
    struct nos_secret *ret, struct nos_err *err)
{
	static const uint8_t one = 1;

	assert(prk->len > 0 && len >= 1 && len <= NOS_HKDF_LEN);
	return hmac(nos_secret_span(prk), info, &one, ret, len, err);
}
