/* SPDX-License-Identifier: MIT */
/*
 * A registration at the node: m1 in, m2 out (nos-wire(7), "Registration"). Whatever breaks off, the
 * same m1 sent again within the token's life gets an m2 that its source can open. An m1 to an old
 * key of the node is as good as one to the present. Belongs to the thread whose store it is given;
 * costs a millisecond of public-key work.
 */
#ifndef NOS_LIFECYCLE_ENROL_H
#define NOS_LIFECYCLE_ENROL_H

#include "base/buf.h"
#include "base/time.h"
#include "lifecycle/life.h"
#include "self/self.h"

#define NOS_ENROL_M1_MAX 65536 /* bytes */

/*
 * Append m2; *ret_made tells whether a source was made that was not there before, *ret_id which one
 * it is. NOS_DATA, NOS_LARGE: not an m1; NOS_DENIED: token refused (unknown, expired, withdrawn,
 * wrong proof, used and done with), which says no more; NOS_EXISTS: used by another, or the name is
 * taken; NOS_IO, NOS_BUSY: the store failed, try again.
 */
enum nos_code nos_enrol_answer(struct nos_life *life, const struct nos_self *self,
    struct nos_str m1, struct nos_time now, struct nos_buf *ret, bool *ret_made,
    char ret_id[static NOS_RECORD_ID_MAX], struct nos_err *err) NOS_CHECK;

#endif
