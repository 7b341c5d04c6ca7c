/* SPDX-License-Identifier: MIT */
#include "stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES 1000
#define Z95	  1.959963984540054

/* ---- random ---- */

static uint64_t split_mix(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void bench_random_seed(struct bench_random *r, uint64_t seed)
{
	for (size_t i = 0; i < 4; i++)
		r->s[i] = split_mix(&seed);
}

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t bench_random_next(struct bench_random *r)
{
	uint64_t *s = r->s;
	const uint64_t ret = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return ret;
}

uint64_t bench_random_below(struct bench_random *r, uint64_t n)
{
	const uint64_t least = -n % n;
	uint64_t x;

	do
		x = bench_random_next(r);
	while (x < least);
	return x % n;
}

void bench_random_bytes(struct bench_random *r, void *p, size_t len)
{
	uint8_t *at = p;

	while (len) {
		const uint64_t x = bench_random_next(r);
		const size_t n = len < sizeof(x) ? len : sizeof(x);

		memcpy(at, &x, n);
		at += n;
		len -= n;
	}
}

/* ---- samples ---- */

void bench_sample_release(struct bench_sample *s)
{
	free(s->values);
	*s = (struct bench_sample){ 0 };
}

void bench_sample_clear(struct bench_sample *s)
{
	s->count = 0;
}

enum nos_code bench_sample_add(struct bench_sample *s, double value, struct nos_err *err)
{
	if (s->count == s->cap) {
		const size_t cap = s->cap ? 2 * s->cap : 64;
		double *grown = reallocarray(s->values, cap, sizeof(*grown));

		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		s->values = grown;
		s->cap = cap;
	}
	s->values[s->count++] = value;
	return NOS_OK;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of what is sorted: between two values by their distance. */
static double quantile(const double *sorted, size_t n, double q)
{
	const double at = q * (double)(n - 1);
	const size_t i = (size_t)at;

	return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

static double resampled_median(const struct bench_sample *s, double *space, struct bench_random *r)
{
	for (size_t i = 0; i < s->count; i++)
		space[i] = s->values[bench_random_below(r, s->count)];
	qsort(space, s->count, sizeof(*space), compare);
	return quantile(space, s->count, 0.5);
}

static void bootstrap(const struct bench_sample *s, struct bench_random *r, struct bench_stat *ret)
{
	double *space = calloc(s->count, sizeof(*space)), medians[RESAMPLES];

	if (!space)
		return;
	for (size_t i = 0; i < RESAMPLES; i++)
		medians[i] = resampled_median(s, space, r);
	qsort(medians, RESAMPLES, sizeof(*medians), compare);
	ret->low = quantile(medians, RESAMPLES, 0.025);
	ret->high = quantile(medians, RESAMPLES, 0.975);
	free(space);
}

void bench_stat_of(struct bench_sample *s, struct bench_random *r, struct bench_stat *ret)
{
	qsort(s->values, s->count, sizeof(*s->values), compare);
	*ret = (struct bench_stat){ .n = s->count,
		.least = s->values[0],
		.median = quantile(s->values, s->count, 0.5),
		.p95 = quantile(s->values, s->count, 0.95),
		.p99 = quantile(s->values, s->count, 0.99) };
	ret->low = ret->high = ret->median;
	if (s->count >= 3)
		bootstrap(s, r, ret);
}

void bench_stat_share(uint64_t k, uint64_t n, double *ret_low, double *ret_high)
{
	const double N = (double)n, p = (double)k / N, z2 = Z95 * Z95;
	const double middle = (p + z2 / (2 * N)) / (1 + z2 / N);
	const double half = Z95 * sqrt(p * (1 - p) / N + z2 / (4 * N * N)) / (1 + z2 / N);

	/* At either end they are the same but for their last digits. */
	*ret_low = k && middle > half ? middle - half : 0;
	*ret_high = k < n && middle + half < 1 ? middle + half : 1;
}
