/* SPDX-License-Identifier: MIT */
/*
 * nos-bench ingest: how many readings a node takes, and what of a processor each costs it. Load,
 * broker and node share the machine.
 */
#include "ingest.h"

#include "cli/start.h"
#include "net/mqtt.h"

#define SOURCES	     100
#define SOURCES_MOST 100000
#define RUNS	     3
#define FEW_RUNS     1

/* A connection a pack is dearer, and takes a port of the system for a minute: fewer of them. */
static const struct ingest_shape shapes[] = {
	{ 1, 64, 20000, 1000, true, false },
	{ 1, 64, 20000, 1000, true, true },
	{ 1, 64, 10000, 500, false, false },
	{ 1, 64, 10000, 500, false, true },
	{ 16, 16, 4000, 200, true, false },
	{ 16, 16, 4000, 200, true, true },
	{ 16, 16, 2000, 100, false, false },
	{ 16, 16, 2000, 100, false, true },
	{ 50, 16, 2000, 100, true, false },
	{ 50, 16, 2000, 100, true, true },
	{ 50, 16, 1000, 50, false, false },
	{ 50, 16, 1000, 50, false, true },
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static enum nos_code measure_shape(struct bench *b, struct ingest_site *s, struct ingest_load *l,
    const struct ingest_shape *shape, uint64_t *after, struct nos_err *err)
{
	const uint64_t runs = bench_runs(b, RUNS, FEW_RUNS);
	const size_t packs = b->o->quick ? shape->few : shape->packs;
	struct ingest_figures f = { 0 };

	for (uint64_t i = 0; i < runs && !err->code; i++)
		(void)!ingest_run(s, l, b, shape, packs, after, &f, err);
	if (!err->code)
		(void)!ingest_rows(b, s, l, shape, &f, err);
	ingest_figures_release(&f);
	return err->code;
}

/* All shapes, over one store: each run finds the sources as the one before left them. */
static enum nos_code measure(
    struct bench *b, struct ingest_site *s, struct ingest_load *l, struct nos_err *err)
{
	uint64_t after = 0;

	nos_progress_init(&b->progress, "shapes", SHAPES);
	for (size_t i = 0; i < SHAPES && !bench_is_stopped(); i++) {
		nos_progress_set(&b->progress, i);
		if (measure_shape(b, s, l, &shapes[i], &after, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code run(struct bench *b, size_t sources, struct nos_err *err)
{
	struct ingest_site s = { 0 };
	struct ingest_load l = { 0 };

	if (!ingest_site_open(&s, err) && !ingest_load_open(&l, b, &s, sources, err))
		(void)!measure(b, &s, &l, err);
	nos_progress_done(&b->progress);
	ingest_load_release(&l);
	ingest_site_close(&s);
	/* What was finished is printed, and nothing is wrong. */
	if (bench_is_stopped())
		nos_err_clear(err);
	return err->code;
}

enum nos_code bench_ingest(struct bench *b, struct nos_err *err)
{
	static const uint64_t one[] = { SOURCES };
	const uint64_t *sources = b->source_count ? b->sources : one;
	const size_t count = b->source_count ? b->source_count : 1;

	if (!b->profiles[BENCH_DEFAULT] || !b->schemes[BENCH_PAIRWISE]) {
		nos_start_warn(
		    "nos-bench", "ingest: its sources are pairwise, as nos-serve has them");
		return NOS_OK;
	}
	for (size_t i = 0; i < count; i++)
		if (sources[i] > SOURCES_MOST)
			return nos_err_set(
			    err, NOS_USAGE, "--sources: ingest takes %d at most", SOURCES_MOST);
	nos_mqtt_start();
	for (size_t i = 0; i < count && !bench_is_stopped(); i++)
		if (run(b, (size_t)sources[i], err))
			return err->code;
	return NOS_OK;
}
