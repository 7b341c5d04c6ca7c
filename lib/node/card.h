/* SPDX-License-Identifier: MIT */
/*
 * The node's card: who it is and the document that says so, as they are now. Its operator may
 * replace its keys while it runs (self/self.h); each thread asks the card anew and waits for
 * nobody. Thread-safe.
 */
#ifndef NOS_NODE_CARD_H
#define NOS_NODE_CARD_H

#include "self/home.h"

struct nos_card; /* opaque */

/* As the home has it, which is copied. closed: no source registers now. NOS_INTERNAL alone. */
enum nos_code nos_card_new(
    const struct nos_home *home, bool closed, struct nos_card **ret, struct nos_err *err) NOS_CHECK;

/* Wipes all that the node was since the card was made. NULL is fine. */
void nos_card_free(struct nos_card *card);

/* Who the node is now, and the document of GET /v1/node with a newline behind it. What either gives
 * stays good until nos_card_free, since keys are replaced a few times in a node's life: keep it for
 * a request, not for longer. */
const struct nos_self *nos_card_self(const struct nos_card *card);
struct nos_str nos_card_document(const struct nos_card *card);

/* The nonces that are good at now, the newest first. NOS_INTERNAL alone. */
enum nos_code nos_card_nonces(const struct nos_card *card, struct nos_time now,
    uint8_t ret[static NOS_SELF_NONCES][NOS_SELF_NONCE_LEN], struct nos_err *err) NOS_CHECK;

/*
 * Read state node/identity again if it is not the one that is held; one get where it is. store is
 * the caller's own. On an error the card is as it was: NOS_ABSENT, NOS_CONFIG, NOS_DENIED as
 * nos_self_open; NOS_INTERNAL.
 */
enum nos_code nos_card_refresh(struct nos_card *card, struct nos_store *store,
    const struct nos_vault *vault, bool *ret_changed, struct nos_err *err) NOS_CHECK;

#endif
