/* SPDX-License-Identifier: MIT */
/*
 * Who a node is: its number, its two key pairs, the secret behind its nonces. Made once, kept
 * sealed in the store (state node/identity). Its operator may replace the key pairs: the old
 * Ed25519 key signs the new set, and the old P-256 key opens what is still sealed to it until it is
 * retired. Read-only, hence thread-safe, once open; who renews and retires has one of his own.
 */
#ifndef NOS_SELF_SELF_H
#define NOS_SELF_SELF_H

#include "base/buf.h"
#include "base/time.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "self/spaces.h"
#include "self/vault.h"
#include "store/store.h"

#define NOS_SELF_NONCE_LEN 16
#define NOS_SELF_NONCES	   6 /* that are good at once: of this minute and the five before */
#define NOS_SELF_PIN_MAX   44
#define NOS_SELF_OLD_MAX   4

/* A set of keys that was replaced. Its Ed25519 private key is not kept: it has signed. */
struct nos_self_old {
	uint64_t generation;
	struct nos_secret private; /* P-256 */
	struct nos_ecdh_point public;
	uint8_t thumbprint[NOS_HASH_LEN];
	uint8_t sign_public[NOS_SIGN_PUBLIC_LEN];
	uint8_t signature[NOS_SIGN_LEN]; /* of the set behind it, by this one */
	struct nos_time until;		 /* replaced at */
};

/* Holds secrets: release it. */
struct nos_self {
	uint64_t number;
	uint64_t generation;	   /* of the present set, from 1 */
	struct nos_secret private; /* P-256 */
	struct nos_ecdh_point public;
	uint8_t thumbprint[NOS_HASH_LEN];
	char pin[NOS_SELF_PIN_MAX]; /* the thumbprint, base64url */
	struct nos_secret sign;	    /* Ed25519 */
	uint8_t sign_public[NOS_SIGN_PUBLIC_LEN];
	struct nos_secret nonces;		   /* the node secret of nos-wire(7) */
	struct nos_self_old old[NOS_SELF_OLD_MAX]; /* newest first, without a gap */
	size_t old_count;
	uint64_t rev; /* of the record */
};

void nos_self_release(struct nos_self *s);

/* Make the store's format and a new identity. NOS_EXISTS: it has one. */
enum nos_code nos_self_make(struct nos_store *store, const struct nos_vault *vault, uint64_t number,
    struct nos_err *err) NOS_CHECK;

/* NOS_ABSENT: not yet made; NOS_CONFIG: written by a newer nos; NOS_DENIED: another node key. */
enum nos_code nos_self_open(struct nos_store *store, const struct nos_vault *vault,
    struct nos_self *ret, struct nos_err *err) NOS_CHECK;

/* The number alone, which is not sealed: for who has no node key. NOS_ABSENT, NOS_CONFIG as above.
 */
enum nos_code nos_self_number(
    struct nos_store *store, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/*
 * A new set of keys, signed by the present one, which becomes the newest of the old. *self is as it
 * was read, and then as it is now; on an error it is as it was. NOS_EXISTS: another changed it
 * meanwhile: open it again; NOS_BUSY: NOS_SELF_OLD_MAX old sets are in use.
 */
enum nos_code nos_self_renew(struct nos_store *store, const struct nos_vault *vault,
    struct nos_self *self, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Drop the old sets up to and including that generation; the present one stays. Where there is none
 * nothing is put. *self and NOS_EXISTS as above. */
enum nos_code nos_self_retire(struct nos_store *store, const struct nos_vault *vault,
    struct nos_self *self, uint64_t generation, struct nos_err *err) NOS_CHECK;

/* The P-256 private key, of the present or of an old set, that has this thumbprint; NULL: none. */
const struct nos_secret *nos_self_private(const struct nos_self *s,
    const uint8_t thumbprint[static NOS_HASH_LEN], uint64_t *ret_generation);

/* The Ed25519 public key of that generation, NOS_SIGN_PUBLIC_LEN bytes; NULL: it is not kept. */
const uint8_t *nos_self_sign_public(const struct nos_self *s, uint64_t generation);

/* Is p the public key of the present or of an old set? */
bool nos_self_is_own(const struct nos_self *s, const struct nos_ecdh_point *p);

/* K(node secret, "nonce", minute, 16), with which a 401 is answered. */
enum nos_code nos_self_nonce(const struct nos_self *s, struct nos_time now,
    uint8_t ret[static NOS_SELF_NONCE_LEN], struct nos_err *err) NOS_CHECK;

/* The nonce of i minutes ago: those of 0 … NOS_SELF_NONCES - 1 are good now. */
enum nos_code nos_self_nonce_good(const struct nos_self *s, struct nos_time now, unsigned i,
    uint8_t ret[static NOS_SELF_NONCE_LEN], struct nos_err *err) NOS_CHECK;

/* The life of the store (state node/life), 1 at first; raised once a backup was put back. */
enum nos_code nos_self_life(struct nos_store *store, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/* Raise it by one. NOS_BUSY: others change it at once, try again. */
enum nos_code nos_self_next_life(
    struct nos_store *store, uint64_t *ret, struct nos_err *err) NOS_CHECK;

#endif
