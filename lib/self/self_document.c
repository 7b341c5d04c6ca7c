/* SPDX-License-Identifier: MIT */
#include "self/self_document.h"

#include "json/encode.h"
#include "scheme/scheme.h"

#define VERSION	 1
#define SIGNED	 "nos/1 node" /* goes before what is signed, so that it is nothing else */
#define KEYS_MAX 1024

/* A set of keys as it travels. Signatures stand over these bytes: another form of them would make
 * every signature that was given bad. */
static enum nos_code add_keys(struct nos_buf *b, const struct nos_ecdh_point *public,
    const uint8_t sign_public[static NOS_SIGN_PUBLIC_LEN], struct nos_err *err)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];

	if (nos_ecdh_to_xy(public, x, y, err))
		return err->code;
	nos_buf_add_text(b, "[{\"kty\":\"EC\",\"crv\":\"P-256\"");
	nos_encode_member_bytes(b, "x", x, sizeof(x));
	nos_encode_member_bytes(b, "y", y, sizeof(y));
	nos_buf_add_text(b, ",\"use\":\"enc\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\"");
	nos_encode_member_bytes(b, "x", sign_public, NOS_SIGN_PUBLIC_LEN);
	nos_buf_add_text(b, ",\"use\":\"sig\"}]");
	return NOS_OK;
}

static void add_schemes(struct nos_buf *b)
{
	const struct nos_scheme *scheme;

	nos_encode_member(b, "schemes");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++) {
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(scheme->name));
	}
	nos_buf_add_char(b, ']');
}

static enum nos_code add_previous(struct nos_buf *b, const struct nos_self *s, struct nos_err *err)
{
	nos_encode_member(b, "previous");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < s->old_count; i++) {
		const struct nos_self_old *o = &s->old[i];

		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member(b, "keys");
		if (add_keys(b, &o->public, o->sign_public, err))
			return err->code;
		nos_encode_member_bytes(b, "signature", o->signature, sizeof(o->signature));
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
	return NOS_OK;
}

enum nos_code nos_self_document(
    const struct nos_self *s, bool closed, struct nos_buf *b, struct nos_err *err)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_uint(b, "node", s->number);
	nos_encode_member(b, "keys");
	if (add_keys(b, &s->public, s->sign_public, err))
		return err->code;
	add_schemes(b);
	nos_encode_member_text(b, "register", nos_str_of(closed ? "closed" : "token"));
	if (s->old_count && add_previous(b, s, err))
		return err->code;
	nos_buf_add_char(b, '}');
	return nos_buf_check(b, "node document", err);
}

enum nos_code nos_self_document_sign(const struct nos_self *s, const struct nos_secret *before,
    uint8_t ret[static NOS_SIGN_LEN], struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, KEYS_MAX);
	nos_buf_add_text(&text, SIGNED);
	if (add_keys(&text, &s->public, s->sign_public, err) ||
	    nos_buf_check(&text, "node's keys", err))
		return err->code;
	return nos_sign_make(before, nos_buf_span(&text), ret, err);
}
