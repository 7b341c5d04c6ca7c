/* SPDX-License-Identifier: MIT */
/*
 * A link: the key K_SM that a source shares with a neighbour that relays for it, by a message of
 * its node (nos-schemes(7), "Relay"). Whatever a source's scheme is it may have links. What they
 * prove is key/hop.h's. Pure.
 */
#ifndef NOS_SCHEME_LINK_H
#define NOS_SCHEME_LINK_H

#include "scheme/issuer.h"

/*
 * At a node: tell the source its link to a relay, whose A_M this is (nos_hop_relay_key). Nothing
 * where it waits already, or the source is to ask first. NOS_INTERNAL alone.
 */
enum nos_code nos_link_issue(struct nos_assoc *a, const struct nos_issuer *w, struct nos_str relay,
    const struct nos_secret *relay_key, bool *ret_changed, struct nos_err *err) NOS_CHECK;

/* At a source: what such a message brings goes into the keyring, in place of what it had for that
 * relay; the oldest link leaves where there is no room. NOS_DATA: not such a message. */
enum nos_code nos_link_accept(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err) NOS_CHECK;

#endif
