/* SPDX-License-Identifier: MIT */
/*
 * The session keys of a group, which every member makes for itself (nos-schemes(7)): A_t is the
 * clock, B the membership, and h_t, which the node alone can release, the permission to go on. Each
 * key is good for one session (g, e, t). Bytes and arithmetic alone: who may step when is a
 * scheme's. Pure; thread-safe. What derives gives NOS_INTERNAL when OpenSSL or memory fails.
 */
#ifndef NOS_KEY_SESSION_H
#define NOS_KEY_SESSION_H

#include "base/buf.h"
#include "base/secret.h"

#define NOS_SESSION_TOKEN_LEN 16    /* bytes of h_t */
#define NOS_SESSION_B_LEN     16    /* and of B */
#define NOS_SESSION_CHAIN_MAX 65535 /* tokens of one chain */
#define NOS_SESSION_ORDER_MAX (1 + 3 * 10 + NOS_SESSION_TOKEN_LEN)

/* Where a member, or the node, stands. A holds 32 bytes. */
struct nos_session {
	uint64_t group, epoch, t;
	struct nos_secret a; /* A_t */
};

void nos_session_release(struct nos_session *s);

/* A_{t+1} = K(A_t,"A", g, t + 1), and t with it; the old A is wiped. */
enum nos_code nos_session_tick(struct nos_session *s, struct nos_err *err) NOS_CHECK;

/* Tick on to t. NOS_DATA: it is past t, or over NOS_SESSION_CHAIN_MAX behind. */
enum nos_code nos_session_run(struct nos_session *s, uint64_t t, struct nos_err *err) NOS_CHECK;

/* Epoch e begins at the present t: A_t := X(A_t, B); the old A is wiped. */
enum nos_code nos_session_begin_epoch(struct nos_session *s, uint64_t epoch,
    const struct nos_secret *b, struct nos_err *err) NOS_CHECK;

/* k_t = K( X( K(A_t,"out", g, t), h_t ), "session", g, e, t ), 32 bytes. */
enum nos_code nos_session_key(const struct nos_session *s,
    const uint8_t token[static NOS_SESSION_TOKEN_LEN], struct nos_secret *ret,
    struct nos_err *err) NOS_CHECK;

/* h_{t-1}, the first 16 bytes of SHA-256("nos/1 h" ‖ N ‖ g ‖ t ‖ h_t), numbers as LEB128. In place
 * is fine. */
enum nos_code nos_session_token_before(uint64_t node, uint64_t group, uint64_t t,
    const uint8_t token[static NOS_SESSION_TOKEN_LEN], uint8_t ret[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err) NOS_CHECK;

/* A token that was verified: h of number t. */
struct nos_session_token {
	uint64_t t;
	uint8_t h[NOS_SESSION_TOKEN_LEN];
};

/*
 * Is *next of the chain that *last stands in, and behind it? At most most steps are hashed over.
 * NOS_TAG: it is not, or too far ahead; NOS_INTERNAL.
 */
enum nos_code nos_session_verify(uint64_t node, uint64_t group,
    const struct nos_session_token *last, const struct nos_session_token *next, uint64_t most,
    struct nos_err *err) NOS_CHECK;

/* An order: kind and version ‖ g ‖ e ‖ t ‖ h_t. The same bytes for every member. */
struct nos_session_order {
	uint64_t group, epoch;
	struct nos_session_token token;
};

void nos_session_order_encode(struct nos_buf *b, const struct nos_session_order *o);

/* Is it an order, by its first byte? */
bool nos_session_order_is(struct nos_span message);

/* NOS_DATA: not an order. */
enum nos_code nos_session_order_decode(
    struct nos_span message, struct nos_session_order *ret, struct nos_err *err) NOS_CHECK;

/* The body of a join: g ‖ e ‖ t ‖ A_t ‖ h_t; *b is a secret buffer. NOS_DATA: not such a body. */
void nos_session_join_encode(struct nos_buf *b, const struct nos_session *s,
    const uint8_t token[static NOS_SESSION_TOKEN_LEN]);
enum nos_code nos_session_join_decode(struct nos_span body, struct nos_session *ret,
    uint8_t ret_token[static NOS_SESSION_TOKEN_LEN], struct nos_err *err) NOS_CHECK;

/* The body of a heal: g ‖ e ‖ t at which e began ‖ B; *b is a secret buffer. As above. */
struct nos_session_heal {
	uint64_t group, epoch, t;
	struct nos_secret b;
};

void nos_session_heal_encode(struct nos_buf *b, const struct nos_session_heal *h);
enum nos_code nos_session_heal_decode(
    struct nos_span body, struct nos_session_heal *ret, struct nos_err *err) NOS_CHECK;

#endif
