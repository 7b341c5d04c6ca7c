/* SPDX-License-Identifier: MIT */
/*
 * Records that were weighed, and wait to be committed with the next group. A record is linked to
 * those of its topic before it when it is appended, since only then is it known where it stands
 * (stream/processed.h). Belongs to the committer's thread.
 */
#ifndef NOS_LANE_WEIGHED_H
#define NOS_LANE_WEIGHED_H

#include "base/buf.h"
#include "stream/track.h"
#include "store/store.h"

struct nos_weighed_record {
	size_t end;		 /* of it in text; it begins where the one before ends */
	struct nos_track *track; /* whose topic it is: changed, hence held in memory */
	size_t series;
	uint64_t n, after; /* and that of the topic's record before it */
	uint64_t era;	   /* of its pack */
	bool put;	   /* with the group in hand: was holds the topic's links before that */
	struct nos_processed_links was;
};

struct nos_weighed {
	struct nos_buf text; /* of each: topic, names of filters behind it, a newline, the record */
	struct nos_weighed_record *records;
	size_t count, cap;
};

/* At most max bytes of text. */
void nos_weighed_init(struct nos_weighed *w, size_t max);
void nos_weighed_release(struct nos_weighed *w);
void nos_weighed_clear(struct nos_weighed *w);

/* The text behind the last record is one more, whose track, series, n, after and era are said.
 * NOS_INTERNAL alone. */
enum nos_code nos_weighed_note(
    struct nos_weighed *w, const struct nos_weighed_record *record, struct nos_err *err) NOS_CHECK;

/* Topic, filters and record at i; links are zero. */
struct nos_processed nos_weighed_at(const struct nos_weighed *w, size_t i);

/* Append the records of other from i on. NOS_LARGE: full; NOS_INTERNAL. */
enum nos_code nos_weighed_take(struct nos_weighed *w, const struct nos_weighed *other, size_t i,
    struct nos_err *err) NOS_CHECK;

/* Append the record at i to the stream, linked. entry is working memory. What the store gave. */
enum nos_code nos_weighed_put(struct nos_weighed *w, size_t i, struct nos_store *store,
    struct nos_time now, struct nos_buf *entry, uint64_t *ret_position,
    struct nos_err *err) NOS_CHECK;

/* The record at i stands at position already. */
void nos_weighed_known(struct nos_weighed *w, size_t i, uint64_t position);

/* The group failed: all links are as before it. */
void nos_weighed_undo(struct nos_weighed *w);

#endif
