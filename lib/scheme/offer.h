/* SPDX-License-Identifier: MIT */
/*
 * How a source that has lost whatever gets all of it again: its ask is answered by an offer, which
 * stands beside what is until a message under its keys confirms it (nos-schemes(7), "Resync and
 * renew"). In two steps, since the public-key work between them belongs to another thread. Pure;
 * may give NOS_INTERNAL, and *a is then to be thrown away.
 */
#ifndef NOS_SCHEME_OFFER_H
#define NOS_SCHEME_OFFER_H

#include "scheme/issuer.h"

/* An ask that has verified. */
struct nos_offer_asked {
	uint8_t hash[NOS_HASH_LEN];
	uint64_t z;
	struct nos_ecdh_point once; /* E_S */
	struct nos_ask_body body;
	bool again; /* the last one, once more: its answer is in the offer */
};

/*
 * Verify an ask against the nonces that are good now. NOS_DATA: not an ask; NOS_TAG: not by this
 * source, for none of the nonces, under a z that the node has not, or an older one again; NOS_BUSY:
 * too many while a nonce lives.
 */
enum nos_code nos_offer_read(const struct nos_assoc *a, const struct nos_issuer *w,
    struct nos_span ask, const uint8_t (*nonces)[NOS_ASK_NONCE_LEN], size_t nonce_count,
    struct nos_offer_asked *ret, struct nos_err *err) NOS_CHECK;

/* What public-key work has made for an answer: E_N, and the two secrets shared with E_S. */
struct nos_offer_shared {
	struct nos_ecdh_point once;
	struct nos_secret once_once, node_once;
};

void nos_offer_shared_release(struct nos_offer_shared *s);

/*
 * Answer it: a->offer holds the answer. w->identity: of the node's key that was used. next: above
 * the number of every pack that was seen. *a may have changed since the ask was read: NOS_TAG where
 * it does not fit any more.
 */
enum nos_code nos_offer_make(struct nos_assoc *a, const struct nos_issuer *w,
    const struct nos_offer_asked *asked, const struct nos_offer_shared *shared, uint64_t next,
    struct nos_err *err) NOS_CHECK;

/* What the first message of a new chain says. */
struct nos_offer_state {
	uint64_t z;
	uint64_t next; /* number of the source's next pack */
	uint64_t v;    /* version of its p. key */
};

/* Append that message, the chain's next; *c goes on by one. The key itself comes out of the
 * exchange, K(R,"pair",c). */
enum nos_code nos_offer_state(struct nos_chain *c, const struct nos_issuer *w,
    const struct nos_offer_state *state, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

#endif
