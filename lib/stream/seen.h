/* SPDX-License-Identifier: MIT */
/*
 * The highest number that a node has seen of a source, as its store tells: what was saved of it,
 * and what the raw stream holds beyond that. Reads up to a node's limit "replay" of packs: for what
 * is rare. Belongs to the thread whose store it is given.
 */
#ifndef NOS_STREAM_SEEN_H
#define NOS_STREAM_SEEN_H

#include "stream/track.h"
#include "store/store.h"

/* 0: none. NOS_IO, NOS_BUSY: the store failed; NOS_CONFIG: written by a newer nos; NOS_INTERNAL. */
enum nos_code nos_seen_top(
    struct nos_store *store, const char *id, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/*
 * Packs of a relay that are of a source of another lane are of that lane, and there its numbers are
 * kept by themselves, under "ID~LANE". False: this one is of the lane itself.
 */
bool nos_seen_is_away(struct nos_str track);
enum nos_code nos_seen_track(unsigned lanes, const char *id, unsigned lane,
    char ret[static NOS_TRACK_ID_MAX], struct nos_err *err) NOS_CHECK;

/* The highest number that was seen of it in other lanes than its own, as of what is saved of it;
 * *ret_any: there is such. Nothing is asked where there is one lane. */
enum nos_code nos_seen_away(struct nos_store *store, unsigned lanes, const char *id, bool *ret_any,
    uint64_t *ret_top, struct nos_err *err) NOS_CHECK;

/* What is kept of it there is deleted. */
enum nos_code nos_seen_forget(
    struct nos_store *store, unsigned lanes, const char *id, struct nos_err *err) NOS_CHECK;

#endif
