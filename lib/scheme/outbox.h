/* SPDX-License-Identifier: MIT */
/*
 * The messages of a node on their way down to one source, in nos_assoc: each takes the next step of
 * the chain, and waits until it is acknowledged (nos-schemes(7), "Common base"). Pure.
 */
#ifndef NOS_SCHEME_OUTBOX_H
#define NOS_SCHEME_OUTBOX_H

#include "scheme/issuer.h"

/* Places that are kept for what an order brings. */
#define NOS_OUTBOX_LEAST 1

/* Is there room for count more, in the list and in the chain? */
bool nos_outbox_has_room(const struct nos_assoc *a, size_t count);

/* The chain key of the next message, of which a key that it brings is made. NOS_INTERNAL alone. */
enum nos_code nos_outbox_look(
    const struct nos_assoc *a, struct nos_chain_step *ret, struct nos_err *err) NOS_CHECK;

/* Add a message, for which there is room; the chain goes on behind it. *ret, not NULL, is it, so
 * that the caller notes what it brings. NOS_INTERNAL alone. */
enum nos_code nos_outbox_add(struct nos_assoc *a, const struct nos_issuer *w,
    enum nos_message_kind kind, struct nos_span body, struct nos_assoc_message **ret,
    struct nos_err *err) NOS_CHECK;

/* Add a message and the key that it brings, pre-active. As above. */
enum nos_code nos_outbox_bring(struct nos_assoc *a, const struct nos_issuer *w,
    enum nos_message_kind kind, struct nos_span body, const struct nos_scheme_key *key,
    struct nos_assoc_global from, struct nos_err *err) NOS_CHECK;

#endif
