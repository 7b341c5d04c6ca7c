/* SPDX-License-Identifier: MIT */
/*
 * What loops need of one source, made from the store (lifecycle/member.h): its own keys, and the
 * newest of its group's. Belongs to the thread whose store it is given.
 */
#ifndef NOS_LIFECYCLE_MEMBER_MAKE_H
#define NOS_LIFECYCLE_MEMBER_MAKE_H

#include "lifecycle/member.h"

/* *ret is held once. kid, where not NULL, is one of its group's that it is to have as well, if it
 * still serves. NOS_TAG: no such source, or it was revoked; NOS_IO, NOS_BUSY, NOS_DENIED;
 * NOS_INTERNAL. */
enum nos_code nos_member_make(struct nos_store *store, const struct nos_vault *vault,
    const char *id, const char *kid, struct nos_member_world world, struct nos_member **ret,
    struct nos_err *err) NOS_CHECK;

/* Wipe it, whoever holds it. */
void nos_member_make_free(struct nos_member *m);

#endif
