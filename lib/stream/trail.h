/* SPDX-License-Identifier: MIT */
/*
 * The records of one topic, gone back through by their links (stream/processed.h), so that what
 * is asked of a topic costs what that topic holds, whatever stands beside it. Belongs to the thread
 * whose store it is given.
 */
#ifndef NOS_STREAM_TRAIL_H
#define NOS_STREAM_TRAIL_H

#include "base/buf.h"
#include "stream/processed.h"
#include "store/store.h"

struct nos_trail {
	struct nos_store *store;

	/* The record in hand; views are good until the next is. */
	uint64_t position; /* in the processed stream; 0: none */
	struct nos_processed p;
	struct nos_processed_id id;
	uint64_t pack; /* where its pack stands in the raw stream */
	uint64_t n;
	uint64_t after; /* n of the topic's record before it, whether that is there or not */
	struct nos_buf entry;
};

void nos_trail_init(struct nos_trail *t, struct nos_store *store);
void nos_trail_release(struct nos_trail *t);

/* Take the record at position in hand. NOS_ABSENT: it is not there any more, and what was in hand
 * still is; NOS_IO: damaged; NOS_BUSY. */
enum nos_code nos_trail_go(struct nos_trail *t, uint64_t position, struct nos_err *err) NOS_CHECK;

/* The record of the topic before the one in hand. NOS_ABSENT: there is none any more, and what was
 * in hand still is; NOS_IO: also where what it is linked to is another's, or no older. */
enum nos_code nos_trail_back(struct nos_trail *t, struct nos_err *err) NOS_CHECK;

/* Back to the record n of the topic, or the first behind it where n was passed over, by strides:
 * one that is no older is in hand. NOS_ABSENT: it is not there any more, and the oldest that is
 * there is in hand. */
enum nos_code nos_trail_seek(struct nos_trail *t, uint64_t n, struct nos_err *err) NOS_CHECK;

#endif
