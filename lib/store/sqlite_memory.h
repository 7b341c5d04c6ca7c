/* SPDX-License-Identifier: MIT */
/*
 * SQLite's memory: what it gives back is wiped before, so that what was read from a store stays in
 * no heap. It keeps none back for later use: no pages in bulk, no lookaside.
 */
#ifndef NOS_STORE_SQLITE_MEMORY_H
#define NOS_STORE_SQLITE_MEMORY_H

/* Before SQLite is used first in the process; any number of times, in any thread. Where something
 * else has used it before, its memory is as that left it. */
void nos_sqlite_memory_start(void);

#endif
