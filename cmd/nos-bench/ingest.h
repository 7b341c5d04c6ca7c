/* SPDX-License-Identifier: MIT */
/* One shape of load on a node, and what is known of it behind its runs. */
#ifndef BENCH_INGEST_H
#define BENCH_INGEST_H

#include "ingest_place.h"

struct ingest_shape {
	size_t each;	    /* readings of a pack */
	size_t connections; /* at most: no more than sources */
	size_t packs, few;  /* of a run, and of one that is to be quick */
	bool kept;	    /* connections are, from pack to pack */
	bool heard;	    /* by a subscriber of QoS 1 */
	double rate;	    /* readings/s that are offered; 0: as fast as it goes */
	size_t idle, polls; /* connections beside the load */
	const char *beside; /* that, in words; NULL: nothing is said */
};

/* Of each run one value, but for what is of each pack or record. To be released. */
struct ingest_figures {
	struct bench_sample rate; /* readings/s */
	struct bench_sample node, rest, posting,
	    hearing; /* µs of a processor a reading, so also: */
	struct bench_sample stages[NOS_METRIC_STAGE_COUNT];
	struct bench_sample clock;	       /* of the stages, of what the node takes: % */
	struct bench_sample out, in, record;   /* bytes a reading */
	struct bench_sample memory;	       /* bytes */
	struct bench_sample touch, touch_open; /* µs of a source's first pack */
	struct bench_sample answered, heard;   /* ms of a pack, of a record */
	struct bench_sample longest;	       /* ms: of the packs of a run */
	uint64_t lost, doubled;
};

void ingest_figures_release(struct ingest_figures *f);

/*
 * One run of so many packs, on a node that is started for it: each source sends one pack before
 * those that count, so that the node has it at hand. NOS_BUSY: stopped; and what the parts give.
 */
enum nos_code ingest_run(struct ingest_site *s, struct ingest_place *at, struct bench *b,
    const struct ingest_shape *shape, size_t packs, struct ingest_figures *ret,
    struct nos_err *err) NOS_CHECK;

/* A row of its own: a figure of one kind of run over that of another, in pairs; what and how say
 * of what. */
enum nos_code ingest_rows_ratio(struct bench *b, const struct ingest_place *at,
    const struct ingest_shape *shape, const char *what, const char *how, struct bench_sample *ratio,
    struct nos_err *err) NOS_CHECK;

/* Its rows. */
enum nos_code ingest_rows(struct bench *b, const struct ingest_site *s,
    const struct ingest_place *at, const struct ingest_shape *shape, struct ingest_figures *f,
    struct nos_err *err) NOS_CHECK;

#endif
