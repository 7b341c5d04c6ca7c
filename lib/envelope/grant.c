/* SPDX-License-Identifier: MIT */
#include "envelope/grant.h"

#include <string.h>

#include "base/enc.h"
#include "base/num.h"
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

/* Members of the scanned object: each names itself in the error. */
static enum nos_code bad(const char *name, struct nos_err *err)
{
	return nos_err_set_field(
	    err, NOS_DATA, name, "registration: %s is missing or malformed", name);
}

static const struct nos_scan_value *member(
    const struct nos_scan *s, const char *name, enum nos_scan_kind kind)
{
	const struct nos_scan_value *v = nos_scan_get(s, s->values, name);

	return v && v->kind == kind && !v->escaped ? v : NULL;
}

static enum nos_code bytes_of(
    const struct nos_scan *s, const char *name, uint8_t *ret, size_t len, struct nos_err *err)
{
	const struct nos_scan_value *v = member(s, name, NOS_SCAN_STRING);

	return v && nos_enc_base64_fixed(v->raw, ret, len) ? NOS_OK : bad(name, err);
}

static enum nos_code number_of(
    const struct nos_scan *s, const char *name, uint64_t *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = member(s, name, NOS_SCAN_NUMBER);

	return v && nos_num_parse(v->raw, 1, NOS_NUM_SAFE - 1, ret) ? NOS_OK : bad(name, err);
}

/* The text as it stands, with its brackets where it has some. */
static enum nos_code raw_of(const struct nos_scan *s, const char *name, enum nos_scan_kind kind,
    struct nos_str *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = member(s, name, kind);

	if (!v)
		return bad(name, err);
	*ret = v->raw;
	return NOS_OK;
}

static enum nos_code scan_object(struct nos_str text, struct nos_scan *scan, struct nos_err *err)
{
	if (nos_scan_parse(scan, text, err))
		return err->code == NOS_INTERNAL
			   ? err->code
			   : nos_err_set(err, NOS_DATA, "registration: not JSON");
	return scan->values->kind == NOS_SCAN_OBJECT
		   ? NOS_OK
		   : nos_err_set(err, NOS_DATA, "registration: not an object");
}

enum nos_code nos_grant_request_decode(
    struct nos_str text, struct nos_scan *scan, struct nos_grant_request *ret, struct nos_err *err)
{
	*ret = (struct nos_grant_request){ 0 };
	if (scan_object(text, scan, err))
		return err->code;
	ret->open = nos_scan_get(scan, scan->values, "token") == NULL;
	if (ret->open ? raw_of(scan, "id", NOS_SCAN_STRING, &ret->id, err)
		      : bytes_of(scan, "token", ret->token_id, sizeof(ret->token_id), err))
		return err->code;
	if (bytes_of(scan, "key", ret->once.bytes, sizeof(ret->once.bytes), err) ||
	    bytes_of(scan, "nonce", ret->nonce, sizeof(ret->nonce), err) ||
	    bytes_of(scan, "proof", ret->proof, sizeof(ret->proof), err) ||
	    raw_of(scan, "description", NOS_SCAN_OBJECT, &ret->description, err))
		return err->code;
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
	*ret = (struct nos_grant_answer){ 0 };
	if (text.len <= NOS_GRANT_TAG_LEN)
		return nos_err_set(err, NOS_DATA, "registration: the answer is cut off");
	text.len -= NOS_GRANT_TAG_LEN;
	if (scan_object(text, scan, err) ||
	    raw_of(scan, "source", NOS_SCAN_STRING, &ret->source, err) ||
	    number_of(scan, "node", &ret->node, err) ||
	    bytes_of(scan, "nonce", ret->nonce, sizeof(ret->nonce), err) ||
	    bytes_of(scan, "m1", ret->m1, sizeof(ret->m1), err) ||
	    bytes_of(scan, "key", ret->once.bytes, sizeof(ret->once.bytes), err) ||
	    bytes_of(scan, "sign", ret->sign, sizeof(ret->sign), err) ||
	    number_of(scan, "next", &ret->next, err) ||
	    raw_of(scan, "grants", NOS_SCAN_ARRAY, &ret->grants, err))
		return err->code;
	if (nos_scan_get(scan, scan->values, "name"))
		return raw_of(scan, "name", NOS_SCAN_STRING, &ret->name, err);
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
