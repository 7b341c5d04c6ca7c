/* SPDX-License-Identifier: MIT */
/*
 * What is to become of a member's group (scheme/membership.h): its clock goes on, a new epoch
 * begins, and the key follows from them. Made aside, since where a part of it fails there must be
 * nothing of it; put into the keyring as a whole. For the files of this room. Pure. NOS_DATA: it
 * does not follow from what is held; NOS_INTERNAL.
 */
#ifndef NOS_SCHEME_MEMBERSHIP_DRAFT_H
#define NOS_SCHEME_MEMBERSHIP_DRAFT_H

#include <string.h>

#include "key/keyring.h"
#include "scheme/scheme.h"

/* Holds secrets: release it. k outlives it, and g begins as a copy of its group. */
struct nos_membership_draft {
	const struct nos_keyring *k;
	struct nos_keyring_group g;
	struct nos_scheme_key key; /* that is made; kind 0: none */
};

static inline void nos_membership_draft_release(struct nos_membership_draft *d)
{
	explicit_bzero(d, sizeof(*d));
}

/* Does the tree give the key, and no clock? */
static inline bool nos_membership_is_tree(const struct nos_keyring *k)
{
	return strcmp(k->scheme, "tree") == 0;
}

static inline bool nos_membership_is_of_group(const struct nos_keyring_key *key)
{
	return key->name.kind == 's' || key->name.kind == 'g' || key->name.kind == 't';
}

static inline bool nos_membership_has_clock(const struct nos_keyring_group *g)
{
	return g->clock.a.len > 0;
}

/* Epoch begins at t, of a membership that is B: for the clock, which then catches up, or for the
 * key of a tree. An epoch that a clock is in already, or where none is, changes nothing. */
enum nos_code nos_membership_draft_turn(struct nos_membership_draft *d, uint64_t epoch, uint64_t t,
    const struct nos_secret *b, struct nos_err *err) NOS_CHECK;

/* The clock goes to the last token, where its order named the clock's epoch: another's has a B in
 * its clock that this one has not. */
enum nos_code nos_membership_draft_catch_up(
    struct nos_membership_draft *d, struct nos_err *err) NOS_CHECK;

/* The clock that is brought, and its key: also one behind that which was held, for the node may
 * have gone back. What was missed between them, orders tell, or it is kept. */
enum nos_code nos_membership_draft_set_clock(struct nos_membership_draft *d,
    const struct nos_session *clock, const uint8_t token[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err) NOS_CHECK;

/* Set NOS_DATA: an epoch that has no place in the group as k has it. */
enum nos_code nos_membership_draft_out_of_step(
    uint64_t epoch, const struct nos_keyring *k, struct nos_err *err);

/* The keyring has the group so; a key that was made takes the place of the one before. */
void nos_membership_draft_put(
    struct nos_keyring *k, const struct nos_membership_draft *d, struct nos_time now);

/* The keys of the group leave the keyring, and are wiped. */
void nos_membership_draft_drop_keys(struct nos_keyring *k);

#endif
