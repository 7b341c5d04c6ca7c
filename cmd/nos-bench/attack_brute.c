/* SPDX-License-Identifier: MIT */
/*
 * 5: two session keys of the paper, one behind the other, are stolen, and the seeds that both come
 * of are looked for. k = h XOR g of states h and g of q bits: each h says which g it is, and the
 * next key whether it is them. So 2^q are tried at most, not 2^2q. What 64 bits take is what the
 * line says through those that were measured.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "printed.h"
#include "robustness.h"

#define LENGTHS 3
#define YEAR	(365.25 * 86400)

static const unsigned lengths[LENGTHS] = { 16, 20, 24 }, lengths_quick[LENGTHS] = { 16, 18, 20 };
static const uint64_t runs[LENGTHS] = { 20, 6, 2 }, runs_quick[LENGTHS] = { 4, 3, 2 };

/* H or G as the profile has them, cut to q bits. */
static enum nos_code one_way(char which, uint64_t x, unsigned q, uint64_t *ret, struct nos_err *err)
{
	uint8_t bytes[1 + PRINTED_KEY], hash[NOS_HASH_LEN];
	const struct nos_span piece = { bytes, sizeof(bytes) };

	bytes[0] = (uint8_t)which;
	memcpy(bytes + 1, &x, PRINTED_KEY);
	if (nos_hash_sha256(&piece, 1, hash, err))
		return err->code;
	memcpy(ret, hash, sizeof(*ret));
	*ret &= (UINT64_C(1) << q) - 1;
	return NOS_OK;
}

/* The states behind one step, and their key. */
struct state {
	uint64_t h, g;
};

static enum nos_code step(struct state *s, unsigned q, struct nos_err *err)
{
	return one_way('H', s->h, q, &s->h, err) ? err->code : one_way('G', s->g, q, &s->g, err);
}

/* Of k[0] and k[1]; k[2] is that of data which makes sense, by which one of several is told.
 * *ret_tried: states that were looked at. */
static enum nos_code search(const uint64_t k[static 3], unsigned q, bool *ret_found,
    uint64_t *ret_tried, struct nos_err *err)
{
	*ret_found = false;
	for (*ret_tried = 0; *ret_tried >> q == 0 && !*ret_found; (*ret_tried)++) {
		struct state s = { *ret_tried, k[0] ^ *ret_tried };

		if (step(&s, q, err))
			return err->code;
		if ((s.h ^ s.g) != k[1])
			continue;
		if (step(&s, q, err))
			return err->code;
		*ret_found = (s.h ^ s.g) == k[2];
	}
	return NOS_OK;
}

/* A sample is the time that all 2^q take, at the rate of those that were tried: where among them
 * the seeds were is chance. */
static enum nos_code try(struct bench *b, unsigned q, uint64_t times, struct bench_sample *ret,
    uint64_t *ret_found, struct nos_err *err)
{
	for (uint64_t i = 0; i < times && !bench_is_stopped(); i++) {
		struct state s = { bench_random_below(&b->random, UINT64_C(1) << q),
			bench_random_below(&b->random, UINT64_C(1) << q) };
		uint64_t k[3], from, tried;
		bool found;

		for (size_t j = 0; j < 3; j++) {
			k[j] = s.h ^ s.g;
			if (step(&s, q, err))
				return err->code;
		}
		from = nos_mono_now().us;
		if (search(k, q, &found, &tried, err) ||
		    bench_sample_add(ret,
			(double)(nos_mono_now().us - from) / 1e6 * exp2(q) / (double)tried, err))
			return err->code;
		*ret_found += found;
	}
	return NOS_OK;
}

/* log2 of the time is a line over q: its slope, and its value at 0. */
static void fit(const unsigned *q, const double *seconds, double *ret_slope, double *ret_zero)
{
	double mq = 0, mt = 0, above = 0, below = 0;

	for (size_t i = 0; i < LENGTHS; i++) {
		mq += q[i] / (double)LENGTHS;
		mt += log2(seconds[i]) / LENGTHS;
	}
	for (size_t i = 0; i < LENGTHS; i++) {
		above += (q[i] - mq) * (log2(seconds[i]) - mt);
		below += (q[i] - mq) * (q[i] - mq);
	}
	*ret_slope = above / below;
	*ret_zero = mt - *ret_slope * mq;
}

static enum nos_code say_line(
    struct bench *b, const unsigned *q, const double *seconds, struct nos_err *err)
{
	struct bench_row r = { .what = "5: slope of log2 of the time over q",
		.scheme = "dipietro",
		.profile = "paper" };
	double slope, zero;

	fit(q, seconds, &slope, &zero);
	if (bench_row_count(b, &r, slope, err))
		return err->code;
	r.unit = "years";
	r.what = "5: two session keys, seeds of 64 bits";
	r.how = "not measured: where the line through those that were leads";
	if (bench_row_count(b, &r, exp2(zero + slope * 64) / YEAR, err))
		return err->code;
	r.profile = "default";
	r.what = "5: a key of 128 bits";
	return bench_row_count(b, &r, exp2(zero + slope * 128) / YEAR, err);
}

static enum nos_code say_one(struct bench *b, unsigned q, uint64_t found,
    struct bench_sample *times, double *ret_median, struct nos_err *err)
{
	struct bench_random unused = b->random;
	struct bench_stat stat;
	char what[64];
	const struct bench_row row = { .what = what,
		.scheme = "dipietro",
		.profile = "paper",
		.unit = "s",
		.how = "of all states, at the rate of those that were tried" };

	snprintf(what, sizeof(what), "5: two session keys, seeds of %u bits", q);
	bench_stat_of(times, &unused, &stat);
	*ret_median = stat.median;
	if (robustness_row_add(b,
		&(struct robustness_row){ .experiment = 5,
		    .what = "two session keys are stolen: the seeds are found",
		    .scheme = "dipietro",
		    .profile = "paper",
		    .how = "by trying all of one state",
		    .verdict = found ? "falls" : "void",
		    .k = found,
		    .m = stat.n,
		    .formula = -1,
		    .variable = "bits",
		    .value = q },
		err))
		return err->code;
	return bench_row_sample(b, &row, times, err);
}

enum nos_code attack_brute(struct bench *b, struct nos_err *err)
{
	const unsigned *q = b->o->quick ? lengths_quick : lengths;
	double medians[LENGTHS];

	if (!b->schemes[BENCH_DIPIETRO] || !b->profiles[BENCH_PAPER])
		return NOS_OK;
	nos_progress_init(&b->progress, "lengths of seeds", LENGTHS);
	for (size_t i = 0; i < LENGTHS; i++) {
		struct bench_sample times = { 0 };
		uint64_t found = 0;

		if (bench_is_stopped())
			return NOS_OK;
		nos_progress_set(&b->progress, i);
		if (!try(b, q[i], b->o->quick ? runs_quick[i] : runs[i], &times, &found, err) &&
		    times.count)
			(void)!say_one(b, q[i], found, &times, &medians[i], err);
		bench_sample_release(&times);
		if (err->code)
			return err->code;
	}
	nos_progress_done(&b->progress);
	return bench_is_stopped() ? NOS_OK : say_line(b, q, medians, err);
}
