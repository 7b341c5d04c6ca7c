/* SPDX-License-Identifier: MIT */
/*
 * dini: named local keys, each between a source and a node, made by a message that says its name
 * and a domain alone, from the domain's global key and the control chain (nos-schemes(7), "dini").
 * The global key admits to its domain and by itself opens nothing. Pure.
 */
#ifndef NOS_SCHEME_DINI_H
#define NOS_SCHEME_DINI_H

#include "scheme/issuer.h"

/* All that a local key is named and made by, beside its secrets. */
struct nos_dini_local {
	uint64_t node, incr;	      /* d.<node>.<incr> */
	struct nos_assoc_global from; /* domain, and version of its global key */
};

struct nos_name nos_dini_name(uint64_t node, uint64_t incr);

/* L = K( X(G, M'), "local", N, incr, domain, version, 16 ), by its name. NOS_INTERNAL alone. */
enum nos_code nos_dini_make(const struct nos_secret *global, const struct nos_secret *made,
    const struct nos_dini_local *local, struct nos_scheme_key *ret, struct nos_err *err) NOS_CHECK;

#endif
