/* SPDX-License-Identifier: MIT */
/*
 * Which records of packs that are gone through again stand in the processed stream already, and
 * where (lane/replay.h). Belongs to the thread whose store it is given.
 */
#ifndef NOS_LANE_KNOWN_H
#define NOS_LANE_KNOWN_H

#include "stream/processed.h"
#include "store/store.h"

#define NOS_KNOWN_CHUNK 512

/* store is set by its owner, the rest by open. */
struct nos_known {
	struct nos_store *store;
	bool any;
	struct nos_processed_id newest; /* no correction */

	/* Those behind the last one that was asked for, in their order. */
	struct {
		struct nos_processed_id id;
		uint64_t pack; /* where its pack stands in the raw stream */
		uint64_t position;
	} chunk[NOS_KNOWN_CHUNK];
	size_t at, count;
	uint64_t read; /* position read last */
};

/* saved: what of the raw stream nobody will ask for. What the store gave; NOS_IO: damaged. */
enum nos_code nos_known_open(struct nos_known *k, uint64_t saved, struct nos_err *err) NOS_CHECK;

/* Was the record of a pack written? pack: as ids have it. */
bool nos_known_has(const struct nos_known *k, uint64_t pack, uint64_t index);

/* Its position; 0: it was trimmed. To be asked for in the order of the stream. */
enum nos_code nos_known_find(struct nos_known *k, uint64_t pack, uint64_t index,
    uint64_t *ret_position, struct nos_err *err) NOS_CHECK;

#endif
