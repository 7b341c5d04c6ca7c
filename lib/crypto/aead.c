/* SPDX-License-Identifier: MIT */
#include "crypto/aead.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "crypto/engine.h"

static enum nos_code failed(struct nos_err *err)
{
	return nos_err_set(err, NOS_INTERNAL, "AES failed");
}

static EVP_CIPHER_CTX *gcm_ctx(const struct nos_secret *key)
{
	const struct nos_engine *e = nos_engine_get();

	assert(key->len == 16 || key->len == 32);
	return !e ? NULL : key->len == 16 ? e->gcm128 : e->gcm256;
}

/* Feed the associated data, if any, and the text, if any. */
static bool update(EVP_CIPHER_CTX *ctx, struct nos_span aad, struct nos_span in, uint8_t *out)
{
	int n;

	if (aad.len > INT_MAX || in.len > INT_MAX)
		return false;
	if (aad.len && EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.len) != 1)
		return false;
	return in.len == 0 || EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.len) == 1;
}

/* The key would stay in the context until its next use. */
static bool forget(EVP_CIPHER_CTX *ctx)
{
	static const uint8_t zeros[NOS_AEAD_SIV_KEY_LEN]; /* the longest */

	return EVP_CipherInit_ex2(ctx, NULL, zeros, NULL, 1, NULL) == 1;
}

static bool gcm_seal(EVP_CIPHER_CTX *ctx, const struct nos_secret *key, const uint8_t *nonce,
    struct nos_span aad, struct nos_span text, uint8_t *out, uint8_t *tag)
{
	uint8_t none[16];
	int n;

	return EVP_CipherInit_ex2(ctx, NULL, key->bytes, nonce, 1, NULL) == 1 &&
	       update(ctx, aad, text, out) && EVP_CipherFinal_ex(ctx, none, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, NOS_AEAD_TAG_LEN, tag) == 1;
}

enum nos_code nos_aead_gcm_seal(const struct nos_secret *key,
    const uint8_t nonce[static NOS_AEAD_NONCE_LEN], struct nos_span aad, struct nos_span text,
    uint8_t *out, uint8_t tag[static NOS_AEAD_TAG_LEN], struct nos_err *err)
{
	EVP_CIPHER_CTX *ctx = gcm_ctx(key);
	bool good = ctx && gcm_seal(ctx, key, nonce, aad, text, out, tag);

	return ctx && forget(ctx) && good ? NOS_OK : failed(err);
}

/* *ret_begun: no more than the tag can be wrong. */
static bool gcm_open(EVP_CIPHER_CTX *ctx, const struct nos_secret *key, const uint8_t *nonce,
    struct nos_span aad, struct nos_span sealed, const uint8_t *tag, uint8_t *out, bool *ret_begun)
{
	uint8_t none[16], copy[NOS_AEAD_TAG_LEN];
	int n;

	memcpy(copy, tag, sizeof(copy));
	*ret_begun = EVP_CipherInit_ex2(ctx, NULL, key->bytes, nonce, 0, NULL) == 1 &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(copy), copy) == 1 &&
		     update(ctx, aad, sealed, out);
	return *ret_begun && EVP_CipherFinal_ex(ctx, none, &n) == 1;
}

enum nos_code nos_aead_gcm_open(const struct nos_secret *key,
    const uint8_t nonce[static NOS_AEAD_NONCE_LEN], struct nos_span aad, struct nos_span sealed,
    const uint8_t tag[static NOS_AEAD_TAG_LEN], uint8_t *out, struct nos_err *err)
{
	EVP_CIPHER_CTX *ctx = gcm_ctx(key);
	bool begun = false;
	bool good = ctx && gcm_open(ctx, key, nonce, aad, sealed, tag, out, &begun);

	if (ctx && forget(ctx) && good)
		return NOS_OK;
	if (sealed.len)
		explicit_bzero(out, sealed.len);
	return begun && !good ? nos_err_set(err, NOS_TAG, "does not verify") : failed(err);
}

static bool siv_seal(EVP_CIPHER_CTX *ctx, const struct nos_secret *key, struct nos_span aad,
    struct nos_span text, uint8_t *out)
{
	uint8_t none[16];
	int n;

	return EVP_CipherInit_ex2(ctx, NULL, key->bytes, NULL, 1, NULL) == 1 &&
	       update(ctx, aad, text, out + NOS_AEAD_TAG_LEN) &&
	       EVP_CipherFinal_ex(ctx, none, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, NOS_AEAD_TAG_LEN, out) == 1;
}

enum nos_code nos_aead_siv_seal(const struct nos_secret *key, struct nos_span aad,
    struct nos_span text, uint8_t *out, struct nos_err *err)
{
	const struct nos_engine *e = nos_engine_get();
	bool good;

	/* OpenSSL gives 16 zero bytes as the tag of an empty text. */
	assert(key->len == NOS_AEAD_SIV_KEY_LEN && text.len > 0 && aad.len > 0);
	memmove(out + NOS_AEAD_TAG_LEN, text.p, text.len);
	text.p = out + NOS_AEAD_TAG_LEN;
	if (!e)
		return failed(err);
	good = siv_seal(e->siv, key, aad, text, out);
	return forget(e->siv) && good ? NOS_OK : failed(err);
}

/* *ret_begun: no more than the tag can be wrong, which fails in the update already. */
static bool siv_open(EVP_CIPHER_CTX *ctx, const struct nos_secret *key, struct nos_span aad,
    struct nos_span text, uint8_t tag[static NOS_AEAD_TAG_LEN], uint8_t *out, bool *ret_begun)
{
	uint8_t none[16];
	int n;

	*ret_begun = EVP_CipherInit_ex2(ctx, NULL, key->bytes, NULL, 0, NULL) == 1 &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, NOS_AEAD_TAG_LEN, tag) == 1 &&
		     EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.len) == 1;
	return *ret_begun && EVP_CipherUpdate(ctx, out, &n, text.p, (int)text.len) == 1 &&
	       EVP_CipherFinal_ex(ctx, none, &n) == 1;
}

enum nos_code nos_aead_siv_open(const struct nos_secret *key, struct nos_span aad,
    struct nos_span sealed, uint8_t *out, struct nos_err *err)
{
	const struct nos_engine *e = nos_engine_get();
	uint8_t tag[NOS_AEAD_TAG_LEN];
	struct nos_span text;
	bool begun, good;

	assert(key->len == NOS_AEAD_SIV_KEY_LEN && aad.len > 0);
	if (sealed.len <= NOS_AEAD_TAG_LEN || sealed.len > INT_MAX)
		return nos_err_set(err, NOS_TAG, "does not verify");
	if (!e)
		return failed(err);
	memcpy(tag, sealed.p, sizeof(tag));
	text = (struct nos_span){ sealed.p + sizeof(tag), sealed.len - sizeof(tag) };
	good = siv_open(e->siv, key, aad, text, tag, out, &begun);
	if (!forget(e->siv) || !begun)
		return failed(err);
	if (good)
		return NOS_OK;
	explicit_bzero(out, text.len);
	return nos_err_set(err, NOS_TAG, "does not verify");
}
