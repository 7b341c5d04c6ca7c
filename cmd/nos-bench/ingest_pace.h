/* SPDX-License-Identifier: MIT */
/*
 * When the packs of a load are due, where it is offered at a rate: by the clock alone, whatever
 * becomes of those before, so that what waits for a slow answer is counted as late.
 */
#ifndef BENCH_INGEST_PACE_H
#define BENCH_INGEST_PACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct ingest_pace {
	double each_ns; /* from one pack to the next; 0: all are due at once */
	uint64_t begun; /* the first */
	int fd;		/* readable once the pack it is set to is due; -1: none */
};

/* From now on. rate: packs/s; 0: none. Close it, also after an error. NOS_INTERNAL. */
enum nos_code ingest_pace_open(struct ingest_pace *p, double rate, struct nos_err *err) NOS_CHECK;
void ingest_pace_close(struct ingest_pace *p);

/* On the clock of ingest_post.h. */
uint64_t ingest_pace_due(const struct ingest_pace *p, size_t pack);

/* Only with a rate. NOS_INTERNAL. */
enum nos_code ingest_pace_set(
    const struct ingest_pace *p, size_t pack, struct nos_err *err) NOS_CHECK;

#endif
