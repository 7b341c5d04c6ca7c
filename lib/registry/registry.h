/* SPDX-License-Identifier: MIT */
/*
 * The registered sources, as the store keeps them (state sources/<id>, names/<name>). Belongs to
 * the thread whose store it is given.
 */
#ifndef NOS_REGISTRY_REGISTRY_H
#define NOS_REGISTRY_REGISTRY_H

#include "registry/record.h"
#include "self/spaces.h"
#include "store/store.h"

/* NOS_ABSENT: no such source. Its secrets only with a vault (not NULL). */
enum nos_code nos_registry_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str id, struct nos_record *ret, struct nos_err *err) NOS_CHECK;

/* Put a source as it was read, or a new one (rev 0), and set its rev. NOS_EXISTS: somebody else has
 * changed it, or it is there already. */
enum nos_code nos_registry_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_record *r, struct nos_err *err) NOS_CHECK;

/* Forget a source: its record, and its name. One that is not there is forgotten already. */
enum nos_code nos_registry_del(
    struct nos_store *store, const struct nos_record *r, struct nos_err *err) NOS_CHECK;

/* Give a name to an id; NOS_EXISTS: it is another's. Its own again is fine. */
enum nos_code nos_registry_name(
    struct nos_store *store, struct nos_str name, const char *id, struct nos_err *err) NOS_CHECK;

/* The id behind a SOURCE as typed: an id or a name. NOS_ABSENT: neither. */
enum nos_code nos_registry_resolve(struct nos_store *store, struct nos_str word,
    char ret[static NOS_RECORD_ID_MAX], struct nos_err *err) NOS_CHECK;

/* Each source, without secrets. */
typedef enum nos_code nos_registry_each(
    void *state, const struct nos_record *r, struct nos_err *err);
enum nos_code nos_registry_scan(
    struct nos_store *store, nos_registry_each *each, void *state, struct nos_err *err) NOS_CHECK;

/* How many sources there are: all are gone through. NOS_IO, NOS_BUSY. */
enum nos_code nos_registry_count(
    struct nos_store *store, uint64_t *ret, struct nos_err *err) NOS_CHECK;

#endif
