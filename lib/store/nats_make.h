/* SPDX-License-Identifier: MIT */
/*
 * The streams and buckets of a store on NATS servers: what they are called, how they are made, and
 * how full they are. For the files of this room.
 */
#ifndef NOS_STORE_NATS_MAKE_H
#define NOS_STORE_NATS_MAKE_H

#include "store/nats_link.h"

#define NOS_NATS_MADE_MAX 192 /* streams of lanes, and some two dozen more */
#define NOS_NATS_HUSH_MAX 8

/* Those that are known to be there. */
struct nos_nats_made {
	char names[NOS_NATS_MADE_MAX][NOS_NATS_NAME_MAX];
	size_t count;
	/* Namespaces and streams whose changes are told to nobody. */
	char hushed[NOS_NATS_HUSH_MAX][NOS_NATS_NAME_MAX];
	size_t hushed_count;
};

void nos_nats_make_hush(struct nos_nats_made *m, const char *what);
bool nos_nats_make_is_hushed(const struct nos_nats_made *m, const char *what);

/* The stream that a stream of the store is, and what it is appended to by; the one that is behind a
 * namespace's bucket. */
void nos_nats_make_name(
    const struct nos_nats_link *l, const char *stream, char ret[static NOS_NATS_NAME_MAX]);
void nos_nats_make_bucket_name(
    const struct nos_nats_link *l, const char *ns, char ret[static NOS_NATS_NAME_MAX]);

/* What changes in any bucket is told below this, "PREFIX-changed", once it is stored. */
void nos_nats_make_changed(const struct nos_nats_link *l, char ret[static NOS_NATS_NAME_MAX]);

/* Made if it is not there; as it is where it is. */
enum nos_code nos_nats_make_stream(struct nos_nats_made *m, const struct nos_nats_link *l,
    const char *stream, struct nos_err *err) NOS_CHECK;
enum nos_code nos_nats_make_bucket(struct nos_nats_made *m, const struct nos_nats_link *l,
    const char *ns, struct nos_err *err) NOS_CHECK;

struct nos_nats_state {
	uint64_t first, last; /* first is last + 1 where nothing is there */
	uint64_t count, bytes;
	bool gaps; /* something was taken out */
};

/* What the leader says of the stream that is called name. NOS_ABSENT: not there. */
enum nos_code nos_nats_make_state(const struct nos_nats_link *l, const char *name,
    struct nos_nats_state *ret, struct nos_err *err) NOS_CHECK;

/* Where some of the store's have fewer copies than are asked for now, say so, or make those. */
enum nos_code nos_nats_make_copies(
    const struct nos_nats_link *l, bool make, struct nos_err *err) NOS_CHECK;

/* Bytes of all of the store's. */
enum nos_code nos_nats_make_bytes(
    const struct nos_nats_link *l, uint64_t *ret, struct nos_err *err) NOS_CHECK;

#endif
