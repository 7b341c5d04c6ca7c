/* SPDX-License-Identifier: MIT */
#include "crypto/sign.h"

#include <assert.h>

#include <openssl/evp.h>

static enum nos_code failed(struct nos_err *err)
{
	return nos_err_set(err, NOS_INTERNAL, "Ed25519 failed");
}

static EVP_PKEY *private_of(const struct nos_secret *private)
{
	assert(private->len == NOS_SIGN_PRIVATE_LEN);
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private->bytes, private->len);
}

enum nos_code nos_sign_public(
    const struct nos_secret *private, uint8_t ret[static NOS_SIGN_PUBLIC_LEN], struct nos_err *err)
{
	EVP_PKEY *pkey = private_of(private);
	size_t len = NOS_SIGN_PUBLIC_LEN;
	bool good = pkey && EVP_PKEY_get_raw_public_key(pkey, ret, &len) == 1;

	EVP_PKEY_free(pkey);
	return good ? NOS_OK : failed(err);
}

enum nos_code nos_sign_make(const struct nos_secret *private, struct nos_span text,
    uint8_t ret[static NOS_SIGN_LEN], struct nos_err *err)
{
	EVP_PKEY *pkey = private_of(private);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = NOS_SIGN_LEN;
	bool good = pkey && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestSign(ctx, ret, &len, text.p, text.len) == 1 && len == NOS_SIGN_LEN;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good ? NOS_OK : failed(err);
}

enum nos_code nos_sign_verify(const uint8_t public[static NOS_SIGN_PUBLIC_LEN],
    struct nos_span text, const uint8_t signature[static NOS_SIGN_LEN], struct nos_err *err)
{
	EVP_PKEY *pkey =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, NOS_SIGN_PUBLIC_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ready = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1;
	bool good = ready && EVP_DigestVerify(ctx, signature, NOS_SIGN_LEN, text.p, text.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	if (!ready)
		return failed(err);
	return good ? NOS_OK : nos_err_set(err, NOS_TAG, "does not verify");
}
