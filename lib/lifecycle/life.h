/* SPDX-License-Identifier: MIT */
/*
 * A change of a source's keys, as all who may change them do it: read, changed by a function of
 * scheme/issuer.h or offer.h, put if nobody was quicker, else done again; what will have to be
 * destroyed is noted under its time first (due.h), who leaves a group is (leaving.h), and each step
 * of each key is written down (audit/audit.h). All of it stands in the caller's group. Belongs
 * to the thread whose store it is given.
 */
#ifndef NOS_LIFECYCLE_LIFE_H
#define NOS_LIFECYCLE_LIFE_H

#include "audit/audit.h"
#include "registry/globals.h"
#include "self/numbers.h"
#include "registry/registry.h"
#include "self/self.h"
#include "self/self_policy.h"
#include "group/turn.h"
#include "scheme/issuer.h"
#include "scheme/place.h"

/* Told of each step of a key that is written down. */
typedef void nos_life_noted(void *state, const struct nos_assoc_event *e);

struct nos_life {
	struct nos_store *store;
	const struct nos_vault *vault;
	struct nos_audit *audit;
	uint64_t node;
	uint64_t life;	   /* of the node (self/self.h) */
	uint64_t identity; /* generation of its own keys */
	uint64_t overlap_ms, period_ms;
	struct nos_pool pool; /* global keys */
	uint64_t pool_rev;    /* of their value in the store */
	struct nos_numbers numbers;
	struct nos_group group; /* of the source in hand, */
	struct nos_place place; /* and its place in it */
	bool full;		/* out: its tree has no leaf for that one */
	bool dry;		/* nothing is to be written: no number is reserved */
	bool destroyed;		/* out: a key was, so the store is to be purged behind the commit */
	nos_life_noted *noted;	/* NULL, as nos_life_open leaves it: nobody */
	void *noted_state;
};

void nos_life_release(struct nos_life *l);

/* As the store has it now. *l is all-zero, or was opened before on the same store, whose secrets it
 * then keeps. audit and vault must outlive *l. NOS_CONFIG: written by a newer nos; NOS_DENIED:
 * another node key. Release it, also on an error. */
enum nos_code nos_life_open(struct nos_life *l, struct nos_store *store,
    const struct nos_vault *vault, struct nos_audit *audit, const struct nos_self *self,
    struct nos_err *err) NOS_CHECK;

/* The issuer's world for a source, now; good as long as *l and *r are. It names no local keys. */
struct nos_issuer nos_life_world(
    const struct nos_life *l, const struct nos_record *r, struct nos_time now);

/* As above, within the caller's group: where the source's scheme has local keys it names so many of
 * them, and others that are left, as nos_numbers_reserve; where it has a group's, the group. */
enum nos_code nos_life_world_full(struct nos_life *l, const struct nos_record *r,
    struct nos_time now, unsigned keys, struct nos_issuer *ret, struct nos_err *err) NOS_CHECK;

/* What its scheme lacks goes into r->a, as nos_issuer_fill has it, and with it a place in its
 * group's tree. w: as above. NOS_EXISTS: another was quicker. */
enum nos_code nos_life_fill(struct nos_life *l, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err) NOS_CHECK;

/* What moves a group of this store on. sign and reason may be NULL where nothing needs them. */
struct nos_turn nos_life_turn(const struct nos_life *l, struct nos_time now,
    const struct nos_secret *sign, const char *reason);

/*
 * What is done: change r->a, and say whether anything was changed, or is to be looked at. Called
 * again where another was quicker, with what that one left.
 */
typedef enum nos_code nos_life_step(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err);

/*
 * Change a source within the caller's group; what its scheme lacks then is issued as well. *ret: as
 * it is now, to be released by the caller, also where nothing was changed; on an error it is empty.
 * NOS_ABSENT: no such source; NOS_BUSY: others are quicker each time; NOS_IO; what step gave.
 */
enum nos_code nos_life_change(struct nos_life *l, struct nos_str id, struct nos_time now,
    nos_life_step *step, void *state, struct nos_record *ret, struct nos_err *err) NOS_CHECK;

/* As above for a record that is in hand, rev 0: new. NOS_EXISTS: another was quicker. */
enum nos_code nos_life_put(
    struct nos_life *l, struct nos_time now, struct nos_record *r, struct nos_err *err) NOS_CHECK;

/* Told of each source whose keys were destroyed. */
typedef void nos_life_swept(void *state, const char *id);

/*
 * Destroy what has had its time, of most sources at once, within the caller's group. *ret_more:
 * there is more.
 */
enum nos_code nos_life_sweep(struct nos_life *l, struct nos_time now, size_t most,
    nos_life_swept *swept, void *state, bool *ret_more, struct nos_err *err) NOS_CHECK;

#endif
