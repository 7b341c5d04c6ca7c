/* SPDX-License-Identifier: MIT */
/*
 * What a node does for itself now and then: keys of its own that nobody needs any more are
 * destroyed, and the audit stream's newest entry is signed. Belongs to the thread whose store it is
 * given.
 */
#ifndef NOS_SERVE_UPKEEP_H
#define NOS_SERVE_UPKEEP_H

#include "cluster/placement.h"
#include "node/card.h"
#include "audit/audit.h"

struct nos_upkeep {
	struct nos_store *store;
	const struct nos_vault *vault;
	struct nos_card *card; /* is kept up to date */
	struct nos_audit *audit;
};

/*
 * Retire the old sets of the node's keys that all have followed: older than each source that is not
 * revoked, and than each enrolment that may still be used and pins one. Where there are none
 * nothing is read. *ret_done: some were, and the store is to be purged. NOS_EXISTS: another changed
 * them meanwhile, and it is to be done again; NOS_IO, NOS_BUSY: the store failed; NOS_INTERNAL.
 */
enum nos_code nos_upkeep_retire(
    const struct nos_upkeep *u, struct nos_time now, bool *ret_done, struct nos_err *err) NOS_CHECK;

/* Sign the newest entry by the present keys, where it is not. *ret: the head as it stands then; n
 * 0: there is none. Errors as nos_audit_sign. */
enum nos_code nos_upkeep_sign(const struct nos_upkeep *u, struct nos_time now,
    struct nos_audit_head *ret, struct nos_err *err) NOS_CHECK;

/* Sign it, and publish the head; what fails is logged. */
void nos_upkeep_tell(const struct nos_upkeep *u, struct nos_placement *placement);

#endif
