/* SPDX-License-Identifier: MIT */
/* A bearer token that came in plain, whatever became of its request: whoever listened has it, so it
 * is ended. Thread-safe. */
#ifndef NOS_NODE_EXPOSED_H
#define NOS_NODE_EXPOSED_H

#include "node/harbour.h"

/* store: the calling thread's. Ended by a committer that is here; where there is none, at once. */
void nos_exposed_take(struct nos_harbour *k, struct nos_store *store, struct nos_str authorization);

#endif
