/* SPDX-License-Identifier: MIT */
/*
 * A store with so many sources in it, which nos-bench ingest measures a node on. Several of them
 * differ in either: they are other stores, or other numbers of sources.
 */
#ifndef BENCH_INGEST_PLACE_H
#define BENCH_INGEST_PLACE_H

#include "ingest_load.h"
#include "ingest_site.h"

#define INGEST_PLACES_MAX BENCH_SOURCES_MAX

/* All-zero is valid. Holds secrets: release it. */
struct ingest_place {
	struct ingest_store store;
	struct ingest_load load;
};

/* How many are asked for. NOS_USAGE: too many of one, more sources than may be, or several numbers
 * of them with stores that are named. */
enum nos_code ingest_place_count(const struct bench *b, size_t *ret, struct nos_err *err) NOS_CHECK;

/* That of a number below the count, with its sources; its files are in the folder of the site.
 * NOS_USAGE: no such store; NOS_EXISTS: there is a node; NOS_BUSY: stopped; and what the parts
 * give. */
enum nos_code ingest_place_open(struct ingest_place *p, struct bench *b, struct ingest_site *site,
    size_t number, struct nos_err *err) NOS_CHECK;
void ingest_place_release(struct ingest_place *p);

/* Where a run is, in words that tell places apart. */
void ingest_place_tell(const struct ingest_place *p, char *ret, size_t size);

#endif
