/* SPDX-License-Identifier: MIT */
#include "self/vault.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/aead.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"

#define VERSION 1
#define AAD_MAX 1024

void nos_vault_release(struct nos_vault *v)
{
	nos_secret_release(&v->key);
}

enum nos_code nos_vault_new(struct nos_vault *ret, struct nos_buf *ret_text, struct nos_err *err)
{
	if (nos_random_secret(&ret->key, NOS_VAULT_KEY_LEN, err))
		return err->code;
	nos_buf_add_char(ret_text, '{');
	nos_encode_member_uint(ret_text, "v", VERSION);
	nos_encode_member_bytes(ret_text, "key", ret->key.bytes, ret->key.len);
	nos_buf_add_text(ret_text, "}\n");
	return nos_buf_check(ret_text, "node key", err);
}

enum nos_code nos_vault_decode(struct nos_str text, struct nos_vault *ret, struct nos_err *err)
{
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	enum nos_code code = nos_decode_object(&scan, text, "node key", &d, err);

	if (!code)
		code = nos_decode_version(&d, VERSION, "node key", err);
	if (!code)
		code = nos_decode_secret(&d, "key", NOS_VAULT_KEY_LEN, &ret->key, err);
	nos_scan_release(&scan);
	return code ? nos_err_set(err, NOS_CONFIG, "not a node key file: %s", err->text) : NOS_OK;
}

static enum nos_code associated(
    const struct nos_vault_place *place, struct nos_buf *ret, struct nos_err *err)
{
	nos_buf_init(ret, AAD_MAX);
	nos_enc_field(ret, place->ns, strlen(place->ns));
	nos_enc_field(ret, place->record.p, place->record.len);
	nos_enc_field(ret, place->field, strlen(place->field));
	return nos_buf_check(ret, "place of a sealed value", err);
}

enum nos_code nos_vault_seal(const struct nos_vault *v, const struct nos_vault_place *place,
    struct nos_span text, struct nos_buf *ret, struct nos_err *err)
{
	uint8_t nonce[NOS_AEAD_NONCE_LEN];
	NOS_AUTO(buf) aad = { 0 };
	uint8_t *at;

	if (associated(place, &aad, err) || nos_random_bytes(nonce, sizeof(nonce), err))
		return err->code;
	at = nos_buf_extend(ret, NOS_AEAD_NONCE_LEN + text.len + NOS_AEAD_TAG_LEN);
	if (!at)
		return nos_buf_check(ret, "sealed value", err);
	memcpy(at, nonce, sizeof(nonce));
	at += sizeof(nonce);
	return nos_aead_gcm_seal(&v->key, nonce, nos_buf_span(&aad), text, at, at + text.len, err);
}

enum nos_code nos_vault_open(const struct nos_vault *v, const struct nos_vault_place *place,
    struct nos_span sealed, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(buf) aad = { 0 };
	size_t start = ret->len;
	struct nos_span text;
	uint8_t *at;

	if (sealed.len < NOS_AEAD_NONCE_LEN + NOS_AEAD_TAG_LEN)
		return nos_err_set(err, NOS_DENIED, "store: a sealed value is cut off");
	text = (struct nos_span){ sealed.p + NOS_AEAD_NONCE_LEN,
		sealed.len - NOS_AEAD_NONCE_LEN - NOS_AEAD_TAG_LEN };
	if (associated(place, &aad, err))
		return err->code;
	at = nos_buf_extend(ret, text.len);
	if (!at)
		return nos_buf_check(ret, "opened value", err);
	if (nos_aead_gcm_open(
		&v->key, sealed.p, nos_buf_span(&aad), text, text.p + text.len, at, err)) {
		nos_buf_truncate(ret, start);
		return err->code == NOS_TAG
			   ? nos_err_set(err, NOS_DENIED,
				 "store: a sealed value of %s does not open: another node key?",
				 place->ns)
			   : err->code;
	}
	return NOS_OK;
}
