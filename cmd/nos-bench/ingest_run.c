/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "ingest.h"
#include "ingest_idle.h"
#include "ingest_polls.h"
#include "ingest_post.h"
#include "ingest_tally.h"
#include "node/lap.h"

#define STEP_MS	  5
#define SILENT_MS 30000 /* without a further reading: the rest is lost */
#define LOOKS	  100000

void ingest_figures_release(struct ingest_figures *f)
{
	struct bench_sample *const all[] = { &f->rate, &f->node, &f->rest, &f->posting, &f->hearing,
		&f->clock, &f->out, &f->in, &f->record, &f->memory, &f->answered, &f->heard,
		&f->longest, &f->touch, &f->touch_open };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		bench_sample_release(all[i]);
	for (int i = 0; i < NOS_METRIC_STAGE_COUNT; i++)
		bench_sample_release(&f->stages[i]);
}

/* A run in hand. */
struct run {
	struct ingest_site *site;
	const struct ingest_load *load;
	struct ingest_post post;
	struct ingest_heard heard;
	struct ingest_idle idle;
	struct ingest_polls polls;
	const struct ingest_shape *shape;
	bool hears;
	struct ingest_site_count before, after;
	uint64_t ns; /* from the first byte to the last reading at its end */
	uint64_t memory;
	struct ingest_tally stored;
};

/* How many of the readings have come to their end. */
static enum nos_code arrived(struct run *r, uint64_t *ret, struct nos_err *err)
{
	struct ingest_site_count c = { 0 };

	if (r->hears) {
		*ret = atomic_load(&r->heard.count);
		return NOS_OK;
	}
	(void)!ingest_site_count(r->site, &c, err);
	*ret = c.published - r->before.published;
	return err->code;
}

static enum nos_code await_all(struct run *r, struct nos_err *err)
{
	uint64_t last = 0, now;

	for (int silent = 0; silent < SILENT_MS; silent += STEP_MS) {
		if (bench_go_on(err))
			return err->code;
		if (arrived(r, &now, err) || now >= r->post.accepted)
			return err->code;
		if (now != last)
			silent = 0;
		last = now;
		poll(NULL, 0, STEP_MS);
	}
	return NOS_OK;
}

/* What is beside the load, until the node has all of it in hand. */
static enum nos_code stand_beside(struct run *r, struct nos_err *err)
{
	const struct ingest_shape *s = r->shape;

	if (ingest_idle_open(&r->idle, r->site->port, s->idle, err) ||
	    ingest_polls_begin(&r->polls, r->load, r->site->port, s->polls, err))
		return err->code;
	for (int ms = 0; ms < SILENT_MS; ms += STEP_MS) {
		if (bench_go_on(err))
			return err->code;
		if (ingest_site_count(r->site, &r->before, err) || r->before.polls == s->polls)
			return err->code;
		poll(NULL, 0, STEP_MS);
	}
	(void)!ingest_polls_end(&r->polls, err);
	return err->code ? err->code
			 : nos_err_set(err, NOS_AWAY, "the node holds %" PRIu64 " of %zu polls",
			       r->before.polls, s->polls);
}

/* The load as it is sealed, to its end. */
static enum nos_code post_all(struct run *r, struct nos_err *err)
{
	if (ingest_site_count(r->site, &r->before, err) || ingest_post_run(&r->post, err) ||
	    await_all(r, err))
		return err->code;
	r->ns = ingest_post_clock() - r->post.begun;
	return ingest_site_count(r->site, &r->after, err);
}

static enum nos_code init(struct run *r, bool hears, struct nos_err *err)
{
	const struct ingest_shape *shape = r->shape;
	const struct ingest_load *l = r->load;

	r->hears = hears;
	r->post.load = l;
	r->post.port = r->site->port;
	r->post.connections =
	    shape->connections < l->source_count ? shape->connections : l->source_count;
	r->post.sent = calloc(l->packs, sizeof(*r->post.sent));
	return r->post.sent ? NOS_OK : nos_err_set(err, NOS_INTERNAL, "out of memory");
}

static void release(struct run *r)
{
	ingest_heard_close(&r->heard);
	ingest_polls_close(&r->polls);
	ingest_idle_close(&r->idle);
	ingest_tally_release(&r->stored);
	bench_sample_release(&r->post.took);
	free(r->post.sent);
}

static enum nos_code go(struct run *r, const char *mqtt, struct nos_err *err)
{
	r->post.rate = r->shape->rate / (double)r->shape->each;
	if (r->hears && ingest_heard_begin(&r->heard, mqtt, r->load, r->post.sent, err))
		return err->code;
	if (stand_beside(r, err) || post_all(r, err))
		return err->code;
	r->memory = ingest_site_memory(r->site);
	if (ingest_polls_end(&r->polls, err) || ingest_site_stop(r->site, err))
		return err->code;
	return r->hears ? ingest_heard_end(&r->heard, err) : NOS_OK;
}

/* ---- figures ---- */

/* What the stages' own clock takes of the node, in per cent: looks, as lib/lane has them, times the
 * price of one. */
static double clock_share(const struct run *r, double node_ns)
{
	const double inside = (double)r->load->packs * (5 + 2 * (double)r->load->each);
	const double groups = (double)(r->after.groups - r->before.groups);
	const uint64_t since = nos_lap_look();
	double price;

	for (int i = 0; i < LOOKS; i++)
		(void)nos_lap_look();
	price = (double)(nos_lap_look() - since) / LOOKS;
	/* The committer looks three times a group, and the publisher once behind it. */
	return (inside / NOS_LAP_EVERY + 4 * groups) * price / node_ns * 100;
}

static enum nos_code add_cpu(
    const struct run *r, double readings, struct ingest_figures *ret, struct nos_err *err)
{
	const double node = (double)(r->after.cpu_ns - r->before.cpu_ns);
	double rest = node;

	for (int i = 0; i < NOS_METRIC_STAGE_COUNT; i++) {
		const double ns = (double)(r->after.stages_ns[i] - r->before.stages_ns[i]);

		rest -= ns;
		if (bench_sample_add(&ret->stages[i], ns / readings / 1e3, err))
			return err->code;
	}
	/* What is taken of one pack in so many may come to more than there was. */
	if (rest < 0)
		rest = 0;
	if (bench_sample_add(&ret->node, node / readings / 1e3, err) ||
	    bench_sample_add(&ret->rest, rest / readings / 1e3, err) ||
	    bench_sample_add(&ret->clock, clock_share(r, node), err) ||
	    bench_sample_add(&ret->posting, (double)r->post.cpu_ns / readings / 1e3, err))
		return err->code;
	return r->hears
		   ? bench_sample_add(&ret->hearing, (double)r->heard.cpu_ns / readings / 1e3, err)
		   : NOS_OK;
}

static enum nos_code add_all(
    const struct bench_sample *from, struct bench_sample *ret, struct nos_err *err)
{
	for (size_t i = 0; i < from->count; i++)
		if (bench_sample_add(ret, from->values[i], err))
			return err->code;
	return NOS_OK;
}

static double most(const struct bench_sample *s)
{
	double ret = 0;

	for (size_t i = 0; i < s->count; i++)
		ret = s->values[i] > ret ? s->values[i] : ret;
	return ret;
}

static enum nos_code add(const struct run *r, struct ingest_figures *ret, struct nos_err *err)
{
	const uint64_t good = r->post.accepted, stored = r->stored.distinct;
	const uint64_t heard =
	    r->hears ? r->heard.tally.distinct : r->after.published - r->before.published;
	const uint64_t there = heard < stored ? heard : stored;
	const uint64_t came = good < there ? good : there;
	const double readings = (double)came;

	if (!came)
		return nos_err_set(err, NOS_INTERNAL, "no reading came through the node");
	ret->lost += good - came;
	ret->doubled += r->post.duplicates + r->stored.again + r->heard.tally.again;
	if (bench_sample_add(&ret->rate, readings / (double)r->ns * 1e9, err) ||
	    bench_sample_add(&ret->out, (double)r->post.out / readings, err) ||
	    bench_sample_add(&ret->in, (double)r->post.in / readings, err) ||
	    bench_sample_add(&ret->memory, (double)r->memory, err) ||
	    add_all(&r->post.took, &ret->answered, err) ||
	    bench_sample_add(&ret->longest, most(&r->post.took), err) ||
	    add_cpu(r, readings, ret, err))
		return err->code;
	if (!r->hears)
		return NOS_OK;
	if (bench_sample_add(&ret->record, (double)r->heard.bytes / readings, err))
		return err->code;
	return add_all(&r->heard.took, &ret->heard, err);
}

/* One pack of each source, to nobody's ears: the node reads what it knows of it from its store. */
static enum nos_code touch(struct ingest_site *s, struct ingest_load *l, struct bench *b,
    const struct ingest_shape *shape, struct ingest_figures *ret, struct nos_err *err)
{
	const int open = NOS_METRIC_STAGE_OPEN;
	struct run r = { .site = s, .load = l, .shape = shape };
	double us;

	if (!ingest_load_seal(l, b, l->source_count, 1, true, err) && !init(&r, false, err) &&
	    !post_all(&r, err)) {
		us = 1e3 * (double)l->source_count;
		if (!bench_sample_add(
			&ret->touch, (double)(r.after.cpu_ns - r.before.cpu_ns) / us, err))
			(void)!bench_sample_add(&ret->touch_open,
			    (double)(r.after.stages_ns[open] - r.before.stages_ns[open]) / us, err);
	}
	release(&r);
	return err->code;
}

enum nos_code ingest_run(struct ingest_site *s, struct ingest_place *at, struct bench *b,
    const struct ingest_shape *shape, size_t packs, struct ingest_figures *ret, struct nos_err *err)
{
	struct ingest_load *l = &at->load;
	struct run r = { .site = s, .load = l, .shape = shape };

	s->connections = shape->idle + shape->connections;
	s->polls = shape->polls;
	if (!ingest_site_start(s, &at->store, err) && !touch(s, l, b, shape, ret, err) &&
	    !ingest_load_seal(l, b, packs, shape->each, shape->kept, err) &&
	    !init(&r, shape->heard, err) && !ingest_tally_open(&r.stored, l, err) &&
	    !go(&r, s->mqtt, err) && !ingest_tally_store(&r.stored, &at->store, err))
		(void)!add(&r, ret, err);
	release(&r);
	ingest_load_unseal(l);
	return err->code;
}
