/* SPDX-License-Identifier: MIT */
#include "crypto/direct.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/aead.h"
#include "crypto/random.h"

bool nos_direct_split(struct nos_str jwe, struct nos_str ret[static NOS_DIRECT_PARTS])
{
	size_t n = 0;

	while (n < NOS_DIRECT_PARTS && nos_str_cut(&jwe, '.', &ret[n]))
		n++;
	return n == NOS_DIRECT_PARTS && !jwe.p;
}

/* The text is decoded where it is to stand, and opened in place. */
static enum nos_code open_parts(const struct nos_secret *key,
    const struct nos_str parts[static NOS_DIRECT_PARTS], struct nos_buf *ret, struct nos_err *err)
{
	uint8_t nonce[NOS_AEAD_NONCE_LEN], tag[NOS_AEAD_TAG_LEN];
	size_t start = ret->len;
	struct nos_span text;
	uint8_t *at;

	if (!parts[0].len || parts[1].len || !parts[3].len || !nos_enc_base64_is(parts[0]) ||
	    !nos_enc_base64_fixed(parts[2], nonce, sizeof(nonce)) ||
	    !nos_enc_base64_fixed(parts[4], tag, sizeof(tag)))
		return nos_err_set(err, NOS_DATA, "not a compact JWE of a key of its own");
	if (!nos_enc_base64_decode(parts[3], ret))
		return nos_buf_check(ret, "opened text", err)
			   ? err->code
			   : nos_err_set(err, NOS_DATA, "not base64url in its one form");
	at = (uint8_t *)ret->p + start;
	text = (struct nos_span){ at, ret->len - start };
	if (!nos_aead_gcm_open(key, nonce, nos_str_bytes(parts[0]), text, tag, at, err))
		return NOS_OK;
	nos_buf_truncate(ret, start);
	return err->code;
}

enum nos_code nos_direct_open(
    const struct nos_secret *key, struct nos_str jwe, struct nos_buf *ret, struct nos_err *err)
{
	struct nos_str parts[NOS_DIRECT_PARTS];

	if (key->len != NOS_DIRECT_KEY_LEN)
		return nos_err_set(err, NOS_INTERNAL, "JWE: the key is not 16 bytes");
	if (!nos_direct_split(jwe, parts))
		return nos_err_set(err, NOS_DATA, "not a compact JWE");
	return open_parts(key, parts, ret, err);
}

static enum nos_code seal_parts(const struct nos_secret *key, struct nos_str header,
    struct nos_span text, struct nos_buf *ret, struct nos_err *err)
{
	uint8_t nonce[NOS_AEAD_NONCE_LEN], tag[NOS_AEAD_TAG_LEN];
	size_t start = ret->len;
	NOS_AUTO(buf) sealed = { 0 };
	struct nos_span aad;
	uint8_t *at;

	nos_buf_init(&sealed, text.len);
	at = nos_buf_extend(&sealed, text.len);
	nos_enc_base64(ret, header.p, header.len);
	if (nos_buf_check(&sealed, "text", err) || nos_buf_check(ret, "sealed text", err) ||
	    nos_random_public(nonce, sizeof(nonce), err))
		return err->code;
	aad = (struct nos_span){ (const uint8_t *)ret->p + start, ret->len - start };
	if (nos_aead_gcm_seal(key, nonce, aad, text, at, tag, err))
		return err->code;
	nos_buf_add_text(ret, "..");
	nos_enc_base64(ret, nonce, sizeof(nonce));
	nos_buf_add_char(ret, '.');
	nos_enc_base64(ret, sealed.p, sealed.len);
	nos_buf_add_char(ret, '.');
	nos_enc_base64(ret, tag, sizeof(tag));
	return nos_buf_check(ret, "sealed text", err);
}

enum nos_code nos_direct_seal(const struct nos_secret *key, struct nos_str header,
    struct nos_span text, struct nos_buf *ret, struct nos_err *err)
{
	if (key->len != NOS_DIRECT_KEY_LEN)
		return nos_err_set(err, NOS_INTERNAL, "JWE: the key is not 16 bytes");
	return seal_parts(key, header, text, ret, err);
}
