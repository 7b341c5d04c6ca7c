/* SPDX-License-Identifier: MIT */
/*
 * What an operator does to the node itself, with all that hangs on it: its own keys replaced, or a
 * backup of its store put back; each in a group of its own, written down, and with the row that is
 * printed of it (nos-rekey(1)). Belongs to the thread whose store it is given.
 */
#ifndef NOS_LIFECYCLE_OVERHAUL_H
#define NOS_LIFECYCLE_OVERHAUL_H

#include "lifecycle/life.h"

/* New keys of the node, signed by the present ones, and what was signed by those anew. Append the
 * row: {"identity":…,"pin":…,"status":"pending"}. What nos_self_renew returns, and NOS_IO. */
enum nos_code nos_overhaul_identity(struct nos_life *l, const char *reason, struct nos_time now,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* The store's next life, in which no name of the one before is given, all global keys anew, and an
 * era in which no id of a record is given that was given before.
 * Append the row: {"life":…,"status":"confirmed"}. NOS_BUSY: others change it at once; NOS_IO. */
enum nos_code nos_overhaul_restore(struct nos_life *l, const char *reason, struct nos_time now,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

#endif
