/* SPDX-License-Identifier: MIT */
/* The states of a key (NIST SP 800-57 part 1, §7), and the ways between them. Pure; thread-safe. */
#ifndef NOS_KEY_STATE_H
#define NOS_KEY_STATE_H

#include <stdbool.h>

#include "base/str.h"

#define NOS_STATE_MAP(X)              \
	X(PRE_ACTIVE, "pre-active")   \
	X(ACTIVE, "active")           \
	X(DEACTIVATED, "deactivated") \
	X(COMPROMISED, "compromised") \
	X(DESTROYED, "destroyed")

/*
 * All edges, each with the function of scheme/issuer.c or held.c that takes it at a node; a
 * source's keyring goes the same ways by scheme/holder.c. There is none back, and none out of
 * destroyed.
 */
#define NOS_STATE_EDGE_MAP(X)                                                \
	X(PRE_ACTIVE, ACTIVE, confirm)	    /* used or acknowledged first */ \
	X(PRE_ACTIVE, DESTROYED, supersede) /* another came before it */     \
	X(PRE_ACTIVE, COMPROMISED, revoke)                                   \
	X(ACTIVE, DEACTIVATED, supersede) /* its successor is confirmed */   \
	X(ACTIVE, DESTROYED, expire)	  /* three crypto-periods over */    \
	X(ACTIVE, COMPROMISED, revoke)                                       \
	X(DEACTIVATED, DESTROYED, expire) /* the overlap is over */          \
	X(DEACTIVATED, COMPROMISED, revoke)                                  \
	X(COMPROMISED, DESTROYED, revoke) /* with no grace */

enum nos_state {
#define X(name, text) NOS_STATE_##name,
	NOS_STATE_MAP(X)
#undef X
	    NOS_STATE_COUNT
};

const char *nos_state_text(enum nos_state state);
bool nos_state_parse(struct nos_str s, enum nos_state *ret);

/* Is there an edge? */
bool nos_state_may(enum nos_state from, enum nos_state to);

#endif
