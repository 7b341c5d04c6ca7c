/* SPDX-License-Identifier: MIT */
/*
 * The store in memory of the unit tests (tests/unit/store/cluster.h) as several see it that are at
 * work at once: before each operation another may go on (fiber.h), another's change is noticed
 * sooner or later, and who appends to a stream as the only one is told, at once or by the commit,
 * where it was not. All that open it see the same store.
 */
#ifndef NOS_MODEL_SHARED_H
#define NOS_MODEL_SHARED_H

#include "store/engine.h"

extern const struct nos_store_engine shared_engine;

/* Nobody has it open, and it is empty. blind: a put takes whatever revision there is. */
void shared_begin(bool blind);

#endif
