/* SPDX-License-Identifier: MIT */
/*
 * Sources that a node's store holds, and what they will post: packs sealed under their keys by the
 * library, each a whole request, before the clock runs. No registration goes over the wire: the
 * keys of both sides come of one drawing.
 */
#ifndef BENCH_INGEST_LOAD_H
#define BENCH_INGEST_LOAD_H

#include "bench.h"
#include "envelope/pack.h"
#include "ingest_site.h"

struct ingest_load_source {
	struct nos_pack_keys keys;
	struct nos_secret q;  /* proves its polls */
	uint64_t seq, before; /* of its last pack, and of the last before this load */
};

/* Holds secrets: release it. */
struct ingest_load {
	struct ingest_load_source *sources; /* in the order of their turns */
	uint64_t *ids, *turns;		    /* the number in the id of a turn, and back */
	size_t source_count;

	/* Pack i is of source i modulo source_count. */
	size_t packs, each; /* so many readings in each */
	bool kept;	    /* the connection is, behind an answer */
	struct nos_buf requests;
	size_t *ends; /* of each pack's request, in requests */
};

/* Put count sources into a store, which is made where it is not there. *l is all-zero. NOS_BUSY:
 * stopped; and what the library gives; so all below. */
enum nos_code ingest_load_open(struct ingest_load *l, struct bench *b,
    const struct ingest_store *store, size_t count, struct nos_err *err) NOS_CHECK;
void ingest_load_release(struct ingest_load *l);

/* Seal packs of so many readings each, in place of those before. */
enum nos_code ingest_load_seal(struct ingest_load *l, struct bench *b, size_t packs, size_t each,
    bool kept, struct nos_err *err) NOS_CHECK;

/* Let go of the packs, behind a run: the sources stay. */
void ingest_load_unseal(struct ingest_load *l);

struct nos_str ingest_load_request(const struct ingest_load *l, size_t pack);

/* Which reading of the load a record is of: pack * each + its place there. False: none of it. */
bool ingest_load_find(const struct ingest_load *l, struct nos_str record, size_t *ret);

#endif
