/* SPDX-License-Identifier: MIT */
/*
 * The global keys of a node as its store keeps them (state global/pool): one value, so that all who
 * look see one pool. With them stands what was taken back of late, and the signed message that says
 * so to whoever missed it. Belongs to the thread whose store it is given. Holds secrets: release
 * it.
 */
#ifndef NOS_REGISTRY_GLOBALS_H
#define NOS_REGISTRY_GLOBALS_H

#include "key/invalidation.h"
#include "self/self.h"
#include "scheme/pool.h"

#define NOS_GLOBALS_SIZE      100 /* P, where nobody has said another */
#define NOS_GLOBALS_RING      1	  /* and k */
#define NOS_GLOBALS_KEEP_DAYS 30  /* for which what was taken back is told */

/* All-zero is valid: no pool. */
struct nos_globals {
	struct nos_pool pool;
	struct nos_invalidation list;			   /* of late */
	struct nos_time times[NOS_INVALIDATION_NAMES_MAX]; /* when each of it was taken back */
	uint8_t broadcast[NOS_INVALIDATION_MAX]; /* the list, signed; len 0: nothing was */
	size_t broadcast_len;
	uint64_t rev; /* of the value; 0: none */
};

void nos_globals_release(struct nos_globals *g);

/* rev alone: one get. 0: there is no pool. */
enum nos_code nos_globals_rev(
    struct nos_store *store, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/* As the store has it, empty where none was made. vault NULL: without values. NOS_CONFIG: written
 * by a newer nos; NOS_DENIED: another node key; NOS_IO. */
enum nos_code nos_globals_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_globals *ret, struct nos_err *err) NOS_CHECK;

/* As above without values, for what is kept of one source; all-zero where its scheme has nothing to
 * do with global keys: then the store is not asked. */
enum nos_code nos_globals_for(struct nos_store *store, struct nos_str scheme,
    struct nos_globals *ret, struct nos_err *err) NOS_CHECK;

/* Put it if nobody has changed it since it was read. NOS_EXISTS: somebody has. */
enum nos_code nos_globals_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_globals *g, struct nos_err *err) NOS_CHECK;

/* Make it size keys and rings of so many: further keys are drawn; those over it stay, since their
 * names must not come again, and are given to nobody. False in
 * *ret_changed: it is so already, and nothing is put. NOS_EXISTS as above. */
enum nos_code nos_globals_resize(struct nos_store *store, const struct nos_vault *vault,
    unsigned size, unsigned ring, struct nos_time now, bool *ret_changed,
    struct nos_err *err) NOS_CHECK;

/*
 * Take the present version of a domain's key back, and draw the next; the list that says so is
 * signed. *g is not yet put. NOS_ABSENT: no such domain; NOS_BUSY: NOS_INVALIDATION_NAMES_MAX were
 * taken back within the last days.
 */
enum nos_code nos_globals_take_back(struct nos_globals *g, const struct nos_self *self,
    uint64_t domain, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* A backup was put back: what was drawn or taken back since is forgotten, so all are drawn anew,
 * above every version that was. life: the node's new one. *g is not yet put. */
enum nos_code nos_globals_renew(
    struct nos_globals *g, uint64_t life, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Sign the list by the node's present key, where there is one; *g is not yet put. */
enum nos_code nos_globals_sign(
    struct nos_globals *g, const struct nos_self *self, struct nos_err *err) NOS_CHECK;

#endif
