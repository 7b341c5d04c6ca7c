/* SPDX-License-Identifier: MIT */
/* pairwise: one key between a source and its node, p.<version>, made anew by a message that says
 * its version alone. Every source has it, whatever its scheme. Pure; thread-safe. */
#ifndef NOS_SCHEME_PAIRWISE_H
#define NOS_SCHEME_PAIRWISE_H

#include "base/buf.h"
#include "scheme/scheme.h"

/* p.v */
struct nos_name nos_pairwise_name(uint64_t v);

/* p.v and P_v = K(M'_ctr,"pair",v), from the chain key of the message that brings it. NOS_INTERNAL
 * alone. */
enum nos_code nos_pairwise_make(const struct nos_secret *made, uint64_t v,
    struct nos_scheme_key *ret, struct nos_err *err) NOS_CHECK;

/* The body of a message of kind pair. */
void nos_pairwise_encode(struct nos_buf *b, uint64_t v);

/* Put p.v into a keyring as its active key; those before it are deactivated, and the oldest leaves
 * where there is no room. */
void nos_pairwise_install(
    struct nos_keyring *k, const struct nos_scheme_key *key, struct nos_time now);

#endif
