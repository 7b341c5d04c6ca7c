/* SPDX-License-Identifier: MIT */
/*
 * A store in memory that can be copied and put back, as an operator does with a backup, and that
 * dies in the middle of a group as a machine does: what was not committed is gone. One at a time.
 */
#ifndef NOS_MODEL_MEMORY_H
#define NOS_MODEL_MEMORY_H

#include "store/engine.h"

extern const struct nos_store_engine memory_engine;

/* Empty it. */
void memory_reset(void);

struct memory_copy; /* a backup */
struct memory_copy *memory_backup(void);
void memory_restore(const struct memory_copy *c);
void memory_drop(struct memory_copy *c);

/* Another than the node has changed it. */
void memory_touched(void);

/* From now on the commit number n from here fails, and all behind it until this is called again;
 * -1: none does. */
void memory_fail(int n);

#endif
