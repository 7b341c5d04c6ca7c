/* SPDX-License-Identifier: MIT */
/*
 * The newest record of each topic, for who reads a node's store beside it: the tracks say it as of
 * when they were saved, and what stands in the processed stream behind that is gone through.
 * Belongs to the thread whose store it is given.
 */
#ifndef NOS_STREAM_NEWEST_H
#define NOS_STREAM_NEWEST_H

#include "stream/processed.h"
#include "store/store.h"

#define NOS_NEWEST_BUCKETS 4096

struct nos_newest_topic {
	struct nos_newest_topic *chain; /* of its bucket */
	struct nos_newest_topic *next;	/* in the order in which they were found */
	uint64_t position;
	bool used; /* a record with the key is among those that were gone through */
	bool done; /* the reader's own */
	size_t len;
	char text[]; /* the topic */
};

/* The first three are set by its owner; the rest is zero. */
struct nos_newest {
	struct nos_store *store;
	const char *source; /* id of the one that matters; NULL: all */
	struct nos_str key; /* that records are looked at for */

	struct nos_newest_topic *buckets[NOS_NEWEST_BUCKETS];
	struct nos_newest_topic *first, **last;
	uint64_t from; /* what was gone through begins behind this position */
};

/* Once; saved: the node's mark. NOS_IO: also where an entry is damaged; NOS_BUSY; NOS_INTERNAL. */
enum nos_code nos_newest_read(struct nos_newest *w, uint64_t saved, struct nos_err *err) NOS_CHECK;

/* NULL: none was gone through. */
struct nos_newest_topic *nos_newest_find(struct nos_newest *w, struct nos_str topic);

void nos_newest_release(struct nos_newest *w);

#endif
