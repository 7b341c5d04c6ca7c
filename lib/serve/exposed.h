/* SPDX-License-Identifier: MIT */
/* A bearer token that came in plain, whatever became of its request: whoever listened has it, so it
 * is ended. Thread-safe. */
#ifndef NOS_SERVE_EXPOSED_H
#define NOS_SERVE_EXPOSED_H

#include "cluster/placement.h"

/* store: the calling thread's. Ended by a committer that is here; where there is none, at once. */
void nos_exposed_take(
    struct nos_placement *k, struct nos_store *store, struct nos_str authorization);

#endif
