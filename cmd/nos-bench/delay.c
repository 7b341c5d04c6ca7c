/* SPDX-License-Identifier: MIT */
/*
 * nos-bench delay: section 5.2 of the paper run again, a figure at a time. All of it is on one
 * machine, over loopback: what a network adds is --rtt.
 */
#include "delay.h"

#include <time.h>

bool delay_is_printed(enum bench_scheme scheme)
{
	return scheme == BENCH_DINI || scheme == BENCH_DIPIETRO;
}

double delay_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

enum nos_code delay_row(
    struct bench *b, const struct bench_row *r, struct bench_sample *sample, struct nos_err *err)
{
	if (sample->count)
		(void)!bench_row_sample(b, r, sample, err);
	bench_sample_clear(sample);
	return err->code;
}

/* ---- Fig. 1 ---- */

#define RUNS  2000
#define QUICK 200
#define ROUND 100 /* of one scheme before the next has its turn */

static const char *const made_of[BENCH_SCHEMES][BENCH_PROFILES] = {
	[BENCH_PAIRWISE] = { NULL, "both ends make the next key, the node's side" },
	[BENCH_DINI] = { "a name of two concatenations, and 8 random bytes",
	    "the key of a domain and of a message, the node's side" },
	[BENCH_DIPIETRO] = { "Algorithm 3 at a source",
	    "a source verifies a token, moves its clock and makes the key" },
	[BENCH_TREE] = { NULL, "a secret climbs a tree of depth 20 at the node" },
};

static const char *const pools[BENCH_PROFILES] = {
	"a pool of 100, each the HMAC of a seed and a number", "a pool of 100, each drawn"
};

/* A row in ms, as the paper has it, and one in µs, where it can be read. */
static enum nos_code add_rows(
    struct bench *b, struct bench_row r, struct bench_sample *sample, struct nos_err *err)
{
	struct bench_sample us = { 0 };

	for (size_t i = 0; i < sample->count && !err->code; i++)
		(void)!bench_sample_add(&us, sample->values[i] * 1e3, err);
	r.unit = "ms";
	if (!err->code && !delay_row(b, &r, sample, err)) {
		r.unit = "us";
		(void)!delay_row(b, &r, &us, err);
	}
	bench_sample_release(&us);
	return err->code;
}

/* Samples of all schemes grow together, so that what else goes on falls on all alike. */
static enum nos_code measure(struct bench *b, uint64_t runs,
    struct bench_sample s[BENCH_SCHEMES + 1][BENCH_PROFILES], struct nos_err *err)
{
	for (uint64_t done = 0; done < runs && !err->code && !bench_is_stopped(); done += ROUND) {
		const uint64_t n = runs - done < ROUND ? runs - done : ROUND;

		nos_progress_set(&b->progress, done);
		for (int i = 0; i < BENCH_SCHEMES * BENCH_PROFILES && !err->code; i++) {
			const enum bench_scheme scheme = (enum bench_scheme)(i / BENCH_PROFILES);
			const enum bench_profile profile = (enum bench_profile)(i % BENCH_PROFILES);

			if (!b->schemes[scheme] || !b->profiles[profile] ||
			    (profile == BENCH_PAPER && !delay_is_printed(scheme)))
				continue;
			if (scheme == BENCH_DINI &&
			    delay_globals(b, profile, n, &s[BENCH_SCHEMES][profile], err))
				break;
			(void)!delay_generation(b, scheme, profile, n, &s[scheme][profile], err);
		}
	}
	return err->code;
}

static enum nos_code print(
    struct bench *b, struct bench_sample s[BENCH_SCHEMES + 1][BENCH_PROFILES], struct nos_err *err)
{
	for (int i = 0; i <= BENCH_SCHEMES; i++)
		for (int p = 0; p < BENCH_PROFILES && !err->code; p++) {
			const bool pool = i == BENCH_SCHEMES;
			const struct bench_row r = {
				.what = pool ? "generate global keys" : "generate key",
				.scheme =
				    bench_scheme_text(pool ? BENCH_DINI : (enum bench_scheme)i),
				.profile = bench_profile_text((enum bench_profile)p),
				.how = pool ? pools[p] : made_of[i][p],
			};

			(void)!add_rows(b, r, &s[i][p], err);
		}
	return err->code;
}

static enum nos_code generate(struct bench *b, struct nos_err *err)
{
	struct bench_sample s[BENCH_SCHEMES + 1][BENCH_PROFILES] = { 0 };
	const uint64_t runs = bench_runs(b, RUNS, QUICK);

	nos_progress_init(&b->progress, "keys made", runs);
	if (!measure(b, runs, s, err))
		(void)!print(b, s, err);
	nos_progress_done(&b->progress);
	for (int i = 0; i <= BENCH_SCHEMES; i++)
		for (int p = 0; p < BENCH_PROFILES; p++)
			bench_sample_release(&s[i][p]);
	return err->code;
}

/* ---- the whole ---- */

enum nos_code bench_delay(struct bench *b, struct nos_err *err)
{
	static bench_workload *const figures[] = { generate, delay_direct, delay_relayed,
		delay_replacement };

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]) && !bench_is_stopped(); i++)
		if (figures[i](b, err))
			return err->code;
	return NOS_OK;
}
