/* SPDX-License-Identifier: MIT */
/*
 * The signed head of the audit stream (audit/audit.h; state node/audit): number and hash of the
 * entry that was the newest when it was made, and the node's Ed25519 over "nos/1 audit" ‖ LEB128
 * node ‖ LEB128 n ‖ hash.
 */
#ifndef NOS_AUDIT_AUDIT_HEAD_H
#define NOS_AUDIT_AUDIT_HEAD_H

#include "base/buf.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "self/self.h"
#include "store/store.h"

struct nos_audit_head {
	uint64_t n;
	struct nos_time time; /* when it was signed; not under the signature */
	uint8_t hash[NOS_HASH_LEN];
	uint8_t signature[NOS_SIGN_LEN];
};

/* Append the head as it is published: {"node":…,"n":…,"time":…,"hash":"…","signature":"…"}. */
void nos_audit_head_encode(struct nos_buf *b, uint64_t node, const struct nos_audit_head *h);

/* Put it over revision rev. NOS_BUSY: also where another was put meanwhile; NOS_IO; NOS_INTERNAL.
 */
enum nos_code nos_audit_head_put(struct nos_store *store, const struct nos_audit_head *h,
    uint64_t rev, struct nos_err *err) NOS_CHECK;

/* n 0, and revision NOS_STORE_NEW, where there is none. NOS_DATA: it means nothing; NOS_CONFIG: it
 * is a newer nos's; NOS_IO; NOS_BUSY; NOS_INTERNAL. */
enum nos_code nos_audit_head_get(struct nos_store *store, struct nos_audit_head *ret,
    uint64_t *ret_rev, struct nos_err *err) NOS_CHECK;

/* Sign entry n, whose bytes have that hash, by the node's present key. NOS_INTERNAL. */
enum nos_code nos_audit_head_make(const struct nos_self *self, uint64_t n,
    const uint8_t hash[static NOS_HASH_LEN], struct nos_time now, struct nos_audit_head *ret,
    struct nos_err *err) NOS_CHECK;

/* *ret: is it signed by one of these keys? NOS_INTERNAL alone. */
enum nos_code nos_audit_head_is_signed(const struct nos_audit_head *h, uint64_t node,
    const uint8_t (*keys)[NOS_SIGN_PUBLIC_LEN], size_t count, bool *ret,
    struct nos_err *err) NOS_CHECK;

#endif
