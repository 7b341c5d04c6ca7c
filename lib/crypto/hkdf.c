/* SPDX-License-Identifier: MIT */
#include "crypto/hkdf.h"

#include <assert.h>

#include "crypto/engine.h"

static enum nos_code hmac(struct nos_span key, struct nos_span text, const uint8_t *last,
    struct nos_secret *ret, size_t len, struct nos_err *err)
{
	static const uint8_t zeros[NOS_HKDF_LEN];
	const struct nos_engine *e = nos_engine_get();
	NOS_AUTO(secret) block = { 0 };
	size_t out;
	bool good;

	/* HMAC pads a key with zeros, so the absent salt and 32 of them are the same (RFC 5869
	 * §2.2); a NULL key would mean 'the key of before'. */
	if (key.len == 0)
		key = (struct nos_span){ zeros, sizeof(zeros) };
	good = e && EVP_MAC_init(e->hmac, key.p, key.len, NULL) == 1 &&
	       EVP_MAC_update(e->hmac, text.p, text.len) == 1 &&
	       (!last || EVP_MAC_update(e->hmac, last, 1) == 1) &&
	       EVP_MAC_final(e->hmac, block.bytes, &out, NOS_HKDF_LEN) == 1 && out == NOS_HKDF_LEN;
	/* The key would stay in the context until its next use. */
	if (!e || EVP_MAC_init(e->hmac, zeros, sizeof(zeros), NULL) != 1 || !good)
		return nos_err_set(err, NOS_INTERNAL, "HMAC failed");
	nos_secret_put(ret, block.bytes, len);
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
