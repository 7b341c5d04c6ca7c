/* SPDX-License-Identifier: MIT */
/*
 * What a home keeps of its sources that send to other nodes: to which of those it gave their keys,
 * until these have had their time (state roam-given/<id>/<node>), and whom it has yet to tell that
 * they count no longer (roam-tell/<id>/<node>). Belongs to the thread whose store it is given; what
 * changes more than one value is done within the caller's group.
 */
#ifndef NOS_REGISTRY_ROAMING_H
#define NOS_REGISTRY_ROAMING_H

#include "registry/record.h"
#include "registry/spaces.h"
#include "store/store.h"

/* What was given: of a source, to a node, last for which day. */
struct nos_roaming {
	char id[NOS_RECORD_ID_MAX];
	uint64_t node, day;
};

/* Note it; a later day stays. */
enum nos_code nos_roaming_give(
    struct nos_store *store, const struct nos_roaming *g, struct nos_err *err) NOS_CHECK;

/* All that was given of a source counts no longer: who has it is to be told. */
enum nos_code nos_roaming_recall(
    struct nos_store *store, const char *id, struct nos_err *err) NOS_CHECK;

/* Whom to tell. */
typedef enum nos_code nos_roaming_each(
    void *state, const struct nos_roaming *g, struct nos_err *err);
enum nos_code nos_roaming_tasks(
    struct nos_store *store, nos_roaming_each *each, void *state, struct nos_err *err) NOS_CHECK;

/* It was told, or it has had its time. */
enum nos_code nos_roaming_told(
    struct nos_store *store, const struct nos_roaming *g, struct nos_err *err) NOS_CHECK;

/* Forget what was given and has had its time. */
enum nos_code nos_roaming_sweep(
    struct nos_store *store, struct nos_time now, struct nos_err *err) NOS_CHECK;

#endif
