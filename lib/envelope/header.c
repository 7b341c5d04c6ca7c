/* SPDX-License-Identifier: MIT */
#include "envelope/header.h"

#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "crypto/aead.h"
#include "crypto/direct.h"
#include "key/name.h"

static enum nos_code bad(const char *what, struct nos_err *err)
{
	return nos_err_set(err, NOS_DATA, "sealed text: %s", what);
}

/* Five parts, the second empty and no other, of letters of base64url with no spare bit set. */
static enum nos_code split(
    struct nos_str jwe, struct nos_str parts[static NOS_DIRECT_PARTS], struct nos_err *err)
{
	uint8_t nonce[NOS_AEAD_NONCE_LEN], tag[NOS_AEAD_TAG_LEN];

	if (!nos_direct_split(jwe, parts))
		return bad("not five parts", err);
	if (parts[1].len)
		return bad("an encrypted key where there is none", err);
	if (!parts[0].len || !parts[3].len)
		return bad("an empty part", err);
	if (!nos_enc_base64_fixed(parts[2], nonce, sizeof(nonce)))
		return bad("the nonce is not 12 bytes", err);
	if (!nos_enc_base64_fixed(parts[4], tag, sizeof(tag)))
		return bad("the tag is not 16 bytes", err);
	return NOS_OK;
}

static bool is_source(struct nos_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_'))
			return false;
	}
	return s.len >= 1 && s.len <= NOS_HEADER_SOURCE_MAX;
}

static bool is_text(const struct nos_scan_value *v, const char *text)
{
	return v && v->kind == NOS_SCAN_STRING && nos_str_is(v->raw, text);
}

static bool number_of(const struct nos_scan_value *v, uint64_t min, uint64_t *ret)
{
	return v->kind == NOS_SCAN_NUMBER && nos_num_parse(v->raw, min, NOS_NUM_SAFE - 1, ret);
}

static enum nos_code read_epk(const struct nos_scan *s, const struct nos_scan_value *v,
    struct nos_ecdh_point *ret, struct nos_err *err)
{
	const struct nos_scan_value *x, *y;
	uint8_t xx[NOS_ECDH_COORD_LEN], yy[NOS_ECDH_COORD_LEN];

	if (v->kind != NOS_SCAN_OBJECT || v->count != 4 ||
	    !is_text(nos_scan_get(s, v, "kty"), "EC") ||
	    !is_text(nos_scan_get(s, v, "crv"), "P-256"))
		return bad("epk is not a P-256 key", err);
	x = nos_scan_get(s, v, "x");
	y = nos_scan_get(s, v, "y");
	if (!x || !y || x->kind != NOS_SCAN_STRING || y->kind != NOS_SCAN_STRING ||
	    !nos_enc_base64_fixed(x->raw, xx, sizeof(xx)) ||
	    !nos_enc_base64_fixed(y->raw, yy, sizeof(yy)))
		return bad("epk has not two coordinates of 32 bytes", err);
	if (nos_ecdh_from_xy(xx, yy, ret, err))
		return err->code == NOS_DATA ? bad("epk is not on the curve", err) : err->code;
	return NOS_OK;
}

/* One member beside alg and enc; *ret_seen gathers which were there. */
static enum nos_code read_member(const struct nos_scan *s, struct nos_str name,
    const struct nos_scan_value *v, enum nos_header_use use, struct nos_header *ret,
    unsigned *ret_seen, struct nos_err *err)
{
	bool pack = use == NOS_HEADER_PACK;

	if (nos_str_is(name, "kid")) {
		*ret_seen |= 1;
		if (v->kind != NOS_SCAN_STRING ||
		    (pack ? !nos_name_parse(v->raw, &ret->name) ||
				!nos_str_copy(v->raw, ret->kid, sizeof(ret->kid))
			  : !nos_enc_base64_fixed(v->raw, ret->thumbprint, NOS_HASH_LEN)))
			return bad("kid is not a key's name", err);
		return NOS_OK;
	}
	if (pack && nos_str_is(name, "src")) {
		*ret_seen |= 2;
		if (v->kind != NOS_SCAN_STRING || !is_source(v->raw))
			return bad("src is not a source's name", err);
		return nos_str_copy(v->raw, ret->source, sizeof(ret->source)) ? NOS_OK
									      : bad("src", err);
	}
	if (pack && nos_str_is(name, "seq")) {
		*ret_seen |= 4;
		return number_of(v, 1, &ret->seq) ? NOS_OK : bad("seq is not a number from 1", err);
	}
	if (pack && nos_str_is(name, "prev")) {
		ret->has_prev = true;
		return number_of(v, 0, &ret->prev) ? NOS_OK : bad("prev is not a number", err);
	}
	if (!pack && nos_str_is(name, "epk")) {
		*ret_seen |= 2 | 4;
		return read_epk(s, v, &ret->epk, err);
	}
	if (nos_str_is(name, "cty")) {
		struct nos_str cty = v->raw;

		if (v->kind == NOS_SCAN_STRING && nos_str_starts(cty, "application/"))
			cty.p += 12, cty.len -= 12;
		if (v->kind != NOS_SCAN_STRING || !nos_str_copy(cty, ret->cty, sizeof(ret->cty)))
			return bad("cty is not a short text", err);
		return NOS_OK;
	}
	if (nos_str_is(name, "typ") || nos_str_is(name, "alg") || nos_str_is(name, "enc"))
		return NOS_OK;
	return bad("a member in the header that is not known", err);
}

static enum nos_code read_members(
    const struct nos_scan *s, enum nos_header_use use, struct nos_header *ret, struct nos_err *err)
{
	const struct nos_scan_value *root = s->values, *name, *value;
	bool pack = use == NOS_HEADER_PACK;
	unsigned seen = 0;
	uint32_t at = 0;

	if (root->kind != NOS_SCAN_OBJECT)
		return bad("the header is not an object", err);
	if (!is_text(nos_scan_get(s, root, "alg"), pack ? "dir" : "ECDH-ES") ||
	    !is_text(nos_scan_get(s, root, "enc"), pack ? "A128GCM" : "A256GCM"))
		return bad("alg or enc is not the one that is used here", err);
	while (nos_scan_member(s, root, &at, &name, &value))
		if (read_member(s, name->raw, value, use, ret, &seen, err))
			return err->code;
	if (seen != 7)
		return bad(pack ? "kid, src or seq is missing" : "kid or epk is missing", err);
	if (ret->has_prev && ret->prev >= ret->seq)
		return bad("prev is not below seq", err);
	return NOS_OK;
}

enum nos_code nos_header_read(struct nos_str jwe, enum nos_header_use use, size_t max,
    struct nos_scan *scan, struct nos_header *ret, struct nos_err *err)
{
	struct nos_str parts[NOS_DIRECT_PARTS], text;
	uint8_t bytes[NOS_HEADER_MAX];

	memset(ret, 0, sizeof(*ret));
	if (jwe.len > max)
		return nos_err_set(err, NOS_LARGE, "sealed text is over %zu bytes", max);
	if (split(jwe, parts, err))
		return err->code;
	if (parts[0].len > NOS_ENC_BASE64_LEN(NOS_HEADER_MAX))
		return bad("the header is over 1024 bytes", err);
	text = (struct nos_str){ (const char *)bytes, NOS_ENC_BASE64_BYTES(parts[0].len) };
	if (!nos_enc_base64_fixed(parts[0], bytes, text.len) || !nos_enc_base64_is(parts[3]))
		return bad("not base64url in its one form", err);
	if (memchr(text.p, '\\', text.len))
		return bad("a backslash in the header", err);
	if (nos_scan_parse(scan, text, err))
		return err->code == NOS_INTERNAL ? err->code : bad("the header is not JSON", err);
	return read_members(scan, use, ret, err);
}
