/* SPDX-License-Identifier: MIT */
/* Numbers that are random and repeat, and samples of what was measured. */
#ifndef BENCH_STAT_H
#define BENCH_STAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* xoshiro256**, seeded by SplitMix64: not for keys that are to hold. */
struct bench_random {
	uint64_t s[4];
};

void bench_random_seed(struct bench_random *r, uint64_t seed);
uint64_t bench_random_next(struct bench_random *r);
uint64_t bench_random_below(struct bench_random *r, uint64_t n); /* n > 0; without bias */
void bench_random_bytes(struct bench_random *r, void *p, size_t len);

/* All-zero is valid. */
struct bench_sample {
	double *values;
	size_t count, cap;
};

void bench_sample_release(struct bench_sample *s);
void bench_sample_clear(struct bench_sample *s);

/* NOS_INTERNAL: out of memory. */
enum nos_code bench_sample_add(struct bench_sample *s, double value, struct nos_err *err) NOS_CHECK;

struct bench_stat {
	size_t n;
	double least, median, p95, p99;
	double low, high; /* 95 % interval of the median, by bootstrap; the median where n < 3 */
};

/* Sorts the sample, which has one value at least. r draws what the bootstrap takes. */
void bench_stat_of(struct bench_sample *s, struct bench_random *r, struct bench_stat *ret);

/* 95 % interval of a share, k of n (Wilson). n > 0. */
void bench_stat_share(uint64_t k, uint64_t n, double *ret_low, double *ret_high);

#endif
