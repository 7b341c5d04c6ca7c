/* SPDX-License-Identifier: MIT */
/* What the parts of the workload "delay" share: a figure of the paper each, and a clock. */
#ifndef BENCH_DELAY_H
#define BENCH_DELAY_H

#include "bench.h"
#include "printed_net.h"
#include "stage.h"

/* Has the paper's profile this scheme? */
bool delay_is_printed(enum bench_scheme scheme);

/* Milliseconds of a clock that does not jump. */
double delay_clock(void);

/*
 * Fig. 1: the computation alone, in ms, so often. Of dini a local key; of dipietro a source's
 * session key; of tree the key of an epoch at the node; of pairwise its next key. Di Pietro and
 * Dini alone have the paper's profile.
 */
enum nos_code delay_generation(struct bench *b, enum bench_scheme scheme,
    enum bench_profile profile, uint64_t runs, struct bench_sample *sample,
    struct nos_err *err) NOS_CHECK;

/* And the pool of dini's global keys. */
enum nos_code delay_globals(struct bench *b, enum bench_profile profile, uint64_t runs,
    struct bench_sample *sample, struct nos_err *err) NOS_CHECK;

/* Fig. 2, Fig. 3, Fig. 4: their rows. NOS_BUSY: stopped before there was one. */
enum nos_code delay_direct(struct bench *b, struct nos_err *err) NOS_CHECK;
enum nos_code delay_relayed(struct bench *b, struct nos_err *err) NOS_CHECK;
enum nos_code delay_replacement(struct bench *b, struct nos_err *err) NOS_CHECK;

/* A row of a sample in ms, which is cleared; none where it is empty. */
enum nos_code delay_row(struct bench *b, const struct bench_row *r, struct bench_sample *sample,
    struct nos_err *err) NOS_CHECK;

#endif
