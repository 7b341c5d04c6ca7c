/* SPDX-License-Identifier: MIT */
#include "key/poll.h"

#include <string.h>

#include "key/derive.h"

static enum nos_code tag(const struct nos_secret *q, const char *label,
    const struct nos_derive_field *ctx, size_t n, uint8_t *ret, struct nos_err *err)
{
	NOS_AUTO(secret) key = { 0 };

	if (nos_derive_key(q, label, ctx, n, NOS_POLL_TAG_LEN, &key, err))
		return err->code;
	memcpy(ret, key.bytes, NOS_POLL_TAG_LEN);
	return NOS_OK;
}

enum nos_code nos_poll_ask(const struct nos_secret *q, struct nos_str id,
    const uint8_t nonce[static NOS_POLL_NONCE_LEN], uint8_t ret[static NOS_POLL_TAG_LEN],
    struct nos_err *err)
{
	const struct nos_derive_field ctx[] = { NOS_DERIVE_STR(id),
		NOS_DERIVE_BYTES(nonce, NOS_POLL_NONCE_LEN) };

	return tag(q, "poll", ctx, 2, ret, err);
}

enum nos_code nos_poll_receipt(const struct nos_secret *q, struct nos_str id,
    const uint8_t nonce[static NOS_POLL_NONCE_LEN], unsigned status, struct nos_span answer,
    uint8_t ret[static NOS_POLL_TAG_LEN], struct nos_err *err)
{
	uint8_t hash[NOS_HASH_LEN];
	const struct nos_derive_field ctx[] = { NOS_DERIVE_STR(id),
		NOS_DERIVE_BYTES(nonce, NOS_POLL_NONCE_LEN), NOS_DERIVE_NUM(status),
		NOS_DERIVE_BYTES(hash, sizeof(hash)) };

	if (nos_hash_sha256(&answer, 1, hash, err))
		return err->code;
	return tag(q, "polled", ctx, 4, ret, err);
}
