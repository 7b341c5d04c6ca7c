/* SPDX-License-Identifier: MIT */
/*
 * A source's side of the group that it is a member of (nos-schemes(7), "dipietro" and "tree"): its
 * place in the group's tree, its clock, and the key that it makes of them, which takes the place of
 * the one before. Each function changes the keyring in memory, or leaves it as it was where it
 * fails. Pure: the clock on the wall comes in.
 *
 * What comes in a list of the node's under a seal is believed: path, eviction, heal, join. What all
 * hear at once proves itself: an order by its token, an eviction by its signature and its confirm.
 * Of those nothing is ever an error but NOS_INTERNAL: what does not verify, is of another group, or
 * was heard before, changes nothing.
 */
#ifndef NOS_SCHEME_MEMBERSHIP_H
#define NOS_SCHEME_MEMBERSHIP_H

#include "key/keyring.h"
#include "scheme/scheme.h"

#define NOS_MEMBERSHIP_LEAP    64    /* orders that are hashed over at any time */
#define NOS_MEMBERSHIP_LEAP_MS 60000 /* more than those at most once in this time */

/* For the tables of the schemes: kinds 5, 6, 7, b. NOS_DATA: it is no such body, or does not follow
 * from what is held. */
enum nos_code nos_membership_accept(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err) NOS_CHECK;

/* Let go of place, clock and key: others come. */
void nos_membership_forget(struct nos_keyring *k);

/* Has *k an earlier place in the group in which *before was? That is of a list from before what all
 * heard since, or of a node that went back: which of them, an ask finds out. */
bool nos_membership_fell(const struct nos_keyring *k, const struct nos_keyring *before);

/*
 * *k took a list of the node's, *before is what it was until then. A list may have been made before
 * what all heard since, and bring a clock that leads to the one that was held: that one, its token
 * and its key stay. The clock of a node that went back is of another line and does not lead there.
 */
enum nos_code nos_membership_keep(
    struct nos_keyring *k, const struct nos_keyring *before, struct nos_err *err) NOS_CHECK;

/* Is it one of those that all hear: an order, or an eviction's broadcast? */
bool nos_membership_is_heard(struct nos_span message);

/* Take one, whoever said it. *ret_took: the keyring is another; else there may be another time at
 * which orders were hashed over. */
enum nos_code nos_membership_hear(struct nos_keyring *k, struct nos_span message,
    struct nos_time now, bool *ret_took, struct nos_err *err) NOS_CHECK;

/* As above of one in a list of the node's: that is no reason to hash over fewer. */
enum nos_code nos_membership_told(struct nos_keyring *k, struct nos_span message,
    struct nos_time now, bool *ret_took, struct nos_err *err) NOS_CHECK;

/* Does it hear orders, and which was the last that it verified? False: it does not. */
bool nos_membership_last(const struct nos_keyring *k, uint64_t *ret_t);

#define NOS_MEMBERSHIP_PLACE 'l'

/* What it says of its place in acks and asks: l.<group>.<epoch>.<leaf>. False: it has none. */
bool nos_membership_place(const struct nos_keyring *k, struct nos_name *ret);

#endif
