/* SPDX-License-Identifier: MIT */
/*
 * What a home keeps of its sources that send to other nodes: to which of those it gave their keys,
 * until these have had their time (state roam-given/<id>/<node>), and whom it has yet to tell that
 * they count no longer (roam-tell/<id>/<node>). Where the store was put back from a backup it does
 * not know to whom: then all peers are told of all sources, roam-tell/all/0, and
 * roam-tell/all/<node> stands for each that was. The audit stream has an entry where a node gets a
 * source's first key, and one where its last is taken back or has had its time. Belongs to the
 * thread whose store it is given; what changes more than one value is done within the caller's
 * group.
 */
#ifndef NOS_ROAM_ROAMING_H
#define NOS_ROAM_ROAMING_H

#include "audit/audit.h"
#include "registry/record.h"
#include "self/spaces.h"
#include "store/store.h"

/* What was given: of a source, to a node, last for which day. */
struct nos_roaming {
	char id[NOS_RECORD_ID_MAX]; /* empty: whatever was given of any source; node 0: to anyone */
	uint64_t node, day;
};

/* Who writes it down, and the number of this node, which is in the names of keys. */
struct nos_roaming_home {
	struct nos_store *store;
	struct nos_audit *audit;
	uint64_t node;
};

/* Note it; a later day stays. */
enum nos_code nos_roaming_give(const struct nos_roaming_home *h, const struct nos_roaming *g,
    struct nos_time now, struct nos_err *err) NOS_CHECK;

/* All that was given of a source counts no longer: who has it is to be told. */
enum nos_code nos_roaming_recall(const struct nos_roaming_home *h, const char *id,
    struct nos_time now, struct nos_err *err) NOS_CHECK;

/* All that was ever given counts no longer: each peer is to be told, as long as a key may hold that
 * was given up to now. */
enum nos_code nos_roaming_recall_all(
    struct nos_store *store, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Whom to tell; told: of all sources it was, and stays on record. */
typedef enum nos_code nos_roaming_each(
    void *state, const struct nos_roaming *g, bool told, struct nos_err *err);
enum nos_code nos_roaming_tasks(
    struct nos_store *store, nos_roaming_each *each, void *state, struct nos_err *err) NOS_CHECK;

/* It was told, or it has had its time. */
enum nos_code nos_roaming_told(struct nos_store *store, const struct nos_roaming *g,
    struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Forget what was given and has had its time, each in a group of its own. */
enum nos_code nos_roaming_sweep(
    const struct nos_roaming_home *h, struct nos_time now, struct nos_err *err) NOS_CHECK;

#endif
