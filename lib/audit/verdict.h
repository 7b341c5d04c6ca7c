/* SPDX-License-Identifier: MIT */
/* What nos-keytable(1) says of a node's audit stream: is it whole, as it was written. Belongs to
 * the thread whose store it is given. */
#ifndef NOS_AUDIT_VERDICT_H
#define NOS_AUDIT_VERDICT_H

#include "audit/audit.h"
#include "self/home.h"

/* Verify it by all keys that the node has and had, and append the row:
 * {"entries":…[,"hash":"…"][,"signed":…,"signed_time":…]}. *ret_signed: a head is there. As
 * nos_audit_verify. */
enum nos_code nos_verdict_row(const struct nos_home *home, struct nos_buf *row, bool *ret_signed,
    struct nos_err *err) NOS_CHECK;

#endif
