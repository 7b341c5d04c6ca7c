/* SPDX-License-Identifier: MIT */
/*
 * What all sources may hear from the broker, retained and below nos/<node>/keys: which global keys
 * were taken back of late, and of each group the order of its present session and its last
 * eviction. Published where it has changed since, and all of it with each connection. Belongs to
 * the publisher's thread.
 */
#ifndef NOS_LANE_ANNOUNCE_H
#define NOS_LANE_ANNOUNCE_H

#include "base/time.h"
#include "net/mqtt.h"
#include "store/store.h"

struct nos_announce_group {
	uint64_t number, rev;
};

struct nos_announce {
	struct nos_store *store; /* the caller's */
	uint64_t node;
	uint64_t globals_rev; /* of which it was told; 0: none */
	struct nos_announce_group *groups;
	size_t group_count;
	struct nos_mono looked;
};

void nos_announce_init(struct nos_announce *a, struct nos_store *store, uint64_t node);
void nos_announce_release(struct nos_announce *a);

/* The broker knows nothing of it. */
void nos_announce_forget(struct nos_announce *a);

/* Say what has changed, where the last look was some time ago; what there is no room for, or cannot
 * be read, waits for the next look. */
void nos_announce_say(struct nos_announce *a, struct nos_mqtt *mqtt);

#endif
