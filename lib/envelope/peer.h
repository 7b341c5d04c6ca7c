/* SPDX-License-Identifier: MIT */
/*
 * What two nodes say to one another (nos-wire(7), "Peers"): a request for a visitor's key, or that
 * one was revoked, and the answer. Each is a signature and JSON, sealed as JWE: the request to the
 * peer's key, the answer to a key that was made for it. Who it is from is for the caller to look
 * up. Pure but for nonces; thread-safe. All that is read may come from strangers.
 */
#ifndef NOS_ENVELOPE_PEER_H
#define NOS_ENVELOPE_PEER_H

#include "base/buf.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "json/scan.h"
#include "key/name.h"

#define NOS_PEER_PATH	    "/v1/peer"
#define NOS_PEER_MEDIA	    "application/jose"
#define NOS_PEER_MAX	    4096 /* bytes of a message as it travels */
#define NOS_PEER_SOURCE_MAX 16	 /* "s-" and ten hex digits, terminated */

enum nos_peer_op {
	NOS_PEER_ROAM,	  /* the key of a source for a day */
	NOS_PEER_REVOKED, /* what was given of a source, or of all, counts no longer */
};

struct nos_peer_request {
	enum nos_peer_op op;
	uint8_t from[NOS_HASH_LEN], to[NOS_HASH_LEN]; /* thumbprints */
	struct nos_ecdh_point once;		      /* E, to which the answer is sealed */
	char source[NOS_PEER_SOURCE_MAX];	      /* empty: REVOKED, all of them */
	struct nos_name key;			      /* r.<home>.<day> */
};

/* Holds a key: release it. */
struct nos_peer_answer {
	enum nos_peer_op op;
	uint8_t request[NOS_HASH_LEN]; /* SHA-256 of the request as it was sent */
	/* ROAM */
	struct nos_secret key; /* K_roam */
	char kind[NOS_NAME_WORD_MAX + 1];
	bool open; /* the source was registered without a token: proof 0.7, else 1 */
	struct nos_time expires;
};

void nos_peer_answer_release(struct nos_peer_answer *a);

/* The word of an op, as in a peers file; false: there is none such. */
const char *nos_peer_op_text(enum nos_peer_op op);
bool nos_peer_op_parse(struct nos_str word, enum nos_peer_op *ret);

/* Is it an id as a node gives it, "s-" and ten hex digits? */
bool nos_peer_is_source(struct nos_str id);

/* Append the JWE of a signed message. NOS_DATA: to is not on the curve; NOS_LARGE; NOS_INTERNAL. */
enum nos_code nos_peer_request_seal(const struct nos_peer_request *r, const struct nos_secret *sign,
    const struct nos_ecdh_point *to, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;
enum nos_code nos_peer_answer_seal(const struct nos_peer_answer *a, const struct nos_secret *sign,
    const struct nos_ecdh_point *once, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* To which key is it sealed? NOS_DATA, NOS_LARGE: it is none, as nos_header_read. */
enum nos_code nos_peer_look(
    struct nos_str jwe, uint8_t ret_thumbprint[static NOS_HASH_LEN], struct nos_err *err) NOS_CHECK;

/* Open what was looked at: signature and JSON into *ret, a secret buffer. NOS_TAG: it does not
 * verify; NOS_DATA: it is too short. */
enum nos_code nos_peer_open(const struct nos_secret *private, struct nos_str jwe,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Read what was opened. NOS_DATA: it is no such message. Nothing of it is to be believed before
 * nos_peer_verify. */
enum nos_code nos_peer_request_decode(
    const struct nos_buf *opened, struct nos_peer_request *ret, struct nos_err *err) NOS_CHECK;
enum nos_code nos_peer_answer_decode(
    const struct nos_buf *opened, struct nos_peer_answer *ret, struct nos_err *err) NOS_CHECK;

/* NOS_TAG: not signed by who holds this key. */
enum nos_code nos_peer_verify(const struct nos_buf *opened,
    const uint8_t sign[static NOS_SIGN_PUBLIC_LEN], struct nos_err *err) NOS_CHECK;

#endif
