/* SPDX-License-Identifier: MIT */
/*
 * An entry of the processed stream: a record as users receive it, behind its topic, the filters
 * that it passed, and where the records of that topic before it stand, so that a topic can be gone
 * back through without its neighbours: "TOPIC BEFORE FAR[@ERA][<AFTER][ FILTER…]". Pure;
 * thread-safe.
 */
#ifndef NOS_STREAM_PROCESSED_H
#define NOS_STREAM_PROCESSED_H

#include "base/buf.h"
#include "base/str.h"

#define NOS_PROCESSED_STREAM	"processed/" /* of a lane */
#define NOS_PROCESSED_TOPIC_MAX 512
#define NOS_PROCESSED_STRIDE \
	64 /* every so many records of a topic one is linked to the last such */

/* Positions in the stream; 0: there is none, or it is not known. */
struct nos_processed_links {
	uint64_t before; /* of the topic's record before this one */
	uint64_t far;	 /* of the newest before it whose n is a multiple of the stride */
};

/* Views into the entry. */
struct nos_processed {
	struct nos_str topic;
	struct nos_processed_links links;
	uint64_t era;	/* of its pack (self/era.h), which the number in its id counts from */
	bool jumps;	/* n is more than one above that of the topic's record before it, */
	uint64_t after; /* which was this; 0: it had none */
	struct nos_str filters; /* names, a blank between two; len 0: none */
	struct nos_str record;	/* a JSON object */
};

/* False: it is no such entry. One without links is one of an older node. */
bool nos_processed_decode(struct nos_span entry, struct nos_processed *ret);
void nos_processed_encode(struct nos_buf *b, const struct nos_processed *p);

/* What the entry behind it is linked to, n being this one's. */
struct nos_processed_links nos_processed_next(
    struct nos_processed_links links, uint64_t position, uint64_t n);

/* What an id says: "1-42-0", a correction's "1-42-0~1", and in another lane than 0 "1.3-42-0". */
struct nos_processed_id {
	uint64_t node, lane;
	uint64_t pack; /* its position in the raw stream, from its era on */
	uint64_t index;
	uint64_t correction; /* 0: it is none */
};
bool nos_processed_id_parse(struct nos_str text, struct nos_processed_id *ret);

/* That of a record, which begins with it; false: it does not. */
bool nos_processed_id_of(struct nos_str record, struct nos_processed_id *ret);

/* Where the pack of an entry with this id stands in the raw stream; 0: the entry is damaged. */
static inline uint64_t nos_processed_pack(
    const struct nos_processed *p, const struct nos_processed_id *id)
{
	return id->pack > p->era ? id->pack - p->era : 0;
}

/* Which record of its topic it is, from 1; false: it does not say. */
bool nos_processed_n_of(struct nos_str record, uint64_t *ret);

/* The source's part of a topic, its id or "anonymous"; false: it is no data topic. */
bool nos_processed_source(struct nos_str topic, struct nos_str *ret);

#endif
