/* SPDX-License-Identifier: MIT */
/*
 * The two messages of a registration, m1 and m2, as plaintexts (nos-wire(7), "Registration"); they
 * travel as JWE to a key (crypto/jose.h). Pure: keys, nonces and ids come in. Thread-safe.
 */
#ifndef NOS_ENVELOPE_GRANT_H
#define NOS_ENVELOPE_GRANT_H

#include "base/buf.h"
#include "base/secret.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "json/scan.h"

#define NOS_GRANT_ID_LEN    8
#define NOS_GRANT_NONCE_LEN 16
#define NOS_GRANT_PROOF_LEN 16
#define NOS_GRANT_TAG_LEN   16
#define NOS_GRANT_TEXT_MAX  32768 /* bytes of either plaintext */

/* m1. Texts point into what was decoded, or belong to who makes it. */
struct nos_grant_request {
	bool open;			    /* open enrolment: id stands, token_id does not */
	struct nos_str id;		    /* name of the open enrolment */
	uint8_t token_id[NOS_GRANT_ID_LEN]; /* K(T,"id",8) */
	struct nos_ecdh_point once;	    /* E_S */
	uint8_t nonce[NOS_GRANT_NONCE_LEN];
	uint8_t proof[NOS_GRANT_PROOF_LEN];
	struct nos_str description; /* a JSON object */
};

/* m2, without its tag. */
struct nos_grant_answer {
	struct nos_str source;
	struct nos_str name; /* len 0: none */
	uint64_t node;
	uint8_t nonce[NOS_GRANT_NONCE_LEN]; /* that of m1 */
	uint8_t m1[NOS_HASH_LEN];
	struct nos_ecdh_point once; /* E_N */
	uint8_t sign[NOS_SIGN_PUBLIC_LEN];
	uint64_t next;	       /* number of the source's next pack */
	struct nos_str grants; /* a JSON array of key messages in base64url */
};

/* Fill token_id, which an open request does not send, and proof from T, once and nonce. */
enum nos_code nos_grant_request_prove(
    const struct nos_secret *t, struct nos_grant_request *r, struct nos_err *err) NOS_CHECK;

/* NOS_DENIED: the proof was not made by who knows T. */
enum nos_code nos_grant_request_check(
    const struct nos_secret *t, const struct nos_grant_request *r, struct nos_err *err) NOS_CHECK;

void nos_grant_request_encode(struct nos_buf *b, const struct nos_grant_request *r);

/* NOS_DATA: not an m1. *scan keeps the tokens that the texts of *ret need. */
enum nos_code nos_grant_request_decode(struct nos_str text, struct nos_scan *scan,
    struct nos_grant_request *ret, struct nos_err *err) NOS_CHECK;

/* Append J and its tag K(R,"m2", SHA-256(m1), J, 16). */
enum nos_code nos_grant_answer_seal(const struct nos_secret *r, const struct nos_grant_answer *a,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/*
 * Read J without believing it: E_N and the source in it make R, and R its tag. NOS_DATA: not an m2.
 */
enum nos_code nos_grant_answer_decode(struct nos_str text, struct nos_scan *scan,
    struct nos_grant_answer *ret, struct nos_err *err) NOS_CHECK;

/* NOS_TAG: not made by who knows R, for this m1. m1 is the hash of what was sent. */
enum nos_code nos_grant_answer_check(const struct nos_secret *r, struct nos_str text,
    const uint8_t m1[static NOS_HASH_LEN], struct nos_err *err) NOS_CHECK;

#endif
