/* SPDX-License-Identifier: MIT */
/*
 * Who is to be put out of a group (state leaving/<group>/<leaf>): noted with the change that makes
 * a source leave its leaf, and seen to by whoever comes first, so that it is done however that one
 * ends. Belongs to the thread whose store it is given.
 */
#ifndef NOS_GROUP_LEAVING_H
#define NOS_GROUP_LEAVING_H

#include "key/assoc.h"
#include "group/turn.h"

/* The source leaves a place. Before its own put. NOS_IO, NOS_BUSY. */
enum nos_code nos_leaving_note(struct nos_store *store, const struct nos_assoc_place *place,
    const char *source, struct nos_err *err) NOS_CHECK;

/* It is out. One that is not there was seen to. NOS_IO, NOS_BUSY. */
enum nos_code nos_leaving_done(
    struct nos_store *store, uint64_t group, uint32_t leaf, struct nos_err *err) NOS_CHECK;

/* A group's next epoch is waited for, since it has a leaf that is free from then on. NOS_IO,
 * NOS_BUSY. */
enum nos_code nos_leaving_want_epoch(
    struct nos_store *store, uint64_t group, struct nos_err *err) NOS_CHECK;

/*
 * One change on the way of whoever is first: half of an eviction (turn.h). *ret_did: false where
 * there is nobody; or the epoch that is waited for. t->reason is set. As the functions of turn.h.
 */
enum nos_code nos_leaving_step(struct nos_turn *t, bool *ret_did, struct nos_err *err) NOS_CHECK;

#endif
