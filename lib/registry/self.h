/* SPDX-License-Identifier: MIT */
/*
 * Who a node is: its number, its two key pairs, the secret behind its nonces. Made once, kept
 * sealed in the store (state node/identity). Read-only, hence thread-safe, once open.
 */
#ifndef NOS_REGISTRY_SELF_H
#define NOS_REGISTRY_SELF_H

#include "base/buf.h"
#include "base/time.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "registry/vault.h"
#include "store/store.h"

#define NOS_SELF_NS	   "node"
#define NOS_SELF_NONCE_LEN 16
#define NOS_SELF_PIN_MAX   44

struct nos_self {
	uint64_t number;
	struct nos_secret private; /* P-256 */
	struct nos_ecdh_point public;
	uint8_t thumbprint[NOS_HASH_LEN];
	char pin[NOS_SELF_PIN_MAX]; /* the thumbprint, base64url */
	struct nos_secret sign;	    /* Ed25519 */
	uint8_t sign_public[NOS_SIGN_PUBLIC_LEN];
	struct nos_secret nonces; /* the node secret of nos-wire(7) */
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

/* K(node secret, "nonce", minute, 16), with which a 401 is answered. */
enum nos_code nos_self_nonce(const struct nos_self *s, struct nos_time now,
    uint8_t ret[static NOS_SELF_NONCE_LEN], struct nos_err *err) NOS_CHECK;

/* The document of GET /v1/node; closed: no source registers now. NOS_INTERNAL alone. */
enum nos_code nos_self_document(
    const struct nos_self *s, bool closed, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

#endif
