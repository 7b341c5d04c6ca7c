/* SPDX-License-Identifier: MIT */
#include "envelope/pack.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/jose.h"

#define ENC    NOS_STR("A128GCM")
#define SHARED "g." /* the names of keys by which a group's members read one another */

void nos_pack_keys_release(struct nos_pack_keys *k)
{
	explicit_bzero(k, sizeof(*k));
}

enum nos_code nos_pack_keys_make(const struct nos_secret *scheme_key, const struct nos_secret *k_s,
    struct nos_str kid, struct nos_str source, struct nos_pack_keys *ret, struct nos_err *err)
{
	if (nos_derive_data(scheme_key, k_s, &ret->d, err) ||
	    (nos_str_starts(kid, SHARED)
		    ? nos_derive_shared(scheme_key, kid, source, ENC, &ret->content, err)
		    : nos_derive_content(&ret->d, kid, source, ENC, &ret->content, err))) {
		nos_pack_keys_release(ret);
		return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_pack_keys_of(const struct nos_secret *d, struct nos_str kid,
    struct nos_str source, struct nos_pack_keys *ret, struct nos_err *err)
{
	ret->d = *d;
	if (nos_derive_content(d, kid, source, ENC, &ret->content, err))
		nos_pack_keys_release(ret);
	return err->code;
}

enum nos_code nos_pack_seal(const struct nos_pack_keys *keys, const struct nos_pack *pack,
    struct nos_span text, struct nos_buf *ret, struct nos_err *err)
{
	struct nos_jose_member members[5] = {
		{ "kid", pack->kid, 0 },
		{ "src", pack->source, 0 },
		{ "seq", { 0 }, pack->seq },
		{ "cty", pack->cty, 0 },
		{ "prev", { 0 }, pack->prev },
	};
	size_t start = ret->len;

	if (nos_jose_seal_dir(&keys->content, members, pack->prev ? 5 : 4, text, ret, err))
		return err->code;
	if (ret->len - start > NOS_PACK_MAX)
		return nos_err_set(err, NOS_LARGE, "pack is over %u bytes", NOS_PACK_MAX);
	return NOS_OK;
}

enum nos_code nos_pack_open(
    const struct nos_pack_keys *keys, struct nos_str jwe, struct nos_buf *ret, struct nos_err *err)
{
	return nos_jose_open_dir(&keys->content, jwe, ret, err);
}

enum nos_code nos_pack_receipt(const struct nos_pack_keys *keys, struct nos_span pack,
    struct nos_span answer, char ret[static NOS_PACK_RECEIPT_LEN], struct nos_err *err)
{
	uint8_t receipt[NOS_DERIVE_RECEIPT_LEN];
	NOS_AUTO(buf) text = { 0 };

	if (nos_derive_receipt(&keys->d, pack, answer, receipt, err))
		return err->code;
	nos_buf_init(&text, NOS_PACK_RECEIPT_LEN - 1);
	nos_enc_base64(&text, receipt, sizeof(receipt));
	if (nos_buf_check(&text, "receipt", err))
		return err->code;
	memcpy(ret, text.p, NOS_PACK_RECEIPT_LEN);
	return NOS_OK;
}

bool nos_pack_receipt_is_good(const struct nos_pack_keys *keys, struct nos_span pack,
    struct nos_span answer, struct nos_str receipt)
{
	char good[NOS_PACK_RECEIPT_LEN];
	struct nos_err err = { 0 };

	return receipt.len == NOS_PACK_RECEIPT_LEN - 1 &&
	       !nos_pack_receipt(keys, pack, answer, good, &err) &&
	       nos_secret_same(good, receipt.p, NOS_PACK_RECEIPT_LEN - 1);
}
