/* SPDX-License-Identifier: MIT */
/*
 * What nos-bench ingest runs of one shape: as fast as it goes, at a rate, and with connections
 * beside the load.
 */
#ifndef BENCH_INGEST_PLAN_H
#define BENCH_INGEST_PLAN_H

#include "ingest.h"

struct ingest_plan {
	struct bench *b;
	struct ingest_site *site;
	struct ingest_place places[INGEST_PLACES_MAX]; /* the runs of a shape go by turns */
	size_t place_count;
	double rate;	    /* readings/s that are offered; 0: as fast as it goes */
	bool half;	    /* of what it takes as fast as it goes, which is measured before */
	size_t packs;	    /* of each run; 0: as many as its shape says */
	size_t idle, polls; /* beside the load, in every second run */
};

/* As it was asked for, with places that are empty yet. NOS_USAGE: no such places or rate, more
 * connections than may be open, or what does not go with several places. */
enum nos_code ingest_plan_make(
    struct ingest_plan *ret, struct bench *b, struct nos_err *err) NOS_CHECK;

/* The places, each with its sources. What the parts give. */
enum nos_code ingest_plan_settle(
    struct ingest_plan *p, struct ingest_site *site, struct nos_err *err) NOS_CHECK;
void ingest_plan_release(struct ingest_plan *p);

/* Is it more than each shape as fast as it goes? */
bool ingest_plan_is_special(const struct ingest_plan *p);

/* The runs of a shape and their rows. What the parts give. */
enum nos_code ingest_plan_run(
    struct ingest_plan *p, const struct ingest_shape *shape, struct nos_err *err) NOS_CHECK;

#endif
