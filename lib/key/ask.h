/* SPDX-License-Identifier: MIT */
/*
 * Ask and answer: the exchange by which a source that has lost whatever gets all of it again
 * (nos-wire(7), "Keys"; nos-schemes(7), "Resync and renew"). Their bytes alone; what they
 * mean is scheme/issuer.h's and scheme/holder.h's. Pure; thread-safe.
 */
#ifndef NOS_KEY_ASK_H
#define NOS_KEY_ASK_H

#include "base/buf.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "key/message.h"
#include "key/name.h"

#define NOS_ASK_NONCE_LEN  16
#define NOS_ASK_SOURCE_MAX 32
#define NOS_ASK_KIDS_MAX   25	/* keys, global keys, and a place in a group */
#define NOS_ASK_MAX	   2048 /* bytes of an ask */
#define NOS_ASK_ANSWER_MAX 2048 /* and of an answer */

/* What stands in front of an ask, in clear. */
struct nos_ask_head {
	struct nos_str source; /* points into the ask */
	uint64_t z;
	struct nos_ecdh_point once; /* E_S */
	size_t len;		    /* bytes of the head itself */
};

/* What is sealed in it. */
struct nos_ask_body {
	bool renew;
	uint64_t highest;		  /* z that the source has */
	uint8_t thumbprint[NOS_HASH_LEN]; /* of the node's key that it used */
	struct nos_name kids[NOS_ASK_KIDS_MAX];
	size_t kid_count;
};

/* NOS_DATA: not an ask. */
enum nos_code nos_ask_head_read(
    struct nos_span ask, struct nos_ask_head *ret, struct nos_err *err) NOS_CHECK;

/* Append an ask, sealed under R*_z (resync) for a node's nonce. */
enum nos_code nos_ask_seal(struct nos_str source, uint64_t z, const struct nos_ecdh_point *once,
    const struct nos_secret *resync, const uint8_t nonce[static NOS_ASK_NONCE_LEN], uint64_t node,
    const struct nos_ask_body *body, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Open an ask whose head was read. NOS_TAG: not for this nonce, or not by who has R*_z; NOS_DATA:
 * what was sealed is no body of an ask. */
enum nos_code nos_ask_open(struct nos_span ask, const struct nos_ask_head *head,
    const struct nos_secret *resync, const uint8_t nonce[static NOS_ASK_NONCE_LEN], uint64_t node,
    struct nos_ask_body *ret, struct nos_err *err) NOS_CHECK;

/* An answer: E_N, then messages of the new chain; begin it, and append each. */
void nos_ask_answer_begin(struct nos_buf *b, const struct nos_ecdh_point *once);
void nos_ask_answer_add(struct nos_buf *b, struct nos_span message);

/* Read E_N; *rest is what stands behind it. NOS_DATA: not an answer. */
enum nos_code nos_ask_answer_read(struct nos_span answer, struct nos_ecdh_point *ret_once,
    struct nos_span *rest, struct nos_err *err) NOS_CHECK;

/* The next message of an answer, stepping over it; false: there is none, or *rest is cut off. */
bool nos_ask_answer_next(struct nos_span *rest, struct nos_span *ret);

#endif
