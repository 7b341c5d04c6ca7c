/* SPDX-License-Identifier: MIT */
#include "counted.h"

#include <stddef.h>

#include "base/enc.h"
#include "crypto/aead.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"
#include "crypto/jose.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "key/lkh.h"

static _Thread_local struct counted now;

void counted_begin(void)
{
	now = (struct counted){ 0 };
}

struct counted counted_end(void)
{
	return now;
}

bool counted_at(const struct counted *c, unsigned i, const char **ret_name, uint64_t *ret)
{
	static const struct {
		const char *name;
		size_t at;
	} all[] = {
#define X(field, text) { text, offsetof(struct counted, field) },
		COUNTED_MAP(X)
#undef X
	};

	if (i >= sizeof(all) / sizeof(all[0]))
		return false;
	*ret_name = all[i].name;
	*ret = *(const uint64_t *)((const char *)c + all[i].at);
	return true;
}

/*
 * ---- the functions that are wrapped ----
 *
 * WRAP(name, parameters, arguments, what is counted)
 */
#define WRAP(name, parameters, arguments, count)    \
	enum nos_code __real_nos_##name parameters; \
	enum nos_code __wrap_nos_##name parameters; \
	enum nos_code __wrap_nos_##name parameters  \
	{                                           \
		count;                              \
		return __real_nos_##name arguments; \
	}
#define WRAP_VOID(name, parameters, arguments, count) \
	void __real_nos_##name parameters;            \
	void __wrap_nos_##name parameters;            \
	void __wrap_nos_##name parameters             \
	{                                             \
		count;                                \
		__real_nos_##name arguments;          \
	}

WRAP(hkdf_extract,
    (struct nos_span salt, struct nos_span ikm, struct nos_secret *ret, struct nos_err *err),
    (salt, ikm, ret, err), now.hmacs++)
WRAP(hkdf_expand,
    (const struct nos_secret *prk, struct nos_span info, size_t len, struct nos_secret *ret,
	struct nos_err *err),
    (prk, info, len, ret, err), (now.hmacs++, now.keys++))
WRAP(hash_sha256, (const struct nos_span *pieces, size_t n, uint8_t *ret, struct nos_err *err),
    (pieces, n, ret, err), now.hashes++)
WRAP(aead_siv_seal,
    (const struct nos_secret *key, struct nos_span aad, struct nos_span text, uint8_t *out,
	struct nos_err *err),
    (key, aad, text, out, err), now.encryptions++)
WRAP(aead_siv_open,
    (const struct nos_secret *key, struct nos_span aad, struct nos_span sealed, uint8_t *out,
	struct nos_err *err),
    (key, aad, sealed, out, err), now.decryptions++)
WRAP(aead_gcm_seal,
    (const struct nos_secret *key, const uint8_t *nonce, struct nos_span aad, struct nos_span text,
	uint8_t *out, uint8_t *tag, struct nos_err *err),
    (key, nonce, aad, text, out, tag, err), now.encryptions++)
WRAP(aead_gcm_open,
    (const struct nos_secret *key, const uint8_t *nonce, struct nos_span aad,
	struct nos_span sealed, const uint8_t *tag, uint8_t *out, struct nos_err *err),
    (key, nonce, aad, sealed, tag, out, err), now.decryptions++)
WRAP(jose_seal_to,
    (const struct nos_ecdh_point *peer, struct nos_span text, struct nos_buf *ret,
	struct nos_err *err),
    (peer, text, ret, err), (now.encryptions++, now.agreements++, now.pairs++))
WRAP(jose_open_with,
    (const struct nos_secret *private, struct nos_str jwe, struct nos_buf *ret,
	struct nos_err *err),
    (private, jwe, ret, err), (now.decryptions++, now.agreements++))
WRAP(ecdh_shared,
    (const struct nos_secret *private, const struct nos_ecdh_point *peer, struct nos_secret *ret,
	struct nos_err *err),
    (private, peer, ret, err), now.agreements++)
WRAP(ecdh_generate,
    (struct nos_secret * ret_private, struct nos_ecdh_point *ret_public, struct nos_err *err),
    (ret_private, ret_public, err), now.pairs++)
WRAP(sign_make,
    (const struct nos_secret *private, struct nos_span text, uint8_t *ret, struct nos_err *err),
    (private, text, ret, err), now.signatures++)
WRAP(sign_verify,
    (const uint8_t *public, struct nos_span text, const uint8_t *signature, struct nos_err *err),
    (public, text, signature, err), now.verifications++)
WRAP(random_bytes, (void *ret, size_t len, struct nos_err *err), (ret, len, err), now.draws++)
WRAP(lkh_wrap,
    (const struct nos_lkh_turn *turn, const struct nos_lkh_climb *climb, uint32_t leaf,
	nos_lkh_key_of *key_of, void *tree, uint8_t (*ret)[NOS_LKH_KEY_LEN], struct nos_err *err),
    (turn, climb, leaf, key_of, tree, ret, err), now.xors += turn->depth)
WRAP(lkh_unwrap,
    (const struct nos_lkh_turn *turn, const uint8_t *confirm, uint32_t number,
	const struct nos_secret *key, const uint8_t *wrap, struct nos_secret *ret,
	struct nos_err *err),
    (turn, confirm, number, key, wrap, ret, err), now.xors++)
WRAP_VOID(
    enc_field, (struct nos_buf * b, const void *p, size_t len), (b, p, len), now.concatenations++)
WRAP_VOID(enc_field_num, (struct nos_buf * b, uint64_t n), (b, n), now.concatenations++)
WRAP_VOID(enc_add_leb128, (struct nos_buf * b, uint64_t n), (b, n), now.concatenations++)
