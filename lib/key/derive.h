/* SPDX-License-Identifier: MIT */
/*
 * How one key becomes another: X and K of nos-schemes(7), "Common base", and every key of the base
 * that both sides make from a registration. Pure; thread-safe. Every function gives NOS_INTERNAL,
 * and that alone, when OpenSSL or memory fails.
 */
#ifndef NOS_KEY_DERIVE_H
#define NOS_KEY_DERIVE_H

#include "base/err.h"
#include "base/secret.h"
#include "crypto/hash.h"

/* One field of a context: bytes, or a number, which is written as its LEB128. */
struct nos_derive_field {
	const void *p; /* NULL: num */
	size_t len;
	uint64_t num;
};

#define NOS_DERIVE_BYTES(ptr, size)       \
	{                                 \
		.p = (ptr), .len = (size) \
	}
#define NOS_DERIVE_STR(s)                  \
	{                                  \
		.p = (s).p, .len = (s).len \
	} /* a nos_str or a nos_span */
#define NOS_DERIVE_NUM(n)  \
	{                  \
		.num = (n) \
	}

/* Longest info of an expansion, bytes: label and all fields; a hop frame with its pack is one. */
#define NOS_DERIVE_INFO_MAX (2u << 20)

/* X(salt, ikm): HKDF-Extract, 32 bytes. */
enum nos_code nos_derive_extract(struct nos_span salt, struct nos_span ikm, struct nos_secret *ret,
    struct nos_err *err) NOS_CHECK;

/* K(prk, label, ctx…, len): HKDF-Expand with info "nos/1 " ‖ label ‖ 00 ‖ fields. */
enum nos_code nos_derive_key(const struct nos_secret *prk, const char *label,
    const struct nos_derive_field *ctx, size_t n, size_t len, struct nos_secret *ret,
    struct nos_err *err) NOS_CHECK;

/* T = SHA-256("nos/1 token" ‖ token), which stands for a token in all that follows. */
enum nos_code nos_derive_token(
    struct nos_span token, struct nos_secret *ret_t, struct nos_err *err) NOS_CHECK;

/* Who registers with whom: the ctx c of the registration. All must outlive the call. */
struct nos_derive_registration {
	struct nos_span hash;	   /* SHA-256(m1), or SHA-256(ask) */
	struct nos_span node_once; /* E_N, 33 bytes */
	uint64_t node;		   /* N */
	struct nos_str source;	   /* S */
};

/* What a registration leaves on both sides. */
struct nos_derive_base {
	struct nos_secret down, up; /* C_0 of the two control chains */
	struct nos_secret pair;	    /* P_1 */
	struct nos_secret z;	    /* Z */
};

void nos_derive_base_release(struct nos_derive_base *b);

/* R = X(salt, ECDH(E_N,E_S) ‖ ECDH(N,E_S)); salt is T, or V in a renew. */
enum nos_code nos_derive_root(const struct nos_secret *salt, const struct nos_secret *once_once,
    const struct nos_secret *node_once, struct nos_secret *ret_r, struct nos_err *err) NOS_CHECK;

enum nos_code nos_derive_base_from(const struct nos_secret *r,
    const struct nos_derive_registration *reg, struct nos_derive_base *ret,
    struct nos_err *err) NOS_CHECK;

/* The keys that hang on Z, each 32 bytes. */
enum nos_derive_static {
	NOS_DERIVE_AUTH,   /* K_S */
	NOS_DERIVE_RESYNC, /* R* */
	NOS_DERIVE_RENEW,  /* V */
	NOS_DERIVE_POLL,   /* Q */
	NOS_DERIVE_SPOOL,  /* the source's own, for packs that wait on disk */
};
enum nos_code nos_derive_static(const struct nos_secret *z, enum nos_derive_static which,
    struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

/* D = X(scheme key, K_S), under which a source's packs and receipts stand. */
enum nos_code nos_derive_data(const struct nos_secret *scheme_key, const struct nos_secret *k_s,
    struct nos_secret *ret_d, struct nos_err *err) NOS_CHECK;

/* The content key of a pack, 16 bytes for "A128GCM". */
enum nos_code nos_derive_content(const struct nos_secret *d, struct nos_str kid,
    struct nos_str source, struct nos_str enc, struct nos_secret *ret,
    struct nos_err *err) NOS_CHECK;

/* The same of a key that all of a shared group hold, who can read it and write it:
 * K(k_t,"group", kid, S, enc, 16). */
enum nos_code nos_derive_shared(const struct nos_secret *scheme_key, struct nos_str kid,
    struct nos_str source, struct nos_str enc, struct nos_secret *ret,
    struct nos_err *err) NOS_CHECK;

#define NOS_DERIVE_RECEIPT_LEN 16

/* receipt = K(D,"receipt", SHA-256(pack), SHA-256(answer), 16) */
enum nos_code nos_derive_receipt(const struct nos_secret *d, struct nos_span pack,
    struct nos_span answer, uint8_t ret[static NOS_DERIVE_RECEIPT_LEN],
    struct nos_err *err) NOS_CHECK;

#endif
