/* SPDX-License-Identifier: MIT */
/*
 * Tells other nodes that what they were given of a source counts no longer (roam/roaming.h),
 * or, where this node was put back from a backup, of all its sources: at once, and again with
 * growing pauses until it is acknowledged or has had its time. Whoever revokes or renews does so in
 * the store, which a thread of its own looks at.
 */
#ifndef NOS_PEER_TELLER_H
#define NOS_PEER_TELLER_H

#include "node/card.h"
#include "peer/peers.h"
#include "store/store.h"

struct nos_teller; /* opaque */

/* store is the thread's own from now on, and not closed by it. ca: of https; NULL: the system's.
 * NOS_ABSENT: no such CA file; NOS_INTERNAL. */
enum nos_code nos_teller_new(struct nos_store *store, const struct nos_card *card,
    struct nos_peers *peers, const char *ca, struct nos_teller **ret,
    struct nos_err *err) NOS_CHECK;

/* The peers are others: one of them may be yet to be told. From any thread. NULL is fine. */
void nos_teller_look(struct nos_teller *t);

/* What is not told yet stays in the store. NULL is fine. */
void nos_teller_free(struct nos_teller *t);

#endif
