/* SPDX-License-Identifier: MIT */
#include "envelope/grant.h"

#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/derive.h"

static enum nos_code prove(const struct nos_secret *t, const struct nos_grant_request *r,
    struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = {
		NOS_DERIVE_BYTES(r->once.bytes, sizeof(r->once.bytes)),
		NOS_DERIVE_BYTES(r->nonce, sizeof(r->nonce)),
	};

	return nos_derive_key(t, "proof", ctx, 2, NOS_GRANT_PROOF_LEN, ret, err);
}

enum nos_code nos_grant_request_prove(
    const struct nos_secret *t, struct nos_grant_request *r, struct nos_err *err)
{
	NOS_AUTO(secret) id = { 0 };
	NOS_AUTO(secret) proof = { 0 };

	if (nos_derive_key(t, "id", NULL, 0, NOS_GRANT_ID_LEN, &id, err) ||
	    prove(t, r, &proof, err))
		return err->code;
	memcpy(r->token_id, id.bytes, sizeof(r->token_id));
	memcpy(r->proof, proof.bytes, sizeof(r->proof));
	return NOS_OK;
}

enum nos_code nos_grant_request_check(
    const struct nos_secret *t, const struct nos_grant_request *r, struct nos_err *err)
{
	NOS_AUTO(secret) proof = { 0 };

	if (prove(t, r, &proof, err))
		return err->code;
	if (!nos_secret_same(proof.bytes, r->proof, sizeof(r->proof)))
		return nos_err_set(err, NOS_DENIED, "token refused");
	return NOS_OK;
}

void nos_grant_request_encode(struct nos_buf *b, const struct nos_grant_request *r)
{
	nos_buf_add_char(b, '{');
	if (r->open)
		nos_encode_member_text(b, "id", r->id);
	else
		nos_encode_member_bytes(b, "token", r->token_id, sizeof(r->token_id));
	nos_encode_member_bytes(b, "key", r->once.bytes, sizeof(r->once.bytes));
	nos_encode_member_bytes(b, "nonce", r->nonce, sizeof(r->nonce));
	nos_encode_member_bytes(b, "proof", r->proof, sizeof(r->proof));
	nos_encode_member(b, "description");
	nos_buf_add_str(b, r->description);
	nos_buf_add_char(b, '}');
}

enum nos_code nos_grant_request_decode(
    struct nos_str text, struct nos_scan *scan, struct nos_grant_request *ret, struct nos_err *err)
{
	struct nos_decode d;

	*ret = (struct nos_grant_request){ 0 };
	if (nos_decode_object(scan, text, "registration", &d, err))
		return err->code;
	ret->open = !nos_decode_has(&d, "token");
	if ((ret->open
		    ? nos_decode_text(&d, "id", &ret->id, err)
		    : nos_decode_bytes(&d, "token", ret->token_id, sizeof(ret->token_id), err)) ||
	    nos_decode_bytes(&d, "key", ret->once.bytes, sizeof(ret->once.bytes), err) ||
	    nos_decode_bytes(&d, "nonce", ret->nonce, sizeof(ret->nonce), err) ||
	    nos_decode_bytes(&d, "proof", ret->proof, sizeof(ret->proof), err) ||
	    nos_decode_raw(&d, "description", NOS_SCAN_OBJECT, &ret->description, err))
		return nos_err_within(err, "registration");
	return NOS_OK;
}

static enum nos_code tag_of(const struct nos_secret *r, const uint8_t m1[static NOS_HASH_LEN],
    struct nos_str j, struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = {
		NOS_DERIVE_BYTES(m1, NOS_HASH_LEN),
		NOS_DERIVE_STR(j),
	};

	return nos_derive_key(r, "m2", ctx, 2, NOS_GRANT_TAG_LEN, ret, err);
}

enum nos_code nos_grant_answer_seal(const struct nos_secret *r, const struct nos_grant_answer *a,
    struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(secret) tag = { 0 };
	NOS_AUTO(buf) j = { 0 };

	nos_buf_init(&j, NOS_GRANT_TEXT_MAX);
	nos_buf_add_char(&j, '{');
	nos_encode_member_text(&j, "source", a->source);
	if (a->name.len)
		nos_encode_member_text(&j, "name", a->name);
	nos_encode_member_uint(&j, "node", a->node);
	nos_encode_member_bytes(&j, "nonce", a->nonce, sizeof(a->nonce));
	nos_encode_member_bytes(&j, "m1", a->m1, sizeof(a->m1));
	nos_encode_member_bytes(&j, "key", a->once.bytes, sizeof(a->once.bytes));
	nos_encode_member_bytes(&j, "sign", a->sign, sizeof(a->sign));
	nos_encode_member_uint(&j, "next", a->next);
	nos_encode_member(&j, "grants");
	nos_buf_add_str(&j, a->grants);
	nos_buf_add_char(&j, '}');
	if (nos_buf_check(&j, "answer to a registration", err) ||
	    tag_of(r, a->m1, nos_buf_str(&j), &tag, err))
		return err->code;
	nos_buf_add_str(ret, nos_buf_str(&j));
	nos_buf_add(ret, tag.bytes, tag.len);
	return nos_buf_check(ret, "answer to a registration", err);
}

enum nos_code nos_grant_answer_decode(
    struct nos_str text, struct nos_scan *scan, struct nos_grant_answer *ret, struct nos_err *err)
{
	struct nos_decode d;

	*ret = (struct nos_grant_answer){ 0 };
	if (text.len <= NOS_GRANT_TAG_LEN)
		return nos_err_set(err, NOS_DATA, "registration: the answer is cut off");
	text.len -= NOS_GRANT_TAG_LEN;
	if (nos_decode_object(scan, text, "registration", &d, err))
		return err->code;
	if (nos_decode_text(&d, "source", &ret->source, err) ||
	    nos_decode_uint(&d, "node", 1, NOS_NUM_SAFE - 1, &ret->node, err) ||
	    nos_decode_bytes(&d, "nonce", ret->nonce, sizeof(ret->nonce), err) ||
	    nos_decode_bytes(&d, "m1", ret->m1, sizeof(ret->m1), err) ||
	    nos_decode_bytes(&d, "key", ret->once.bytes, sizeof(ret->once.bytes), err) ||
	    nos_decode_bytes(&d, "sign", ret->sign, sizeof(ret->sign), err) ||
	    nos_decode_uint(&d, "next", 1, NOS_NUM_SAFE - 1, &ret->next, err) ||
	    nos_decode_raw(&d, "grants", NOS_SCAN_ARRAY, &ret->grants, err) ||
	    (nos_decode_has(&d, "name") && nos_decode_text(&d, "name", &ret->name, err)))
		return nos_err_within(err, "registration");
	return NOS_OK;
}

enum nos_code nos_grant_answer_check(const struct nos_secret *r, struct nos_str text,
    const uint8_t m1[static NOS_HASH_LEN], struct nos_err *err)
{
	NOS_AUTO(secret) tag = { 0 };
	struct nos_str j = text;

	if (text.len <= NOS_GRANT_TAG_LEN)
		return nos_err_set(err, NOS_TAG, "does not verify");
	j.len -= NOS_GRANT_TAG_LEN;
	if (tag_of(r, m1, j, &tag, err))
		return err->code;
	if (!nos_secret_same(tag.bytes, j.p + j.len, NOS_GRANT_TAG_LEN))
		return nos_err_set(err, NOS_TAG, "does not verify");
	return NOS_OK;
}
