/* SPDX-License-Identifier: MIT */
/*
 * Tokens taken back, whichever kind an id names: enrolments and bearers have ids of one form. Each
 * is written down, within the caller's group. Belongs to the thread whose store it is given.
 */
#ifndef NOS_LIFECYCLE_WITHDRAW_H
#define NOS_LIFECYCLE_WITHDRAW_H

#include "audit/audit.h"
#include "lifecycle/token.h"

/* Nobody uses it any more; again is fine, and no event. NOS_ABSENT: no such token; NOS_BUSY: others
 * change it at once, try again; NOS_IO. */
enum nos_code nos_withdraw_token(struct nos_audit *audit, const struct nos_vault *vault,
    struct nos_str id, struct nos_err *err) NOS_CHECK;

/* One that nobody can have got is deleted, with the source that was made for it. As above. */
enum nos_code nos_withdraw_unseen(
    struct nos_audit *audit, const char *id, struct nos_err *err) NOS_CHECK;

/*
 * As above, of ids (NOS_TOKEN_ID_MAX bytes each) those from the one at first on, within a group of
 * its own. source_stays: a source that was there before; its token is withdrawn. What fails leaves
 * all of them as they are: why they were not printed is the error that counts.
 */
void nos_withdraw_unprinted(
    struct nos_audit *audit, const struct nos_buf *ids, size_t first, bool source_stays);

#endif
