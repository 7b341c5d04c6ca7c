/* SPDX-License-Identifier: MIT */
/*
 * An entry of the raw stream: one body of readings as its source sent it, opened, with what the
 * node verified of it. From it alone the processed records can be made again. Pure; thread-safe.
 */
#ifndef NOS_STREAM_RAW_H
#define NOS_STREAM_RAW_H

#include "base/buf.h"
#include "key/name.h"
#include "reading/batch.h"
#include "stream/maps.h"
#include "stream/path.h"
#include "stream/window.h"
#include "score/rule.h"

#define NOS_RAW_STREAM "raw/" /* of a lane */

/* A relay that carried it, by a pack of its own. */
struct nos_raw_via {
	char source[NOS_PATH_ID_MAX];
	char kid[NOS_NAME_TEXT_MAX];
	uint64_t seq, prev;
	uint8_t hash[NOS_WINDOW_HASH_LEN];
};

struct nos_raw {
	char source[33]; /* empty: anonymous, and then all up to via is as zero */
	char name[NOS_NAME_WORD_MAX + 1];
	char mode[8];
	char kid[NOS_NAME_TEXT_MAX]; /* empty: by a bearer token, so no number and no via */
	uint64_t seq, prev;
	uint8_t hash[NOS_WINDOW_HASH_LEN];
	bool roams;			     /* its source's numbers are used at several nodes */
	struct nos_raw_via via[NOS_HOP_MAX]; /* from the source to the node */
	size_t via_count;
	bool spread; /* a relay, whose numbers are of other lanes as well (stream/seen.h) */
	char kind[NOS_NAME_WORD_MAX + 1];
	enum nos_batch_form form;
	char map[NOS_MAPS_HASH_MAX]; /* through which it is read; empty: none */
	struct nos_time received;
	uint64_t era; /* under which it was taken in (self/era.h) */
	/* But for identity and position, which each reading has. Of an anonymous one through a
	 * relay: how far the relay's word goes; under TLS: how far that goes. */
	struct nos_rule_security security;
};

/* Append an object, a newline, and the body. */
void nos_raw_encode(struct nos_buf *b, const struct nos_raw *raw, struct nos_str body);

/* *ret_body points into entry. NOS_IO: not such an entry. */
enum nos_code nos_raw_decode(struct nos_span entry, struct nos_raw *ret, struct nos_str *ret_body,
    struct nos_err *err) NOS_CHECK;

/* How its body is read, now as when it came; map is the one of raw->map, or NULL. */
struct nos_batch_how nos_raw_how(const struct nos_raw *raw, const struct nos_map *map);

/* The relays that it came through. */
void nos_raw_path(const struct nos_raw *raw, struct nos_path *ret);

#endif
