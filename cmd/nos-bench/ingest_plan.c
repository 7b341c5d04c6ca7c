/* SPDX-License-Identifier: MIT */
#include "ingest_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "cli/start.h"
#include "ingest_idle.h"

#define RUNS	    3
#define FEW_RUNS    1
#define RATE_MOST   100000
#define SECONDS	    5 /* that a load at a rate lasts */
#define FEW_SECONDS 1
#define FILES_SPARE 100
#define WORDS_SIZE  96
#define PLACE_SIZE  256

enum nos_code ingest_plan_make(struct ingest_plan *ret, struct bench *b, struct nos_err *err)
{
	const char *rate = b->o->rate;
	uint64_t number = 0;

	*ret = (struct ingest_plan){ .b = b,
		.half = rate && nos_str_is(nos_str_of(rate), "half"),
		.packs = (size_t)b->o->packs,
		.idle = (size_t)b->o->idle,
		.polls = (size_t)b->o->polls };
	if (rate && !ret->half && !nos_num_parse(nos_str_of(rate), 1, RATE_MOST, &number))
		return nos_err_set(err, NOS_USAGE,
		    "--rate: '%s': take half, or a number from 1 to %d", rate, RATE_MOST);
	ret->rate = (double)number;
	if (ingest_place_count(b, &ret->place_count, err))
		return err->code;
	if (ret->place_count > 1 && (ret->half || ret->idle || ret->polls))
		return nos_err_set(err, NOS_USAGE,
		    "--rate half, --idle and --polls go with one %s alone",
		    b->o->stores.count ? "--store" : "number of sources");
	if (!ret->idle && !ret->polls)
		return NOS_OK;
	return ingest_idle_files(ret->idle + ret->polls + FILES_SPARE, err);
}

/* What is measured there has no disk in it. */
static void warn_of_memory(const struct ingest_plan *p)
{
	const struct folder_disk disk = folder_disk(p->site->folder);
	char text[PATH_MAX];
	bool file = false;

	for (size_t i = 0; i < p->place_count; i++)
		file |= !ingest_store_is_away(&p->places[i].store);
	if (!file || !disk.memory)
		return;
	snprintf(text, sizeof(text),
	    "ingest: the store is in memory, %s is %s: set TMPDIR to a folder on the disk",
	    p->site->folder, disk.name);
	nos_start_warn("nos-bench", text);
}

enum nos_code ingest_plan_settle(
    struct ingest_plan *p, struct ingest_site *site, struct nos_err *err)
{
	p->site = site;
	for (size_t i = 0; i < p->place_count; i++)
		if (ingest_place_open(&p->places[i], p->b, site, i, err))
			return err->code;
	warn_of_memory(p);
	return NOS_OK;
}

void ingest_plan_release(struct ingest_plan *p)
{
	while (p->place_count)
		ingest_place_release(&p->places[--p->place_count]);
}

bool ingest_plan_is_special(const struct ingest_plan *p)
{
	return p->half || p->rate > 0 || p->idle || p->polls || p->b->o->stores.count;
}

/* As many packs as were asked for, or as the rate brings within a time, or as the shape says. */
static size_t how_many(const struct ingest_plan *p, const struct ingest_shape *shape)
{
	const bool quick = p->b->o->quick;
	const size_t seconds = quick ? FEW_SECONDS : SECONDS;

	if (p->packs)
		return p->packs;
	if (shape->rate > 0)
		return (size_t)(shape->rate * (double)seconds / (double)shape->each) + 1;
	return quick ? shape->few : shape->packs;
}

static enum nos_code run_once(struct ingest_plan *p, struct ingest_place *at,
    const struct ingest_shape *shape, struct ingest_figures *f, struct nos_err *err)
{
	return ingest_run(p->site, at, p->b, shape, how_many(p, shape), f, err);
}

static enum nos_code add_ratios(struct bench_sample *ret, const struct bench_sample *below,
    const struct bench_sample *above, struct nos_err *err)
{
	for (size_t i = 0; i < above->count; i++)
		if (bench_sample_add(ret, above->values[i] / below->values[i], err))
			return err->code;
	return NOS_OK;
}

static enum nos_code row_ratio(struct ingest_plan *p, const struct ingest_place *at,
    const struct ingest_shape *shape, const char *what, const char *how,
    const struct bench_sample *below, const struct bench_sample *above, struct nos_err *err)
{
	struct bench_sample ratio = { 0 };

	if (!add_ratios(&ratio, below, above, err))
		(void)!ingest_rows_ratio(p->b, at, shape, what, how, &ratio, err);
	bench_sample_release(&ratio);
	return err->code;
}

/* What a place is beside the first one. */
static enum nos_code rows_beside(struct ingest_plan *p, const struct ingest_place *at,
    const struct ingest_shape *shape, const struct ingest_figures *first,
    const struct ingest_figures *f, struct nos_err *err)
{
	char where[PLACE_SIZE], how[WORDS_SIZE + PLACE_SIZE];

	ingest_place_tell(&p->places[0], where, sizeof(where));
	snprintf(how, sizeof(how), "readings/s, over those of a run %s, in pairs", where);
	if (row_ratio(p, at, shape, "ratio", how, &first->rate, &f->rate, err))
		return err->code;
	snprintf(how, sizeof(how), "node CPU a reading, over that of a run %s, in pairs", where);
	return row_ratio(p, at, shape, "ratio of node CPU", how, &first->node, &f->node, err);
}

/* All places by turns. *ret_rate: the median of the first. */
static enum nos_code run_plain(
    struct ingest_plan *p, const struct ingest_shape *shape, double *ret_rate, struct nos_err *err)
{
	const uint64_t runs = bench_runs(p->b, RUNS, FEW_RUNS);
	struct ingest_figures f[INGEST_PLACES_MAX] = { 0 };
	struct bench_stat s;

	for (uint64_t i = 0; i < runs; i++)
		for (size_t j = 0; j < p->place_count && !err->code; j++) {
			/* Who is first changes from turn to turn. */
			const size_t which = (size_t)(i + j) % p->place_count;

			(void)!run_once(p, &p->places[which], shape, &f[which], err);
		}
	for (size_t j = 0; j < p->place_count && !err->code; j++)
		if (!ingest_rows(p->b, p->site, &p->places[j], shape, &f[j], err) && j)
			(void)!rows_beside(p, &p->places[j], shape, &f[0], &f[j], err);
	if (!err->code) {
		bench_stat_of(&f[0].rate, &p->b->random, &s);
		*ret_rate = s.median;
	}
	for (size_t j = 0; j < p->place_count; j++)
		ingest_figures_release(&f[j]);
	return err->code;
}

/* Without what is beside the load and with it, by turns, since a machine does not stay the same. */
static enum nos_code run_pairs(struct ingest_plan *p, const struct ingest_shape *without,
    const struct ingest_shape *with, struct nos_err *err)
{
	const uint64_t runs = bench_runs(p->b, RUNS, FEW_RUNS);
	struct ingest_place *at = &p->places[0];
	struct ingest_figures f[2] = { 0 };

	for (uint64_t i = 0; i < 2 * runs && !err->code; i++) {
		/* Who is first changes from pair to pair. */
		const unsigned which = (i + i / 2) % 2;

		(void)!run_once(p, at, which ? with : without, &f[which], err);
	}
	if (!err->code && !ingest_rows(p->b, p->site, at, without, &f[0], err) &&
	    !ingest_rows(p->b, p->site, at, with, &f[1], err))
		(void)!row_ratio(p, at, with, "ratio",
		    "node CPU a reading, over that of a run without beside it, in pairs",
		    &f[0].node, &f[1].node, err);
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
