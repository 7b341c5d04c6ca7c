/* SPDX-License-Identifier: MIT */
/*
 * A store whose node is not to run (state node/moved): it was moved to another store, or is being
 * moved into this one. Belongs to the thread whose store it is given.
 */
#ifndef NOS_SELF_MOVED_H
#define NOS_SELF_MOVED_H

#include "base/time.h"
#include "store/store.h"

#define NOS_MOVED_KEY "moved" /* in the namespace of the node itself */

enum nos_moved {
	NOS_MOVED_NOT,
	NOS_MOVED_AWAY, /* to another store */
	NOS_MOVED_HERE, /* it is not all here yet */
};

/* NOS_CONFIG: a newer nos's; NOS_IO; NOS_BUSY. *ret_time is when it was put. */
enum nos_code nos_moved_get(struct nos_store *store, enum nos_moved *ret, struct nos_time *ret_time,
    struct nos_err *err) NOS_CHECK;

/* NOS_MOVED_NOT: it may run. */
enum nos_code nos_moved_put(struct nos_store *store, enum nos_moved moved, struct nos_time now,
    struct nos_err *err) NOS_CHECK;

/* For who would work with the node; away_too: for who reads alone, a node that was moved away is as
 * good as another. NOS_CONFIG, with the remedy: it is not to run; and as nos_moved_get. */
enum nos_code nos_moved_check(
    struct nos_store *store, bool away_too, struct nos_err *err) NOS_CHECK;

#endif
