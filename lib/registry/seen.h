/* SPDX-License-Identifier: MIT */
/*
 * The highest number that a node has seen of a source, as its store tells: what was saved of it,
 * and what the raw stream holds beyond that. Reads up to a node's limit "replay" of packs: for what
 * is rare. Belongs to the thread whose store it is given.
 */
#ifndef NOS_REGISTRY_SEEN_H
#define NOS_REGISTRY_SEEN_H

#include "store/store.h"

/* 0: none. NOS_IO, NOS_BUSY: the store failed; NOS_CONFIG: written by a newer nos; NOS_INTERNAL. */
enum nos_code nos_seen_top(
    struct nos_store *store, const char *id, uint64_t *ret, struct nos_err *err) NOS_CHECK;

#endif
