/* SPDX-License-Identifier: MIT */
#include "crypto/random.h"

#include <assert.h>
#include <limits.h>

#include <openssl/rand.h>

enum nos_code nos_random_bytes(void *ret, size_t len, struct nos_err *err)
{
	assert(len <= INT_MAX);
	if (RAND_priv_bytes(ret, (int)len) != 1)
		return nos_err_set(err, NOS_INTERNAL, "the random generator has no entropy");
	return NOS_OK;
}

enum nos_code nos_random_public(void *ret, size_t len, struct nos_err *err)
{
	assert(len <= INT_MAX);
	if (RAND_bytes(ret, (int)len) != 1)
		return nos_err_set(err, NOS_INTERNAL, "the random generator has no entropy");
	return NOS_OK;
}

enum nos_code nos_random_secret(struct nos_secret *ret, size_t len, struct nos_err *err)
{
	assert(len <= NOS_SECRET_MAX);
	nos_secret_release(ret);
	if (nos_random_bytes(ret->bytes, len, err))
		return err->code;
	ret->len = len;
	return NOS_OK;
}
