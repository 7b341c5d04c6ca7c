/* SPDX-License-Identifier: MIT */
/*
 * nos-bench ingest: how many readings a node takes, and what of a processor each costs it. Load,
 * broker and node share the machine.
 */
#include "ingest_plan.h"

#include "cli/start.h"
#include "net/mqtt.h"

#define EACH_MOST 50

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

/* All shapes, in the same places: each run finds the sources as the one before left them. At a
 * rate, with connections beside the load, or on stores that are named, those of kept connections
 * and of the ends of the scale tell it; where a run is to be long, one.
 */
static bool is_wanted(const struct ingest_plan *p, const struct ingest_shape *s)
{
	if (p->packs)
		return s->kept && s->each == EACH_MOST && !s->heard;
	return !ingest_plan_is_special(p) || (s->kept && (s->each == 1 || s->each == EACH_MOST));
}

static enum nos_code measure(struct ingest_plan *p, struct nos_err *err)
{
	nos_progress_init(&p->b->progress, "shapes", SHAPES);
	for (size_t i = 0; i < SHAPES && !bench_is_stopped(); i++) {
		nos_progress_set(&p->b->progress, i);
		if (is_wanted(p, &shapes[i]) && ingest_plan_run(p, &shapes[i], err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code run(struct bench *b, struct nos_err *err)
{
	struct ingest_site s = { 0 };
	struct ingest_plan p;

	if (!ingest_plan_make(&p, b, err) && !ingest_site_open(&s, err) &&
	    !ingest_plan_settle(&p, &s, err))
		(void)!measure(&p, err);
	nos_progress_done(&b->progress);
	ingest_plan_release(&p);
	ingest_site_close(&s);
	/* What was finished is printed, and nothing is wrong. */
	if (bench_is_stopped())
		nos_err_clear(err);
	return err->code;
}

enum nos_code bench_ingest(struct bench *b, struct nos_err *err)
{
	if (!b->profiles[BENCH_DEFAULT] || !b->schemes[BENCH_PAIRWISE])
		return nos_err_set(err, NOS_USAGE,
		    "ingest: its sources are pairwise, in the default profile, as nos-serve has them: "
		    "leave out --%s",
		    b->profiles[BENCH_DEFAULT] ? "scheme" : "profile");
	nos_mqtt_start();
	return run(b, err);
}
