/* SPDX-License-Identifier: MIT */
/*
 * What a node does for the trees of its groups now and then, so that no key of an epoch that is
 * over stays in its store: an eviction that broke off is finished, trees of a life that is over go,
 * and pages that slept through an epoch are caught up. Step by step, a transaction of some
 * milliseconds each, so that its thread may do other things between. Belongs to the thread whose
 * store it is given; outside a group of changes.
 */
#ifndef NOS_SERVE_GARDENER_H
#define NOS_SERVE_GARDENER_H

#include "group/grove.h"
#include "lifecycle/life.h"

enum nos_gardener_stage {
	NOS_GARDENER_FINISH,
	NOS_GARDENER_CLEAR,
	NOS_GARDENER_CATCH_UP,
};

/* All-zero is valid: it has nothing to do. Release it. */
struct nos_gardener {
	bool at_work;
	bool destroyed;	   /* out, once it is done: the store is to be purged */
	uint64_t *numbers; /* of the groups */
	size_t count, cap, at;
	enum nos_gardener_stage stage; /* of the one that it is at */
	struct nos_grove_stale stale;
	size_t caught_up;
};

void nos_gardener_release(struct nos_gardener *g);

/* Begin, with all groups that there are. */
enum nos_code nos_gardener_begin(
    struct nos_gardener *g, struct nos_store *store, struct nos_err *err) NOS_CHECK;

/* One step of what is to be done; at_work is false behind the last. After an error it goes on with
 * the next group. NOS_EXISTS: another was quicker, the next time will do; NOS_IO, NOS_BUSY,
 * NOS_DENIED, NOS_CONFIG; NOS_INTERNAL. */
enum nos_code nos_gardener_step(
    struct nos_gardener *g, struct nos_life *l, struct nos_err *err) NOS_CHECK;

#endif
