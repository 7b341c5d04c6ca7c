/* SPDX-License-Identifier: MIT */
/*
 * The groups of a node as its store keeps them: a value each (state groups/<number>), its number by
 * its name (groups/name/<name>), and its tokens (chains/<number>). Their trees are grove.h's, what
 * moves them on is turn.h's. Belongs to the thread whose store it is given.
 */
#ifndef NOS_GROUP_GROUPS_H
#define NOS_GROUP_GROUPS_H

#include "self/spaces.h"
#include "self/vault.h"
#include "scheme/group.h"
#include "store/store.h"

#define NOS_GROUPS_EPOCH_LIFE 32 /* epochs of a life begin 2^32 above those of the one before */

/* Of one group. vault NULL: without what is secret. NOS_ABSENT: no such group; NOS_CONFIG: written
 * by a newer nos; NOS_DENIED: another node key; NOS_IO; NOS_BUSY. */
enum nos_code nos_groups_get(struct nos_store *store, const struct nos_vault *vault,
    uint64_t number, struct nos_group *ret, struct nos_err *err) NOS_CHECK;

/* By its name. As above. */
enum nos_code nos_groups_find(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str name, struct nos_group *ret, struct nos_err *err) NOS_CHECK;

/* rev alone; 0: there is no such group. */
enum nos_code nos_groups_rev(
    struct nos_store *store, uint64_t number, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/* Append the order of the present session, which is no secret; nothing where there is none. */
enum nos_code nos_groups_order(
    struct nos_store *store, uint64_t number, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Put it if nobody has changed it since it was read. NOS_EXISTS: somebody has. */
enum nos_code nos_groups_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_group *g, struct nos_err *err) NOS_CHECK;

/*
 * Make a group, of which name, scheme, depth and shared are given; life: of the node. All
 * within the caller's group of changes. NOS_EXISTS: there is one of that name.
 */
enum nos_code nos_groups_make(struct nos_store *store, const struct nos_vault *vault,
    struct nos_group *g, uint64_t life, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Clock, tokens and epoch anew, in a new life of the node: *g is not yet put. Those that had keys
 * have none then. */
enum nos_code nos_groups_renew(struct nos_store *store, struct nos_group *g, uint64_t life,
    struct nos_time now, struct nos_err *err) NOS_CHECK;

/* The token of the next session; where the tokens are at their end others are drawn first, and
 * g->chain says so. *g is not yet put. */
enum nos_code nos_groups_token(struct nos_store *store, const struct nos_vault *vault,
    struct nos_group *g, uint64_t node, uint8_t ret[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err) NOS_CHECK;

/* Each group, by number as text, with what is secret if there is a vault. */
typedef enum nos_code nos_groups_each(void *state, struct nos_group *g, struct nos_err *err);
enum nos_code nos_groups_scan(struct nos_store *store, const struct nos_vault *vault,
    nos_groups_each *each, void *state, struct nos_err *err) NOS_CHECK;

/* As above, of number and rev alone: where nothing has changed no more need be read. */
typedef enum nos_code nos_groups_each_rev(
    void *state, uint64_t number, uint64_t rev, struct nos_err *err);
enum nos_code nos_groups_scan_revs(
    struct nos_store *store, nos_groups_each_rev *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
