/* SPDX-License-Identifier: MIT */
#include "key/invalidation.h"

#include <assert.h>

#include "base/enc.h"
#include "base/num.h"

#define KIND_VERSION 0x41

/* What is signed: "nos/1 " and the message up to the signature. */
static enum nos_code signed_text(struct nos_span message, struct nos_buf *ret, struct nos_err *err)
{
	nos_buf_init(ret, NOS_INVALIDATION_MAX + 8);
	nos_buf_add_text(ret, "nos/1 ");
	nos_buf_add(ret, message.p, message.len);
	return nos_buf_check(ret, "invalidation", err);
}

enum nos_code nos_invalidation_seal(const struct nos_invalidation *v, const struct nos_secret *sign,
    struct nos_buf *ret, struct nos_err *err)
{
	const size_t start = ret->len;
	uint8_t signature[NOS_SIGN_LEN];
	NOS_AUTO(buf) text = { 0 };

	assert(v->count <= NOS_INVALIDATION_NAMES_MAX);
	nos_buf_add_char(ret, KIND_VERSION);
	nos_enc_add_leb128(ret, v->node);
	nos_enc_add_leb128(ret, v->version);
	nos_enc_add_leb128(ret, v->count);
	for (size_t i = 0; i < v->count; i++) {
		nos_enc_add_leb128(ret, v->names[i].domain);
		nos_enc_add_leb128(ret, v->names[i].version);
	}
	if (nos_buf_check(ret, "invalidation", err) ||
	    signed_text((struct nos_span){ (const uint8_t *)ret->p + start, ret->len - start },
		&text, err) ||
	    nos_sign_make(sign, nos_buf_span(&text), signature, err))
		return err->code;
	nos_buf_add(ret, signature, sizeof(signature));
	return nos_buf_check(ret, "invalidation", err);
}

bool nos_invalidation_is(struct nos_span message)
{
	return message.len && message.p[0] == KIND_VERSION;
}

static bool decode(struct nos_span rest, struct nos_invalidation *ret)
{
	uint64_t count;

	rest.p++, rest.len--;
	if (!nos_enc_leb128_decode(&rest, &ret->node) ||
	    !nos_enc_leb128_decode(&rest, &ret->version) || !nos_enc_leb128_decode(&rest, &count) ||
	    count > NOS_INVALIDATION_NAMES_MAX)
		return false;
	for (ret->count = 0; ret->count < count; ret->count++) {
		struct nos_invalidation_name *n = &ret->names[ret->count];

		if (!nos_enc_leb128_decode(&rest, &n->domain) ||
		    !nos_enc_leb128_decode(&rest, &n->version) || !n->domain ||
		    n->domain >= NOS_NUM_SAFE || n->version >= NOS_NUM_SAFE)
			return false;
	}
	return !rest.len;
}

enum nos_code nos_invalidation_open(struct nos_span message,
    const uint8_t sign[static NOS_SIGN_PUBLIC_LEN], struct nos_invalidation *ret,
    struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_span covered = message;

	if (!nos_invalidation_is(message) || message.len <= NOS_SIGN_LEN ||
	    message.len > NOS_INVALIDATION_MAX)
		return nos_err_set(err, NOS_DATA, "not an invalidation");
	covered.len -= NOS_SIGN_LEN;
	if (signed_text(covered, &text, err) ||
	    nos_sign_verify(sign, nos_buf_span(&text), message.p + covered.len, err))
		return err->code;
	return decode(covered, ret) ? NOS_OK : nos_err_set(err, NOS_DATA, "not an invalidation");
}

bool nos_invalidation_names(const struct nos_invalidation *v, uint64_t domain, uint64_t version)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->names[i].domain == domain && version <= v->names[i].version)
			return true;
	return false;
}
