/* SPDX-License-Identifier: MIT */
#include "audit/audit_head.h"

#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"

#define VERSION	 1
#define HEAD	 NOS_STR("audit")
#define HEAD_MAX 1024 /* bytes */

static void encode(struct nos_buf *b, const struct nos_audit_head *h)
{
	nos_encode_member_uint(b, "n", h->n);
	nos_encode_member_time(b, "time", h->time);
	nos_encode_member_bytes(b, "hash", h->hash, sizeof(h->hash));
	nos_encode_member_bytes(b, "signature", h->signature, sizeof(h->signature));
	nos_buf_add_char(b, '}');
}

void nos_audit_head_encode(struct nos_buf *b, uint64_t node, const struct nos_audit_head *h)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "node", node);
	encode(b, h);
}

enum nos_code nos_audit_head_put(
    struct nos_store *store, const struct nos_audit_head *h, uint64_t rev, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, HEAD_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	encode(&text, h);
	if (nos_buf_check(&text, "audit head", err))
		return err->code;
	if (nos_store_put(store, NOS_SELF_NS, HEAD, nos_buf_str(&text), rev, &rev, err) !=
	    NOS_EXISTS)
		return err->code;
	return nos_err_set(err, NOS_BUSY, "the audit stream is signed by another, try again");
}

enum nos_code nos_audit_head_get(
    struct nos_store *store, struct nos_audit_head *ret, uint64_t *ret_rev, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	*ret = (struct nos_audit_head){ 0 };
	*ret_rev = NOS_STORE_NEW;
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_SELF_NS, HEAD, &text, ret_rev, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	if (!err->code && !nos_decode_object(&scan, nos_buf_str(&text), "audit head", &d, err) &&
	    !nos_decode_version(&d, VERSION, "audit head", err) &&
	    (nos_decode_uint(&d, "n", 1, NOS_NUM_SAFE - 1, &ret->n, err) ||
		nos_decode_time(&d, "time", &ret->time, err) ||
		nos_decode_bytes(&d, "hash", ret->hash, sizeof(ret->hash), err) ||
		nos_decode_bytes(&d, "signature", ret->signature, sizeof(ret->signature), err)))
		nos_err_within(err, "audit head");
	nos_scan_release(&scan);
	return err->code == NOS_LARGE ? (err->code = NOS_DATA) : err->code;
}

static void signed_text(struct nos_buf *b, uint64_t node, const struct nos_audit_head *h)
{
	nos_buf_init(b, 128);
	nos_buf_add_text(b, "nos/1 audit");
	nos_enc_add_leb128(b, node);
	nos_enc_add_leb128(b, h->n);
	nos_buf_add(b, h->hash, sizeof(h->hash));
}

enum nos_code nos_audit_head_make(const struct nos_self *self, uint64_t n,
    const uint8_t hash[static NOS_HASH_LEN], struct nos_time now, struct nos_audit_head *ret,
    struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	*ret = (struct nos_audit_head){ .n = n, .time = now };
	memcpy(ret->hash, hash, sizeof(ret->hash));
	signed_text(&text, self->number, ret);
	if (nos_buf_check(&text, "audit head", err))
		return err->code;
	return nos_sign_make(&self->sign, nos_buf_span(&text), ret->signature, err);
}

enum nos_code nos_audit_head_is_signed(const struct nos_audit_head *h, uint64_t node,
    const uint8_t (*keys)[NOS_SIGN_PUBLIC_LEN], size_t count, bool *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	*ret = false;
	signed_text(&text, node, h);
	if (nos_buf_check(&text, "audit head", err))
		return err->code;
	for (size_t i = 0; !*ret && i < count; i++) {
		*ret = !nos_sign_verify(keys[i], nos_buf_span(&text), h->signature, err);
		if (err->code && err->code != NOS_TAG)
			return err->code;
		nos_err_clear(err);
	}
	return NOS_OK;
}
