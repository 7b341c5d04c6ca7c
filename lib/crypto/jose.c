/* SPDX-License-Identifier: MIT */
#include "crypto/jose.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <cjose/cjose.h>
#include <jansson.h>

#include "base/enc.h"

static void wiping_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *wiping_realloc(void *p, size_t size)
{
	size_t have = p ? malloc_usable_size(p) : 0;
	void *grown = malloc(size);

	if (!grown)
		return NULL;
	if (p)
		memcpy(grown, p, have < size ? have : size);
	wiping_free(p);
	return grown;
}

void nos_jose_start(void)
{
	cjose_set_alloc_funcs(malloc, wiping_realloc, wiping_free);
	json_set_alloc_funcs(malloc, wiping_free);
	json_object_seed(0);
}

static void drop_jwk(cjose_jwk_t **p)
{
	cjose_jwk_release(*p);
}

static void drop_jwe(cjose_jwe_t **p)
{
	cjose_jwe_release(*p);
}

static void drop_header(cjose_header_t **p)
{
	cjose_header_release(*p);
}

#define AUTO(type, free_fn) __attribute__((cleanup(free_fn))) type *

static enum nos_code failed(const char *what, struct nos_err *err)
{
	return nos_err_set(err, NOS_INTERNAL, "JWE: %s failed", what);
}

static bool put_text(cjose_header_t *header, const char *name, struct nos_str text)
{
	return json_object_set_new((json_t *)header, name, json_stringn(text.p, text.len)) == 0;
}

/* Seal, and append the compact form. */
static enum nos_code seal(const cjose_jwk_t *jwk, cjose_header_t *header, struct nos_span text,
    struct nos_buf *ret, struct nos_err *err)
{
	cjose_err e;
	AUTO(cjose_jwe_t, drop_jwe) jwe = cjose_jwe_encrypt(jwk, header, text.p, text.len, &e);
	char *compact = jwe ? cjose_jwe_export(jwe, &e) : NULL;

	if (!compact)
		return failed("sealing", err);
	nos_buf_add_text(ret, compact);
	cjose_get_dealloc()(compact);
	return nos_buf_check(ret, "sealed text", err);
}

static enum nos_code open_jwe(
    const cjose_jwk_t *jwk, struct nos_str text, struct nos_buf *ret, struct nos_err *err)
{
	cjose_err e;
	AUTO(cjose_jwe_t, drop_jwe) jwe = cjose_jwe_import(text.p, text.len, &e);
	uint8_t *plain;
	size_t len = 0;

	if (!jwe)
		return nos_err_set(err, NOS_DATA, "not a compact JWE");
	plain = cjose_jwe_decrypt(jwe, jwk, &len, &e);
	if (!plain)
		return e.code == CJOSE_ERR_NO_MEMORY ? failed("opening", err)
						     : nos_err_set(err, NOS_TAG, "does not verify");
	nos_buf_add(ret, plain, len);
	cjose_get_dealloc()(plain);
	return nos_buf_check(ret, "opened text", err);
}

static enum nos_code jwk_of(const struct nos_ecdh_point *point, const struct nos_secret *private,
    cjose_jwk_t **ret, struct nos_err *err)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];
	NOS_AUTO(secret) d = { 0 };
	cjose_jwk_ec_keyspec spec = {
		.crv = CJOSE_JWK_EC_P_256, .x = x, .xlen = sizeof(x), .y = y, .ylen = sizeof(y)
	};
	cjose_err e;

	if (nos_ecdh_to_xy(point, x, y, err))
		return err->code;
	if (private) {
		d = *private;
		spec.d = d.bytes;
		spec.dlen = d.len;
	}
	*ret = cjose_jwk_create_EC_spec(&spec, &e);
	return *ret ? NOS_OK : failed("the key", err);
}

enum nos_code nos_jose_seal_to(const struct nos_ecdh_point *peer, struct nos_span text,
    struct nos_buf *ret, struct nos_err *err)
{
	cjose_err e;
	AUTO(cjose_jwk_t, drop_jwk) jwk = NULL;
	AUTO(cjose_header_t, drop_header) header = cjose_header_new(&e);
	uint8_t thumbprint[NOS_HASH_LEN];
	NOS_AUTO(buf) kid = { 0 };

	if (jwk_of(peer, NULL, &jwk, err) || nos_jose_thumbprint(peer, thumbprint, err))
		return err->code;
	nos_buf_init(&kid, NOS_ENC_BASE64_LEN(NOS_HASH_LEN));
	nos_enc_base64(&kid, thumbprint, sizeof(thumbprint));
	if (!header || !put_text(header, CJOSE_HDR_ALG, nos_str_of(CJOSE_HDR_ALG_ECDH_ES)) ||
	    !put_text(header, CJOSE_HDR_ENC, nos_str_of(CJOSE_HDR_ENC_A256GCM)) ||
	    !put_text(header, CJOSE_HDR_KID, nos_buf_str(&kid)))
		return failed("the header", err);
	return seal(jwk, header, text, ret, err);
}

enum nos_code nos_jose_open_with(
    const struct nos_secret *private, struct nos_str jwe, struct nos_buf *ret, struct nos_err *err)
{
	AUTO(cjose_jwk_t, drop_jwk) jwk = NULL;
	struct nos_ecdh_point point;

	if (nos_ecdh_public(private, &point, err) || jwk_of(&point, private, &jwk, err))
		return err->code;
	return open_jwe(jwk, jwe, ret, err);
}

enum nos_code nos_jose_thumbprint(
    const struct nos_ecdh_point *key, uint8_t ret[static NOS_HASH_LEN], struct nos_err *err)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];
	NOS_AUTO(buf) text = { 0 };
	struct nos_span piece;

	if (nos_ecdh_to_xy(key, x, y, err))
		return err->code;
	nos_buf_init(&text, 200);
	nos_buf_add_text(&text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
	nos_enc_base64(&text, x, sizeof(x));
	nos_buf_add_text(&text, "\",\"y\":\"");
	nos_enc_base64(&text, y, sizeof(y));
	nos_buf_add_text(&text, "\"}");
	if (nos_buf_check(&text, "thumbprint", err))
		return err->code;
	piece = nos_buf_span(&text);
	return nos_hash_sha256(&piece, 1, ret, err);
}
