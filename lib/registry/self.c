/* SPDX-License-Identifier: MIT */
#include "registry/self.h"

#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "crypto/jose.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/derive.h"
#include "scheme/scheme.h"

#define VERSION	   1
#define NONCES_LEN 32
#define TEXT_MAX   4096
/* P-256, Ed25519, nonces: one sealed value. */
#define SEALED_LEN (NOS_ECDH_PRIVATE_LEN + NOS_SIGN_PRIVATE_LEN + NONCES_LEN)

static const struct nos_vault_place place = { NOS_SELF_NS, NOS_STR("identity"), "sealed" };

void nos_self_release(struct nos_self *s)
{
	explicit_bzero(s, sizeof(*s));
}

static enum nos_code put_format(struct nos_store *store, struct nos_err *err)
{
	uint64_t rev;

	if (nos_store_put(store, NOS_SELF_NS, NOS_STR("format"), NOS_STR("{\"v\":1}"),
		NOS_STORE_NEW, &rev, err) &&
	    err->code != NOS_EXISTS)
		return err->code;
	nos_err_clear(err);
	return NOS_OK;
}

enum nos_code nos_self_make(
    struct nos_store *store, const struct nos_vault *vault, uint64_t number, struct nos_err *err)
{
	NOS_AUTO(secret) private = { 0 };
	NOS_AUTO(buf) plain = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) text = { 0 };
	struct nos_ecdh_point public;
	uint64_t rev;
	uint8_t *at;

	nos_buf_init_secret(&plain, SEALED_LEN);
	nos_buf_init(&sealed, TEXT_MAX);
	nos_buf_init(&text, TEXT_MAX);
	if (nos_ecdh_generate(&private, &public, err))
		return err->code;
	nos_buf_add(&plain, private.bytes, private.len);
	at = nos_buf_extend(&plain, NOS_SIGN_PRIVATE_LEN + NONCES_LEN);
	if (!at)
		return nos_buf_check(&plain, "identity", err);
	if (nos_random_bytes(at, NOS_SIGN_PRIVATE_LEN + NONCES_LEN, err) ||
	    nos_vault_seal(vault, &place, nos_buf_span(&plain), &sealed, err))
		return err->code;
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_uint(&text, "node", number);
	nos_encode_member_bytes(&text, "sealed", sealed.p, sealed.len);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "identity", err) || put_format(store, err))
		return err->code;
	return nos_store_put(
	    store, NOS_SELF_NS, NOS_STR("identity"), nos_buf_str(&text), NOS_STORE_NEW, &rev, err);
}

/* The public halves from the private ones. */
static enum nos_code complete(struct nos_self *s, struct nos_span plain, struct nos_err *err)
{
	NOS_AUTO(buf) pin = { 0 };

	if (plain.len != SEALED_LEN)
		return nos_err_set(err, NOS_IO, "store: the identity is damaged");
	nos_secret_put(&s->private, plain.p, NOS_ECDH_PRIVATE_LEN);
	nos_secret_put(&s->sign, plain.p + NOS_ECDH_PRIVATE_LEN, NOS_SIGN_PRIVATE_LEN);
	nos_secret_put(
	    &s->nonces, plain.p + NOS_ECDH_PRIVATE_LEN + NOS_SIGN_PRIVATE_LEN, NONCES_LEN);
	if (nos_ecdh_public(&s->private, &s->public, err) ||
	    nos_sign_public(&s->sign, s->sign_public, err) ||
	    nos_jose_thumbprint(&s->public, s->thumbprint, err))
		return err->code;
	nos_buf_init(&pin, NOS_SELF_PIN_MAX - 1);
	nos_enc_base64(&pin, s->thumbprint, sizeof(s->thumbprint));
	memcpy(s->pin, pin.p, pin.len + 1);
	return NOS_OK;
}

static enum nos_code none_yet(struct nos_err *err)
{
	return err->code == NOS_ABSENT
		   ? nos_err_set(err, NOS_ABSENT, "the store has no node yet: run nos-serve --init")
		   : err->code;
}

static enum nos_code check_format(
    struct nos_store *store, struct nos_scan *scan, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_decode d;
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_SELF_NS, NOS_STR("format"), &text, &rev, err))
		return none_yet(err);
	if (nos_decode_object(scan, nos_buf_str(&text), "store", &d, err))
		return err->code;
	return nos_decode_version(&d, VERSION, "store", err);
}

/* The record of the identity, scanned; text is what d looks into. */
static enum nos_code read_identity(struct nos_store *store, struct nos_scan *scan,
    struct nos_buf *text, struct nos_decode *d, uint64_t *ret_number, struct nos_err *err)
{
	uint64_t rev;

	nos_buf_init(text, TEXT_MAX);
	if (check_format(store, scan, err))
		return err->code;
	if (nos_store_get(store, NOS_SELF_NS, NOS_STR("identity"), text, &rev, err))
		return none_yet(err);
	if (nos_decode_object(scan, nos_buf_str(text), "store: identity", d, err) ||
	    nos_decode_version(d, VERSION, "store: identity", err))
		return err->code;
	return nos_decode_uint(d, "node", 1, NOS_NUM_SAFE - 1, ret_number, err);
}

enum nos_code nos_self_number(struct nos_store *store, uint64_t *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	(void)!read_identity(store, &scan, &text, &d, ret, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_self_open(struct nos_store *store, const struct nos_vault *vault,
    struct nos_self *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) plain = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	*ret = (struct nos_self){ 0 };
	nos_buf_init(&sealed, TEXT_MAX);
	nos_buf_init_secret(&plain, TEXT_MAX);
	if (!read_identity(store, &scan, &text, &d, &ret->number, err) &&
	    !nos_decode_blob(&d, "sealed", &sealed, err) &&
	    !nos_vault_open(vault, &place, nos_buf_span(&sealed), &plain, err))
		(void)!complete(ret, nos_buf_span(&plain), err);
	nos_scan_release(&scan);
	if (err->code)
		nos_self_release(ret);
	return nos_store_damaged(err);
}

enum nos_code nos_self_nonce(const struct nos_self *s, struct nos_time now,
    uint8_t ret[static NOS_SELF_NONCE_LEN], struct nos_err *err)
{
	const struct nos_derive_field ctx[] = { NOS_DERIVE_NUM((uint64_t)now.ms / 60000) };
	NOS_AUTO(secret) nonce = { 0 };

	if (nos_derive_key(&s->nonces, "nonce", ctx, 1, NOS_SELF_NONCE_LEN, &nonce, err))
		return err->code;
	memcpy(ret, nonce.bytes, NOS_SELF_NONCE_LEN);
	return NOS_OK;
}

enum nos_code nos_self_document(
    const struct nos_self *s, bool closed, struct nos_buf *b, struct nos_err *err)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];
	const struct nos_scheme *scheme;

	if (nos_ecdh_to_xy(&s->public, x, y, err))
		return err->code;
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_uint(b, "node", s->number);
	nos_encode_member(b, "keys");
	nos_buf_add_text(b, "[{\"kty\":\"EC\",\"crv\":\"P-256\"");
	nos_encode_member_bytes(b, "x", x, sizeof(x));
	nos_encode_member_bytes(b, "y", y, sizeof(y));
	nos_buf_add_text(b, ",\"use\":\"enc\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\"");
	nos_encode_member_bytes(b, "x", s->sign_public, sizeof(s->sign_public));
	nos_buf_add_text(b, ",\"use\":\"sig\"}]");
	nos_encode_member(b, "schemes");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++) {
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(scheme->name));
	}
	nos_buf_add_char(b, ']');
	nos_encode_member_text(b, "register", nos_str_of(closed ? "closed" : "token"));
	nos_buf_add_text(b, "}");
	return nos_buf_check(b, "node document", err);
}
