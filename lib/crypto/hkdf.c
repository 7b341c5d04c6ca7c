/* SPDX-License-Identifier: MIT */
#include "crypto/hkdf.h"

#include <assert.h>
#include <string.h>

#include "crypto/engine.h"

#define BLOCK 64 /* bytes of SHA-256's */

/* SHA-256 of the pieces. */
static bool hash(const struct nos_engine *e, const struct nos_span *pieces, size_t n,
    uint8_t ret[static NOS_HKDF_LEN])
{
	bool good = EVP_DigestInit_ex2(e->sha256, e->sha256_md, NULL) == 1;

	for (size_t i = 0; good && i < n; i++)
		good = EVP_DigestUpdate(e->sha256, pieces[i].p, pieces[i].len) == 1;
	return good && EVP_DigestFinal_ex(e->sha256, ret, NULL) == 1;
}

/* A key fills a block by zeros behind it, and one that is longer by its hash (RFC 2104 §2). */
static bool fill_block(const struct nos_engine *e, struct nos_span key, uint8_t ret[static BLOCK])
{
	memset(ret, 0, BLOCK);
	if (key.len > BLOCK)
		return hash(e, &key, 1, ret);
	if (key.len)
		memcpy(ret, key.p, key.len);
	return true;
}

static void turn(uint8_t block[static BLOCK], uint8_t with)
{
	for (size_t i = 0; i < BLOCK; i++)
		block[i] ^= with;
}

/* By its two hashes: OpenSSL's own HMAC takes three times as long to be keyed. */
static enum nos_code hmac(struct nos_span key, struct nos_span text, const uint8_t *last,
    struct nos_secret *ret, size_t len, struct nos_err *err)
{
	const struct nos_engine *e = nos_engine_get();
	uint8_t block[BLOCK], out[NOS_HKDF_LEN];
	const struct nos_span inner[] = { { block, BLOCK }, text, { last, 1 } };
	const struct nos_span outer[] = { { block, BLOCK }, { out, sizeof(out) } };
	bool good = e && fill_block(e, key, block);

	turn(block, 0x36);
	good = good && hash(e, inner, last ? 3 : 2, out);
	turn(block, 0x36 ^ 0x5c);
	good = good && hash(e, outer, 2, out);
	/* What was made of the key would stay in the context until its next use. */
	good = e && EVP_DigestInit_ex2(e->sha256, e->sha256_md, NULL) == 1 && good;
	if (good)
		nos_secret_put(ret, out, len);
	explicit_bzero(block, sizeof(block));
	explicit_bzero(out, sizeof(out));
	return good ? NOS_OK : nos_err_set(err, NOS_INTERNAL, "HMAC failed");
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
