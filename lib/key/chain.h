/* SPDX-License-Identifier: MIT */
/*
 * A control chain: C_{i+1} = K(C_i,"next"), which gives each unicast key message a key of its own
 * and forgets it (nos-schemes(7), "Common base"). Pure; not thread-safe on one chain.
 */
#ifndef NOS_KEY_CHAIN_H
#define NOS_KEY_CHAIN_H

#include "base/err.h"
#include "base/secret.h"

/* How far a receiver may step over messages that never came. */
#define NOS_CHAIN_SKIP_MAX 1024

/* A counter has at most three LEB128 bytes; past it the pair renews. */
#define NOS_CHAIN_CTR_MAX ((UINT64_C(1) << 21) - 1)

struct nos_chain {
	uint64_t ctr;	       /* i: number of the next message */
	struct nos_secret key; /* C_i */
};

/* The two keys of one message. */
struct nos_chain_step {
	struct nos_secret message; /* M_i: seals the message */
	struct nos_secret key;	   /* M'_i: what a key that it brings is made from */
};

void nos_chain_step_release(struct nos_chain_step *s);

/* The keys of message c->ctr; *c stays. NOS_INTERNAL: OpenSSL failed. */
enum nos_code nos_chain_look(
    const struct nos_chain *c, struct nos_chain_step *ret, struct nos_err *err) NOS_CHECK;

/*
 * Step *c to ctr. NOS_DATA: ctr is behind, more than NOS_CHAIN_SKIP_MAX ahead, or over
 * NOS_CHAIN_CTR_MAX; *c is as it was then.
 */
enum nos_code nos_chain_advance(struct nos_chain *c, uint64_t ctr, struct nos_err *err) NOS_CHECK;

#endif
