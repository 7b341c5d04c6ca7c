/* SPDX-License-Identifier: MIT */
#include "envelope/pack.h"

#include <assert.h>
#include <string.h>

#include "base/enc.h"
#include "crypto/direct.h"
#include "json/encode.h"

#define ENC    NOS_STR("A128GCM")
#define SHARED "g." /* the names of keys by which a group's members read one another */

void nos_pack_keys_release(struct nos_pack_keys *k)
{
	explicit_bzero(k, sizeof(*k));
}

static void keep(
    const struct nos_secret *d, const struct nos_secret *content, struct nos_pack_keys *ret)
{
	assert(d->len == sizeof(ret->d) && content->len == sizeof(ret->content));
	memcpy(ret->d, d->bytes, sizeof(ret->d));
	memcpy(ret->content, content->bytes, sizeof(ret->content));
}

enum nos_code nos_pack_keys_make(const struct nos_secret *scheme_key, const struct nos_secret *k_s,
    struct nos_str kid, struct nos_str source, struct nos_pack_keys *ret, struct nos_err *err)
{
	NOS_AUTO(secret) d = { 0 };
	NOS_AUTO(secret) content = { 0 };

	if (nos_derive_data(scheme_key, k_s, &d, err))
		return err->code;
	if (!nos_str_starts(kid, SHARED))
		return nos_pack_keys_of(&d, kid, source, ret, err);
	if (!nos_derive_shared(scheme_key, kid, source, ENC, &content, err))
		keep(&d, &content, ret);
	return err->code;
}

enum nos_code nos_pack_keys_of(const struct nos_secret *d, struct nos_str kid,
    struct nos_str source, struct nos_pack_keys *ret, struct nos_err *err)
{
	NOS_AUTO(secret) content = { 0 };

	if (!nos_derive_content(d, kid, source, ENC, &content, err))
		keep(d, &content, ret);
	return err->code;
}

static void add_header(struct nos_buf *b, const struct nos_pack *pack)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "alg", NOS_STR("dir"));
	nos_encode_member_text(b, "enc", ENC);
	nos_encode_member_text(b, "kid", pack->kid);
	nos_encode_member_text(b, "src", pack->source);
	nos_encode_member_uint(b, "seq", pack->seq);
	nos_encode_member_text(b, "cty", pack->cty);
	if (pack->prev)
		nos_encode_member_uint(b, "prev", pack->prev);
	nos_buf_add_char(b, '}');
}

enum nos_code nos_pack_seal(const struct nos_pack_keys *keys, const struct nos_pack *pack,
    struct nos_span text, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(secret) content = { 0 };
	NOS_AUTO(buf) header = { 0 };
	size_t start = ret->len;

	nos_secret_put(&content, keys->content, sizeof(keys->content));
	nos_buf_init(&header, NOS_HEADER_MAX);
	add_header(&header, pack);
	if (nos_buf_check(&header, "header", err) ||
	    nos_direct_seal(&content, nos_buf_str(&header), text, ret, err))
		return err->code;
	if (ret->len - start > NOS_PACK_MAX)
		return nos_err_set(err, NOS_LARGE, "pack is over %u bytes", NOS_PACK_MAX);
	return NOS_OK;
}

enum nos_code nos_pack_open(
    const struct nos_pack_keys *keys, struct nos_str jwe, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(secret) content = { 0 };

	nos_secret_put(&content, keys->content, sizeof(keys->content));
	return nos_direct_open(&content, jwe, ret, err);
}

enum nos_code nos_pack_receipt(const struct nos_pack_keys *keys, struct nos_span pack,
    struct nos_span answer, char ret[static NOS_PACK_RECEIPT_LEN], struct nos_err *err)
{
	uint8_t receipt[NOS_DERIVE_RECEIPT_LEN];
	NOS_AUTO(secret) d = { 0 };
	NOS_AUTO(buf) text = { 0 };

	nos_secret_put(&d, keys->d, sizeof(keys->d));
	if (nos_derive_receipt(&d, pack, answer, receipt, err))
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
