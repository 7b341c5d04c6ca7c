/* SPDX-License-Identifier: MIT */
/*
 * What will have to be destroyed, by its time (state due/<time>/<what>): keys of a source, or an
 * enrolment, by its id, or keys of a group. Noted before the keys are put, so that one which must
 * go is never without its note. Belongs to the thread whose store it is given.
 */
#ifndef NOS_REGISTRY_DUE_H
#define NOS_REGISTRY_DUE_H

#include "base/time.h"
#include "registry/record.h"
#include "self/spaces.h"
#include "store/store.h"

#define NOS_DUE_DIGITS	15
#define NOS_DUE_ID_MAX	24 /* an id, or "g-" and a number */
#define NOS_DUE_KEY_MAX (NOS_DUE_DIGITS + 1 + NOS_DUE_ID_MAX)

/* NOS_IO, NOS_BUSY. */
enum nos_code nos_due_note_source(
    struct nos_store *store, struct nos_time at, const char *id, struct nos_err *err) NOS_CHECK;
enum nos_code nos_due_note_group(
    struct nos_store *store, struct nos_time at, uint64_t number, struct nos_err *err) NOS_CHECK;

/* The group that a note's id stands for; 0: it is a source's. */
uint64_t nos_due_group(const char *id);

/* Up to most notes whose time has come, oldest first: their keys, of which *ret_count; *ret_more:
 * there are others. NOS_IO, NOS_BUSY. */
enum nos_code nos_due_read(struct nos_store *store, struct nos_time now, size_t most,
    char (*ret)[NOS_DUE_KEY_MAX], size_t *ret_count, bool *ret_more, struct nos_err *err) NOS_CHECK;

/* The id in a note's key. */
const char *nos_due_id(const char *key);

/* Seen to; one that is not there was seen to by another. NOS_IO, NOS_BUSY. */
enum nos_code nos_due_done(struct nos_store *store, const char *key, struct nos_err *err) NOS_CHECK;

#endif
