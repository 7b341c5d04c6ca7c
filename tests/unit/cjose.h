/* SPDX-License-Identifier: MIT */
/* Direct encryption by cjose, against which ours is held: lenient, and of another making. */
#ifndef NOS_TEST_CJOSE_H
#define NOS_TEST_CJOSE_H

#include <cjose/cjose.h>

#include "base/buf.h"
#include "base/secret.h"

/* False: refused. */
static inline bool cjose_opens(
    const struct nos_secret *key, struct nos_str jwe, struct nos_buf *ret_plain)
{
	cjose_err e;
	cjose_jwk_t *jwk = cjose_jwk_create_oct_spec(key->bytes, key->len, &e);
	cjose_jwe_t *read = jwk ? cjose_jwe_import(jwe.p, jwe.len, &e) : NULL;
	size_t len = 0;
	uint8_t *plain = read ? cjose_jwe_decrypt(read, jwk, &len, &e) : NULL;

	if (plain)
		nos_buf_add(ret_plain, plain, len);
	cjose_get_dealloc()(plain);
	cjose_jwe_release(read);
	cjose_jwk_release(jwk);
	return plain;
}

static inline bool cjose_seals(
    const struct nos_secret *key, struct nos_span text, struct nos_buf *ret_jwe)
{
	cjose_err e;
	cjose_jwk_t *jwk = cjose_jwk_create_oct_spec(key->bytes, key->len, &e);
	cjose_header_t *header = cjose_header_new(&e);
	bool good = jwk && header &&
		    cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_DIR, &e) &&
		    cjose_header_set(header, CJOSE_HDR_ENC, CJOSE_HDR_ENC_A128GCM, &e);
	cjose_jwe_t *jwe = good ? cjose_jwe_encrypt(jwk, header, text.p, text.len, &e) : NULL;
	char *compact = jwe ? cjose_jwe_export(jwe, &e) : NULL;

	if (compact)
		nos_buf_add_text(ret_jwe, compact);
	good = compact;
	cjose_get_dealloc()(compact);
	cjose_jwe_release(jwe);
	cjose_header_release(header);
	cjose_jwk_release(jwk);
	return good;
}

#endif
