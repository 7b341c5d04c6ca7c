/* SPDX-License-Identifier: MIT */
/*
 * The store in memory (memory.h) as several see it that are replicated to: each operation is one by
 * itself, and before each another may go on (fiber.h); a group is neither atomic nor undone;
 * another's change is noticed late; who appends to a stream as the only one is told, at once or by
 * the commit, where it was not. All that open it see the same store.
 */
#ifndef NOS_MODEL_SHARED_H
#define NOS_MODEL_SHARED_H

#include "store/engine.h"

extern const struct nos_store_engine shared_engine;

/* Nobody has it open, and it is empty. blind: a put takes whatever revision there is. */
void shared_begin(bool blind);

#endif
