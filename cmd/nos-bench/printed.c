/* SPDX-License-Identifier: MIT */
#include "printed.h"

#include <openssl/evp.h>
#include <string.h>

#include "crypto/hash.h"

/* DES is triple DES with three times the same key, which no provider calls legacy. */
static enum nos_code des(bool seal, const uint8_t key[static PRINTED_KEY], const uint8_t *in,
    size_t len, uint8_t *out, struct nos_err *err)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t three[3 * PRINTED_KEY];
	int n = 0, last = 0;
	bool good;

	for (size_t i = 0; i < 3; i++)
		memcpy(three + i * PRINTED_KEY, key, PRINTED_KEY);
	good = ctx && EVP_CipherInit_ex(ctx, EVP_des_ede3_ecb(), NULL, three, NULL, seal) == 1 &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	       EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 &&
	       EVP_CipherFinal_ex(ctx, out + n, &last) == 1 && (size_t)(n + last) == len;
	EVP_CIPHER_CTX_free(ctx);
	return good ? NOS_OK : nos_err_set(err, NOS_INTERNAL, "DES failed");
}

enum nos_code printed_encrypt(const uint8_t key[static PRINTED_KEY], const uint8_t *in, size_t len,
    uint8_t *out, struct printed_count *c, struct nos_err *err)
{
	c->encryptions += len / PRINTED_KEY;
	return des(true, key, in, len, out, err);
}

enum nos_code printed_decrypt(const uint8_t key[static PRINTED_KEY], const uint8_t *in, size_t len,
    uint8_t *out, struct printed_count *c, struct nos_err *err)
{
	c->decryptions += len / PRINTED_KEY;
	return des(false, key, in, len, out, err);
}

/* ---- Dini et al. ---- */

void printed_dini_name(
    unsigned node, uint8_t incr, size_t node_len, struct printed_name *ret, struct printed_count *c)
{
	*ret = (struct printed_name){ .len = node_len + 1 };
	for (size_t i = 0; i < node_len; i++)
		ret->bytes[i] = (uint8_t)(node >> 8 * (node_len - 1 - i));
	ret->bytes[node_len] = incr;
	/* Knode to the packet, Kincr to Knode. */
	c->concatenations += 2;
}

enum nos_code printed_dini_install(const struct printed_key *global,
    const struct printed_key *local, uint8_t ret[static PRINTED_PACKET_MAX], size_t *ret_len,
    struct printed_count *c, struct nos_err *err)
{
	memcpy(ret, local->name.bytes, local->name.len);
	*ret_len = local->name.len + PRINTED_KEY;
	return printed_encrypt(
	    global->value, local->value, PRINTED_KEY, ret + local->name.len, c, err);
}

enum nos_code printed_dini_replace(const struct printed_key *old, const struct printed_key *fresh,
    uint8_t ret[static PRINTED_PACKET_MAX], size_t *ret_len, struct printed_count *c,
    struct nos_err *err)
{
	uint8_t both[2 * PRINTED_KEY];

	memcpy(both, fresh->value, PRINTED_KEY);
	memcpy(both + PRINTED_KEY, old->value, PRINTED_KEY);
	memcpy(ret, fresh->name.bytes, fresh->name.len);
	*ret_len = fresh->name.len + sizeof(both);
	return printed_encrypt(old->value, both, sizeof(both), ret + fresh->name.len, c, err);
}

enum nos_code printed_dini_take(const struct printed_key *under, const uint8_t *packet, size_t len,
    size_t name_len, struct printed_key *ret, struct printed_count *c, struct nos_err *err)
{
	uint8_t text[2 * PRINTED_KEY];
	const size_t sealed = len - name_len;

	if (len < name_len || (sealed != PRINTED_KEY && sealed != sizeof(text)))
		return nos_err_set(err, NOS_DATA, "not a packet of a local key");
	if (printed_decrypt(under->value, packet + name_len, sealed, text, c, err))
		return err->code;
	*ret = (struct printed_key){ .name.len = name_len };
	memcpy(ret->name.bytes, packet, name_len);
	memcpy(ret->value, text, PRINTED_KEY);
	return NOS_OK;
}

/* ---- Di Pietro et al. ---- */

static enum nos_code one_way(char which, const uint8_t x[static PRINTED_KEY],
    uint8_t ret[static PRINTED_KEY], struct printed_count *c, struct nos_err *err)
{
	const struct nos_span pieces[] = { { (const uint8_t *)&which, 1 }, { x, PRINTED_KEY } };
	uint8_t hash[NOS_HASH_LEN];

	c->hashes++;
	if (nos_hash_sha256(pieces, 2, hash, err))
		return err->code;
	memcpy(ret, hash, PRINTED_KEY);
	return NOS_OK;
}

/* k = H(S1) XOR G(S2); what becomes of the seeds is the profile's. */
static enum nos_code make_key(
    struct printed_session *s, struct printed_count *c, struct nos_err *err)
{
	uint8_t h[PRINTED_KEY], g[PRINTED_KEY];

	if (one_way('H', s->s1, h, c, err) || one_way('G', s->s2, g, c, err))
		return err->code;
	for (size_t i = 0; i < PRINTED_KEY; i++)
		s->k[i] = h[i] ^ g[i];
	c->xors++;
	c->keys++;
	if (s->update == PRINTED_EVOLVING) {
		memcpy(s->s1, h, PRINTED_KEY);
		memcpy(s->s2, g, PRINTED_KEY);
	}
	return NOS_OK;
}

enum nos_code printed_session_begin(struct printed_session *s, enum printed_update update,
    const uint8_t s1[static PRINTED_KEY], const uint8_t s2[static PRINTED_KEY],
    struct printed_count *c, struct nos_err *err)
{
	*s = (struct printed_session){ .update = update };
	memcpy(s->s1, s1, PRINTED_KEY);
	memcpy(s->s2, s2, PRINTED_KEY);
	return make_key(s, c, err);
}

enum nos_code printed_session_update(
    struct printed_session *s, struct printed_count *c, struct nos_err *err)
{
	memcpy(s->k_old, s->k, PRINTED_KEY);
	s->session++;
	return make_key(s, c, err);
}

enum nos_code printed_session_say(const struct printed_session *s, uint8_t type,
    const uint8_t text[static PRINTED_KEY], struct printed_msg *ret, struct printed_count *c,
    struct nos_err *err)
{
	ret->type = type;
	ret->session = (uint8_t)s->session;
	return printed_encrypt(s->k, text, PRINTED_KEY, ret->block, c, err);
}

/* Its type is read from what came in clear, not from what was decrypted; and any number that is not
 * the present one is tried under the old key. */
enum nos_code printed_session_hear(struct printed_session *s, const struct printed_msg *m,
    uint8_t ret_text[static PRINTED_KEY], struct printed_count *c, struct nos_err *err)
{
	const uint8_t *key = m->session == (uint8_t)s->session ? s->k : s->k_old;

	if (printed_decrypt(key, m->block, PRINTED_KEY, ret_text, c, err))
		return err->code;
	return m->type == PRINTED_MSG_UPDATE ? printed_session_update(s, c, err) : NOS_OK;
}
