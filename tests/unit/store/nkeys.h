/* SPDX-License-Identifier: MIT */
/*
 * Who is who to NATS servers that know users by an operator's word: keys of Ed25519 in the text of
 * NATS (NKEY: base32 of a kind, 32 bytes and a CRC-16), what one says of another (JWT with alg
 * "ed25519-nkey"), and the settings and the file of credentials made of them.
 */
#ifndef NOS_TEST_NKEYS_H
#define NOS_TEST_NKEYS_H

#include "../test.h"

#include <stdio.h>

#include "base/secret.h"
#include "crypto/sign.h"

#define NKEYS_JWT_MAX 2048

enum nkeys_kind { NKEYS_ACCOUNT = 0, NKEYS_OPERATOR = 14 << 3, NKEYS_USER = 20 << 3 };

#define NKEYS_SEED (18 << 3)

struct nkeys_key {
	struct nos_secret private;
	char public[57], seed[59];
};

/* What may be done, as an account and a user have it, and that nothing is limited. */
#define NKEYS_ALL                                                                            \
	"\"limits\":{\"subs\":-1,\"data\":-1,\"payload\":-1,\"imports\":-1,\"exports\":-1,"  \
	"\"wildcards\":true,\"conn\":-1,\"leaf\":-1,\"mem_storage\":-1,\"disk_storage\":-1," \
	"\"streams\":-1,\"consumer\":-1}"
#define NKEYS_SAYS_OPERATOR "{\"type\":\"operator\",\"version\":2}"
#define NKEYS_SAYS_ACCOUNT  "{" NKEYS_ALL ",\"type\":\"account\",\"version\":2}"
/* The same, but users as they were named up to that second are none any more. */
#define NKEYS_SAYS_REVOKED \
	"{" NKEYS_ALL ",\"revocations\":{\"*\":5},\"type\":\"account\",\"version\":2}"
#define NKEYS_SAYS_USER                                                                    \
	"{\"pub\":{},\"sub\":{},\"subs\":-1,\"data\":-1,\"payload\":-1,\"type\":\"user\"," \
	"\"version\":2}"

/* CRC-16/XMODEM, least byte first behind what it is of. */
static size_t nkeys_checked(uint8_t *p, size_t len)
{
	unsigned crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= (unsigned)p[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
	}
	p[len] = (uint8_t)crc;
	p[len + 1] = (uint8_t)(crc >> 8);
	return len + 2;
}

/* RFC 4648, no padding. */
static void nkeys_text(const uint8_t *p, size_t len, char *ret)
{
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | p[i];
		for (held += 8; held >= 5; held -= 5)
			*ret++ = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[bits >> (held - 5) & 31];
	}
	if (held)
		*ret++ = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[bits << (5 - held) & 31];
	*ret = '\0';
}

/* A key whose private bytes are all this one. */
static void nkeys_make(struct nkeys_key *k, enum nkeys_kind kind, uint8_t byte)
{
	uint8_t text[2 + 32 + 2];
	struct nos_err err = { 0 };

	memset(k, 0, sizeof(*k));
	k->private.len = 32;
	memset(k->private.bytes, byte, 32);
	text[0] = (uint8_t)kind;
	assert_int_equal(nos_sign_public(&k->private, text + 1, &err), NOS_OK);
	nkeys_text(text, nkeys_checked(text, 33), k->public);
	text[0] = (uint8_t)(NKEYS_SEED | kind >> 5);
	text[1] = (uint8_t)((kind & 31) << 3);
	memcpy(text + 2, k->private.bytes, 32);
	nkeys_text(text, nkeys_checked(text, 34), k->seed);
}

/* What one says of another, since a second of 1970 and until another; 0: for ever. */
static void nkeys_say(const struct nkeys_key *by, const struct nkeys_key *of, const char *says,
    long since, long until, char ret[static NKEYS_JWT_MAX])
{
	static const char head[] = "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}";
	uint8_t signature[NOS_SIGN_LEN];
	struct nos_buf text, body;
	struct nos_err err = { 0 };

	nos_buf_init(&text, NKEYS_JWT_MAX);
	nos_buf_init(&body, NKEYS_JWT_MAX);
	nos_buf_addf(&body,
	    "{\"jti\":\"A\",\"iat\":%ld,\"iss\":\"%s\",\"name\":\"n\",\"sub\":\"%s\",", since,
	    by->public, of->public);
	if (until)
		nos_buf_addf(&body, "\"exp\":%ld,", until);
	nos_buf_addf(&body, "\"nats\":%s}", says);
	nos_enc_base64(&text, head, strlen(head));
	nos_buf_add_char(&text, '.');
	nos_enc_base64(&text, body.p, body.len);
	assert_int_equal(nos_sign_make(&by->private, nos_buf_span(&text), signature, &err), NOS_OK);
	nos_buf_add_char(&text, '.');
	nos_enc_base64(&text, signature, sizeof(signature));
	assert_true(nos_str_copy(nos_buf_str(&text), ret, NKEYS_JWT_MAX));
	nos_buf_release(&text);
	nos_buf_release(&body);
}

/* Settings of a server whose operator says this of an account, and knows another as the system's.
 */
static void nkeys_settings(const struct nkeys_key *chief, const struct nkeys_key *account,
    const char *says_account, const struct nkeys_key *system, char *ret, size_t size)
{
	char says[3][NKEYS_JWT_MAX];

	nkeys_say(chief, chief, NKEYS_SAYS_OPERATOR, 1, 0, says[0]);
	nkeys_say(chief, account, says_account, 1, 0, says[1]);
	nkeys_say(chief, system, "{\"type\":\"account\",\"version\":2}", 1, 0, says[2]);
	assert_in_range(
	    snprintf(ret, size,
		"operator: \"%s\"\nsystem_account: %s\nresolver: MEMORY\n"
		"resolver_preload: { %s: \"%s\", %s: \"%s\" }",
		says[0], system->public, account->public, says[1], system->public, says[2]),
	    1, size - 1);
}

/* A file of credentials, as NATS makes them. */
static void nkeys_creds(const char *jwt, const char *seed, char *ret, size_t size)
{
	assert_in_range(snprintf(ret, size,
			    "-----BEGIN NATS USER JWT-----\n%s\n------END NATS USER JWT------\n\n"
			    "************************* IMPORTANT *************************\n"
			    "NKEY Seed printed below can be used to sign and prove identity.\n\n"
			    "-----BEGIN USER NKEY SEED-----\n%s\n------END USER NKEY SEED------\n",
			    jwt, seed),
	    1, size - 1);
}

#endif
