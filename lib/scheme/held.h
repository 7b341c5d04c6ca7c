/* SPDX-License-Identifier: MIT */
/*
 * What a source is known to hold: a key that was confirmed, and those that end with that; what it
 * says that it holds, against what is taken for that; what it has lost (nos-schemes(7), "Common
 * base", "Confirmation"). Of the node's side alone. Pure.
 */
#ifndef NOS_SCHEME_HELD_H
#define NOS_SCHEME_HELD_H

#include "scheme/issuer.h"

/* Is name among them? */
bool nos_held_is_among(const struct nos_name *names, size_t count, const struct nos_name *name);

/* A message has arrived, by what it brings; a key is confirmed by who sees it. */
void nos_held_arrived(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_name *brings);

/*
 * The source holds *k, which is pre-active: it is active from now on, what came with its message
 * has arrived, and those before it have their overlap. Pointers to keys are good no longer.
 */
void nos_held_confirm(struct nos_assoc *a, const struct nos_issuer *w, struct nos_assoc_key *k);

/*
 * All that it holds is these. What of its scheme's own is not among them, and on no way to it, is
 * lost, and ends as one that is replaced does. Of p. keys others look.
 */
void nos_held_compare(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_name *held, size_t count);

/* It has lost all of its scheme's own, and what it has of global keys is not known either. False:
 * there was no key. */
bool nos_held_lost(struct nos_assoc *a, const struct nos_issuer *w);

#endif
