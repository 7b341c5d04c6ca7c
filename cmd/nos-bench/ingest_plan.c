/* SPDX-License-Identifier: MIT */
#include "ingest_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "ingest_idle.h"

#define RUNS	    3
#define FEW_RUNS    1
#define RATE_MOST   100000
#define SECONDS	    5 /* that a load at a rate lasts */
#define FEW_SECONDS 1
#define FILES_SPARE 100
#define WORDS_SIZE  96

enum nos_code ingest_plan_make(struct ingest_plan *ret, struct bench *b, struct nos_err *err)
{
	const char *rate = b->o->rate;
	uint64_t number = 0;

	*ret = (struct ingest_plan){ .b = b,
		.half = rate && nos_str_is(nos_str_of(rate), "half"),
		.idle = (size_t)b->o->idle,
		.polls = (size_t)b->o->polls };
	if (rate && !ret->half && !nos_num_parse(nos_str_of(rate), 1, RATE_MOST, &number))
		return nos_err_set(
		    err, NOS_USAGE, "--rate: take half, or a number from 1 to %d", RATE_MOST);
	ret->rate = (double)number;
	if (!ret->idle && !ret->polls)
		return NOS_OK;
	return ingest_idle_files(ret->idle + ret->polls + FILES_SPARE, err);
}

bool ingest_plan_is_special(const struct ingest_plan *p)
{
	return p->half || p->rate > 0 || p->idle || p->polls;
}

/* As many packs as the rate brings within a time, else as many as the shape says. */
static size_t how_many(const struct ingest_plan *p, const struct ingest_shape *shape)
{
	const bool quick = p->b->o->quick;
	const size_t seconds = quick ? FEW_SECONDS : SECONDS;

	if (shape->rate > 0)
		return (size_t)(shape->rate * (double)seconds / (double)shape->each) + 1;
	return quick ? shape->few : shape->packs;
}

static enum nos_code run_once(struct ingest_plan *p, const struct ingest_shape *shape,
    struct ingest_figures *f, struct nos_err *err)
{
	return ingest_run(p->site, p->load, p->b, shape, how_many(p, shape), &p->after, f, err);
}

/* *ret_rate: the median. */
static enum nos_code run_plain(
    struct ingest_plan *p, const struct ingest_shape *shape, double *ret_rate, struct nos_err *err)
{
	const uint64_t runs = bench_runs(p->b, RUNS, FEW_RUNS);
	struct ingest_figures f = { 0 };
	struct bench_stat s;

	for (uint64_t i = 0; i < runs && !err->code; i++)
		(void)!run_once(p, shape, &f, err);
	if (!err->code)
		(void)!ingest_rows(p->b, p->site, p->load, shape, &f, err);
	if (!err->code) {
		bench_stat_of(&f.rate, &p->b->random, &s);
		*ret_rate = s.median;
	}
	ingest_figures_release(&f);
	return err->code;
}

static enum nos_code add_ratios(struct bench_sample *ret, const struct ingest_figures *without,
    const struct ingest_figures *with, struct nos_err *err)
{
	for (size_t i = 0; i < with->node.count; i++)
		if (bench_sample_add(ret, with->node.values[i] / without->node.values[i], err))
			return err->code;
	return NOS_OK;
}

/* Without what is beside the load and with it, by turns, since a machine does not stay the same. */
static enum nos_code run_pairs(struct ingest_plan *p, const struct ingest_shape *without,
    const struct ingest_shape *with, struct nos_err *err)
{
	const uint64_t runs = bench_runs(p->b, RUNS, FEW_RUNS);
	struct ingest_figures f[2] = { 0 };
	struct bench_sample ratio = { 0 };

	for (uint64_t i = 0; i < 2 * runs && !err->code; i++) {
		/* Who is first changes from pair to pair. */
		const unsigned which = (i + i / 2) % 2;

		(void)!run_once(p, which ? with : without, &f[which], err);
	}
	if (!err->code && !add_ratios(&ratio, &f[0], &f[1], err) &&
	    !ingest_rows(p->b, p->site, p->load, without, &f[0], err) &&
	    !ingest_rows(p->b, p->site, p->load, with, &f[1], err))
		(void)!ingest_rows_ratio(p->b, p->load, with, &ratio, err);
	bench_sample_release(&ratio);
	ingest_figures_release(&f[0]);
	ingest_figures_release(&f[1]);
	return err->code;
}

/* At the rate, with and without what is beside it. */
static enum nos_code run_at(
    struct ingest_plan *p, const struct ingest_shape *shape, struct nos_err *err)
{
	char at[WORDS_SIZE] = "", all[2 * WORDS_SIZE];
	struct ingest_shape without = *shape, with = *shape;
	double ignored;

	if (p->half)
		snprintf(at, sizeof(at), "half load");
	else if (shape->rate > 0)
		snprintf(at, sizeof(at), "%.0f readings/s", shape->rate);
	without.beside = *at ? at : NULL;
	if (!p->idle && !p->polls)
		return run_plain(p, &without, &ignored, err);
	snprintf(
	    all, sizeof(all), "%s%s%zu idle, %zu polls", at, *at ? ", " : "", p->idle, p->polls);
	with.beside = all;
	with.idle = p->idle;
	with.polls = p->polls;
	return run_pairs(p, &without, &with, err);
}

enum nos_code ingest_plan_run(
    struct ingest_plan *p, const struct ingest_shape *shape, struct nos_err *err)
{
	struct ingest_shape at = *shape;

	if (!ingest_plan_is_special(p))
		return run_plain(p, shape, &at.rate, err);
	at.rate = p->rate;
	if (p->half) {
		if (run_plain(p, shape, &at.rate, err))
			return err->code;
		at.rate /= 2;
	}
	return run_at(p, &at, err);
}
