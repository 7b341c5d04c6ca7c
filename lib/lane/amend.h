/* SPDX-License-Identifier: MIT */
/*
 * Corrections of records whose keys others may have known (registry/compromise.h): written into the
 * processed stream while readings flow, a few with each of the ledger's groups. How far that came
 * stands in the same transaction, so that whatever ends a node, each record is corrected once.
 * Belongs to the committer's thread.
 */
#ifndef NOS_LANE_AMEND_H
#define NOS_LANE_AMEND_H

#include "lane/ledger.h"

/* The store may have been changed by another: is there anything to correct? */
enum nos_code nos_amend_look(struct nos_ledger *l, struct nos_err *err) NOS_CHECK;

/* Is there? False where it could not be done of late. */
bool nos_amend_is_due(const struct nos_ledger *l);

/* Within the group, behind the records that were pending: go through some records. Those that are
 * written are counted in l->amend. A source of which something cannot be read is told of once and
 * passed over until later. What the store gave. */
enum nos_code nos_amend_step(struct nos_ledger *l, struct nos_err *err) NOS_CHECK;

/* The group failed: all is as before the step. */
void nos_amend_undo(struct nos_ledger *l);

/* With the ledger. */
void nos_amend_release(struct nos_ledger *l);

#endif
