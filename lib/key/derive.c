/* SPDX-License-Identifier: MIT */
#include "key/derive.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/hkdf.h"

enum nos_code nos_derive_extract(
    struct nos_span salt, struct nos_span ikm, struct nos_secret *ret, struct nos_err *err)
{
	return nos_hkdf_extract(salt, ikm, ret, err);
}

enum nos_code nos_derive_key(const struct nos_secret *prk, const char *label,
    const struct nos_derive_field *ctx, size_t n, size_t len, struct nos_secret *ret,
    struct nos_err *err)
{
	NOS_AUTO(buf) info = { 0 };

	nos_buf_init(&info, NOS_DERIVE_INFO_MAX);
	nos_buf_add_text(&info, "nos/1 ");
	nos_buf_add(&info, label, strlen(label) + 1);
	for (size_t i = 0; i < n; i++) {
		if (ctx[i].p)
			nos_enc_field(&info, ctx[i].p, ctx[i].len);
		else
			nos_enc_field_num(&info, ctx[i].num);
	}
	if (nos_buf_check(&info, "context of a key", err))
		return nos_err_set(err, NOS_INTERNAL, "no room for the context of a key");
	return nos_hkdf_expand(prk, nos_buf_span(&info), len, ret, err);
}

enum nos_code nos_derive_token(struct nos_span token, struct nos_secret *ret_t, struct nos_err *err)
{
	const struct nos_span pieces[] = { nos_str_bytes(NOS_STR("nos/1 token")), token };

	nos_secret_release(ret_t);
	if (nos_hash_sha256(pieces, 2, ret_t->bytes, err))
		return err->code;
	ret_t->len = NOS_HASH_LEN;
	return NOS_OK;
}

void nos_derive_base_release(struct nos_derive_base *b)
{
	explicit_bzero(b, sizeof(*b));
}

enum nos_code nos_derive_root(const struct nos_secret *salt, const struct nos_secret *once_once,
    const struct nos_secret *node_once, struct nos_secret *ret_r, struct nos_err *err)
{
	NOS_AUTO(secret) both = { 0 };

	both.len = once_once->len + node_once->len;
	if (both.len > sizeof(both.bytes))
		return nos_err_set(err, NOS_INTERNAL, "shared secrets are too long");
	memcpy(both.bytes, once_once->bytes, once_once->len);
	memcpy(both.bytes + once_once->len, node_once->bytes, node_once->len);
	return nos_derive_extract(nos_secret_span(salt), nos_secret_span(&both), ret_r, err);
}

enum nos_code nos_derive_base_from(const struct nos_secret *r,
    const struct nos_derive_registration *reg, struct nos_derive_base *ret, struct nos_err *err)
{
	const struct nos_derive_field c[] = {
		NOS_DERIVE_STR(reg->hash),
		NOS_DERIVE_STR(reg->node_once),
		NOS_DERIVE_NUM(reg->node),
		NOS_DERIVE_STR(reg->source),
	};

	if (nos_derive_key(r, "down", c, 4, 32, &ret->down, err) ||
	    nos_derive_key(r, "up", c, 4, 32, &ret->up, err) ||
	    nos_derive_key(r, "pair", c, 4, 32, &ret->pair, err) ||
	    nos_derive_key(r, "static", c, 4, 32, &ret->z, err)) {
		nos_derive_base_release(ret);
		return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_derive_static(const struct nos_secret *z, enum nos_derive_static which,
    struct nos_secret *ret, struct nos_err *err)
{
	static const char *const labels[] = {
		[NOS_DERIVE_AUTH] = "auth",
		[NOS_DERIVE_RESYNC] = "resync",
		[NOS_DERIVE_RENEW] = "renew",
		[NOS_DERIVE_POLL] = "poll",
		[NOS_DERIVE_SPOOL] = "spool",
	};

	return nos_derive_key(z, labels[which], NULL, 0, 32, ret, err);
}

enum nos_code nos_derive_data(const struct nos_secret *scheme_key, const struct nos_secret *k_s,
    struct nos_secret *ret_d, struct nos_err *err)
{
	return nos_derive_extract(nos_secret_span(scheme_key), nos_secret_span(k_s), ret_d, err);
}

static enum nos_code content(const struct nos_secret *from, const char *label, struct nos_str kid,
    struct nos_str source, struct nos_str enc, struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = {
		NOS_DERIVE_STR(kid),
		NOS_DERIVE_STR(source),
		NOS_DERIVE_STR(enc),
	};

	return nos_derive_key(from, label, ctx, 3, 16, ret, err);
}

enum nos_code nos_derive_content(const struct nos_secret *d, struct nos_str kid,
    struct nos_str source, struct nos_str enc, struct nos_secret *ret, struct nos_err *err)
{
	return content(d, "data", kid, source, enc, ret, err);
}

enum nos_code nos_derive_shared(const struct nos_secret *scheme_key, struct nos_str kid,
    struct nos_str source, struct nos_str enc, struct nos_secret *ret, struct nos_err *err)
{
	return content(scheme_key, "group", kid, source, enc, ret, err);
}

enum nos_code nos_derive_receipt(const struct nos_secret *d, struct nos_span pack,
    struct nos_span answer, uint8_t ret[static NOS_DERIVE_RECEIPT_LEN], struct nos_err *err)
{
	uint8_t pack_hash[NOS_HASH_LEN], answer_hash[NOS_HASH_LEN];
	const struct nos_derive_field ctx[] = {
		NOS_DERIVE_BYTES(pack_hash, sizeof(pack_hash)),
		NOS_DERIVE_BYTES(answer_hash, sizeof(answer_hash)),
	};
	NOS_AUTO(secret) receipt = { 0 };

	if (nos_hash_sha256(&pack, 1, pack_hash, err) ||
	    nos_hash_sha256(&answer, 1, answer_hash, err) ||
	    nos_derive_key(d, "receipt", ctx, 2, NOS_DERIVE_RECEIPT_LEN, &receipt, err))
		return err->code;
	memcpy(ret, receipt.bytes, NOS_DERIVE_RECEIPT_LEN);
	return NOS_OK;
}
