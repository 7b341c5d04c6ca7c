/* SPDX-License-Identifier: MIT */
/*
 * What a node has seen of each source, for who reads its store beside it: the tracks, which it
 * saves now and then, and what the raw stream holds beyond them, counted as the node counts it but
 * for the rules. Belongs to the thread whose store it is given.
 */
#ifndef NOS_STREAM_TAIL_H
#define NOS_STREAM_TAIL_H

#include "reading/batch.h"
#include "stream/maps.h"
#include "stream/track.h"

/* The first three are set by its owner; the rest is zero. */
struct nos_tail {
	struct nos_store *store;
	const char *source; /* id of the one that matters; NULL: all */
	bool readings;	    /* are counted */

	struct nos_track_table *tracks; /* of those whose packs are beyond what was saved */
	struct nos_track one;		/* as it was saved */
	struct nos_batch batch;
	struct nos_maps_past maps;
	struct nos_scan scan;
};

/* Once, before any track is asked for. NOS_IO, NOS_BUSY: the store failed; NOS_INTERNAL. */
enum nos_code nos_tail_read(struct nos_tail *t, struct nos_err *err) NOS_CHECK;

/* The track of a source, whose series are not asked for; all zero if it has none. It is good until
 * the next one is asked for. As above. */
enum nos_code nos_tail_track(struct nos_tail *t, const char *id, const struct nos_track **ret,
    struct nos_err *err) NOS_CHECK;

void nos_tail_release(struct nos_tail *t);

#endif
