/* SPDX-License-Identifier: MIT */
/*
 * How a store's sources are shared out (state node/lanes): each source, and each kind of anonymous
 * ones, is of one lane for good, so that one nos-serve at a time has its numbers, its records and
 * their order. One lane where one nos-serve has the store.
 */
#ifndef NOS_SELF_LANES_H
#define NOS_SELF_LANES_H

#include "store/store.h"

/* 1 where nothing was said. NOS_CONFIG: written by a newer nos. */
enum nos_code nos_lanes_get(struct nos_store *store, unsigned *ret, struct nos_err *err) NOS_CHECK;

/* Once, before anything is stored: 1 … NOS_STORE_LANES_MAX. NOS_EXISTS: it was said. */
enum nos_code nos_lanes_make(
    struct nos_store *store, unsigned count, struct nos_err *err) NOS_CHECK;

/* The lane of a source, by its id, or of a kind of anonymous ones: "anonymous/KIND". The same for
 * ever. NOS_INTERNAL alone. */
enum nos_code nos_lanes_of(
    unsigned count, struct nos_str id, unsigned *ret, struct nos_err *err) NOS_CHECK;

/* The view is of this source's lane from now on. */
enum nos_code nos_lanes_enter(
    struct nos_store *store, struct nos_str id, struct nos_err *err) NOS_CHECK;

#endif
