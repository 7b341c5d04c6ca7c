/* SPDX-License-Identifier: MIT */
#include "crypto/hash.h"

#include "crypto/engine.h"

enum nos_code nos_hash_sha256(
    const struct nos_span *pieces, size_t n, uint8_t ret[static NOS_HASH_LEN], struct nos_err *err)
{
	const struct nos_engine *e = nos_engine_get();
	bool good = e && EVP_DigestInit_ex2(e->sha256, e->sha256_md, NULL) == 1;

	for (size_t i = 0; good && i < n; i++)
		good = EVP_DigestUpdate(e->sha256, pieces[i].p, pieces[i].len) == 1;
	if (!good || EVP_DigestFinal_ex(e->sha256, ret, NULL) != 1)
		return nos_err_set(err, NOS_INTERNAL, "SHA-256 failed");
	return NOS_OK;
}
