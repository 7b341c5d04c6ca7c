/* SPDX-License-Identifier: MIT */
/*
 * The sources of nos-bench ingest: one thread that posts a load over some connections, each source
 * one pack after the other. HTTP is written and read by hand, so that it is the node that is
 * measured.
 */
#ifndef BENCH_INGEST_POST_H
#define BENCH_INGEST_POST_H

#include <stdatomic.h>

#include "ingest_load.h"

struct ingest_post {
	/* In. */
	uint16_t port; /* of 127.0.0.1 */
	size_t connections;
	const struct ingest_load *load;
	double rate; /* packs/s that are offered at most; 0: as fast as they are answered */
	atomic_uint_least64_t *sent; /* of each pack: when, in ns; may be read meanwhile. At a rate
				      * when it was due, so that no wait is hidden */

	/* Out. */
	uint64_t accepted;	  /* readings that were acknowledged, with a receipt */
	uint64_t duplicates;	  /* readings that the node says it had */
	uint64_t begun, cpu_ns;	  /* when, in ns; and of this thread */
	uint64_t out, in;	  /* bytes of requests, of answers */
	struct bench_sample took; /* of each pack, ms; to be released */
};

/* Post all of it. NOS_BUSY: stopped; NOS_AWAY: the node went, or has another answer than 202;
 * NOS_INTERNAL. */
enum nos_code ingest_post_run(struct ingest_post *p, struct nos_err *err) NOS_CHECK;

/* The clock of sent and begun. */
uint64_t ingest_post_clock(void);

#endif
