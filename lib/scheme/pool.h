/* SPDX-License-Identifier: MIT */
/*
 * The global keys of a node, as dini has them: a pool of P keys, one a domain, of which each source
 * holds a ring of k; and the numbers from which local keys are named (nos-schemes(7), "dini"). How
 * a node keeps them is registry/globals.h's. Pure. Holds secrets: release it.
 */
#ifndef NOS_SCHEME_POOL_H
#define NOS_SCHEME_POOL_H

#include "base/err.h"
#include "base/secret.h"
#include "base/time.h"
#include "key/assoc.h"

#define NOS_POOL_MAX	  256 /* domains: 1 … */
#define NOS_POOL_RING_MAX 4
#define NOS_POOL_KEY_LEN  16

struct nos_pool_key {
	uint64_t version; /* from 1; those before it are invalid */
	struct nos_time since;
	uint8_t value[NOS_POOL_KEY_LEN]; /* all zero where secrets were not asked for */
};

/* All-zero is valid: no domain. */
struct nos_pool {
	unsigned size;	/* P: sources are in the domains up to it */
	unsigned drawn; /* keys that there are: more than P where P was more once */
	unsigned ring;	/* k, at most size */
	struct nos_pool_key keys[NOS_POOL_MAX]; /* of domain i + 1 */
};

void nos_pool_release(struct nos_pool *p);

#define NOS_POOL_KIND 'w' /* of a global key's name */

/* w.<domain>.<version>, and back, of a name of this kind. */
struct nos_name nos_pool_name(uint64_t domain, uint64_t version);
struct nos_assoc_global nos_pool_global(const struct nos_name *name);

/* The present key of a domain; NULL: no such domain. */
const struct nos_pool_key *nos_pool_key(const struct nos_pool *p, uint64_t domain);

/*
 * The domains that a source is in: the first k distinct numbers 1 + HMAC(id, i) mod P, i from 0, by
 * the first 8 bytes of HMAC-SHA-256 and i as LEB128. NOS_INTERNAL alone.
 */
enum nos_code nos_pool_ring(const struct nos_pool *p, struct nos_str source,
    uint64_t ret[static NOS_POOL_RING_MAX], struct nos_err *err) NOS_CHECK;

/* Numbers that are ours to name local keys with, and nobody else's: next … end - 1. */
struct nos_pool_numbers {
	uint64_t next, end;
	bool wanted; /* out: there was none left for what was to be issued */
};

#endif
