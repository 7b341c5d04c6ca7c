/* SPDX-License-Identifier: MIT */
/*
 * What moves a group on: an order to its next session, an epoch by heal, and one by which a leaf is
 * put out. An eviction is two changes. The first puts the group into its new epoch, with the secret
 * that all of it is made from; the second makes the keys of the tree from that, gives the leaf
 * back, and says that it is done. Whoever comes upon one that broke off between them finishes it,
 * with the same keys. Belongs to the thread whose store it is given; all within the caller's group
 * of changes.
 *
 * Every function may give NOS_EXISTS where another was quicker: read the group again; NOS_IO,
 * NOS_BUSY, NOS_DENIED (another node key), NOS_CONFIG (written by a newer nos), NOS_INTERNAL.
 */
#ifndef NOS_GROUP_TURN_H
#define NOS_GROUP_TURN_H

#include "audit/audit.h"
#include "group/groups.h"
#include "self/vault.h"

struct nos_turn {
	struct nos_store *store;
	const struct nos_vault *vault;
	struct nos_audit *audit;
	struct nos_time now;
	uint64_t node;
	uint64_t overlap_ms;	       /* for which the key before still serves */
	const struct nos_secret *sign; /* the node's Ed25519 private key, for evictions */
	const char *reason;	       /* for the audit stream */
	bool destroyed;		       /* out: keys were */
};

/* The next session; of a group without a clock, the next epoch, by heal. *g is as it is then. */
enum nos_code nos_turn_order(
    struct nos_turn *t, struct nos_group *g, struct nos_err *err) NOS_CHECK;

/* The next epoch, in which nobody is put out. */
enum nos_code nos_turn_heal(struct nos_turn *t, struct nos_group *g, struct nos_err *err) NOS_CHECK;

/* The first change of an eviction; source: whose leaf it was. g->turning is not set. */
enum nos_code nos_turn_evict(struct nos_turn *t, struct nos_group *g, uint32_t leaf,
    const char *source, struct nos_err *err) NOS_CHECK;

/* The second. Nothing where g->turning is not set. */
enum nos_code nos_turn_finish(
    struct nos_turn *t, struct nos_group *g, struct nos_err *err) NOS_CHECK;

/* Let the keys of a group go that have had their time. One that is not there has none. */
enum nos_code nos_turn_expire(struct nos_turn *t, uint64_t number, struct nos_err *err) NOS_CHECK;

#endif
