/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "ingest.h"

#define TEXT_SIZE   256
#define TOUCH	    "node CPU of a source's first pack, of one reading, behind the node's start"
#define VALUES_MOST 4000 /* that a row is made of: the interval takes long */

/* Rows of one shape. */
struct page {
	struct bench *b;
	const struct ingest_shape *shape;
	const struct ingest_place *at;
};

static void title(const struct page *p, const char *what, char *ret, size_t size)
{
	snprintf(ret, size, "%s, packs of %zu, %s%s%s%s", what, p->shape->each,
	    p->shape->kept ? "kept connections" : "a connection a pack",
	    p->shape->heard ? ", subscriber" : "", p->shape->beside ? ", " : "",
	    p->shape->beside ? p->shape->beside : "");
}

static struct bench_row row_of(const struct page *p, const char *what, const char *unit)
{
	return (struct bench_row){ .what = what,
		.scheme = bench_scheme_text(BENCH_PAIRWISE),
		.profile = bench_profile_text(BENCH_DEFAULT),
		.store = p->at->store.name,
		.unit = unit,
		.sources = p->at->load.source_count };
}

/* Of many values every so many, evenly. */
static void thin(struct bench_sample *s)
{
	const size_t step = s->count / VALUES_MOST + 1;
	size_t n = 0;

	for (size_t i = 0; i < s->count; i += step)
		s->values[n++] = s->values[i];
	s->count = n;
}

static enum nos_code add(const struct page *p, const char *what, const char *unit, const char *how,
    struct bench_sample *s, struct nos_err *err)
{
	char text[TEXT_SIZE];
	struct bench_row row = row_of(p, text, unit);

	row.how = how;
	title(p, what, text, sizeof(text));
	if (!s->count)
		return NOS_OK;
	thin(s);
	return bench_row_sample(p->b, &row, s, err);
}

static enum nos_code add_count(
    const struct page *p, const char *what, const char *how, uint64_t value, struct nos_err *err)
{
	char text[TEXT_SIZE];
	struct bench_row row = row_of(p, text, "readings");

	row.how = how;
	title(p, what, text, sizeof(text));
	return bench_row_count(p->b, &row, (double)value, err);
}

static enum nos_code rows_cpu(const struct page *p, struct ingest_figures *f, struct nos_err *err)
{
	char what[64];

	if (add(p, "node CPU", "us", "of all threads of the node, a reading", &f->node, err))
		return err->code;
	for (int i = 0; i < NOS_METRIC_STAGE_COUNT; i++) {
		snprintf(what, sizeof(what), "node CPU, %s",
		    nos_metric_stage_text((enum nos_metric_stage)i));
		if (add(p, what, "us", NULL, &f->stages[i], err))
			return err->code;
	}
	if (add(p, "node CPU, rest", "us",
		"of no stage, at least 0: most stages are of one pack in 16", &f->rest, err) ||
	    add(p, "clock of the stages", "%",
		"of the node's CPU: looks, times what one takes here", &f->clock, err) ||
	    add(p, "load CPU", "us", "of the thread that posts, a reading", &f->posting, err))
		return err->code;
	return add(p, "subscriber CPU", "us", "of its thread, a reading", &f->hearing, err);
}

enum nos_code ingest_rows_ratio(struct bench *b, const struct ingest_place *at,
    const struct ingest_shape *shape, const char *what, const char *how, struct bench_sample *ratio,
    struct nos_err *err)
{
	const struct page p = { b, shape, at };

	return add(&p, what, "1", how, ratio, err);
}

enum nos_code ingest_rows(struct bench *b, const struct ingest_site *s,
    const struct ingest_place *at, const struct ingest_shape *shape, struct ingest_figures *f,
    struct nos_err *err)
{
	const size_t sources = at->load.source_count;
	const struct page p = { b, shape, at };
	const bool away = ingest_store_is_away(&at->store);
	char rate[PATH_MAX + 256], memory[128];

	snprintf(rate, sizeof(rate),
	    "acknowledged with a receipt, and by the %s; connections: %zu; %s%s%s%s",
	    shape->heard ? "broker and a subscriber of QoS 1" : "broker",
	    shape->connections < sources ? shape->connections : sources, away ? "" : "store on ",
	    away ? "" : folder_disk(s->folder).name, away ? "" : "; ", s->program);
	snprintf(memory, sizeof(memory), "VmRSS of the node behind a run, with %zu sources at hand",
	    sources);
	if (add(&p, "readings", "readings/s", rate, &f->rate, err) || rows_cpu(&p, f, err) ||
	    add(&p, "first touch", "us", TOUCH, &f->touch, err) ||
	    add(&p, "first touch, open", "us", TOUCH, &f->touch_open, err) ||
	    add(&p, "answer", "ms",
		shape->rate > 0 ? "from when a pack was due to the last byte of its 202"
				: "from the first byte of a pack to the last of its 202",
		&f->answered, err) ||
	    add(&p, "longest answer", "ms", "of the packs of a run", &f->longest, err) ||
	    add(&p, "record", "ms",
		shape->rate > 0 ? "from when its pack was due to the subscriber"
				: "from the first byte of its pack to the subscriber",
		&f->heard, err) ||
	    add(&p, "to the node", "bytes", "of HTTP, a reading", &f->out, err) ||
	    add(&p, "to the source", "bytes", "of HTTP, a reading", &f->in, err) ||
	    add(&p, "to the subscriber", "bytes", "of records, a reading", &f->record, err) ||
	    add(&p, "memory", "bytes", memory, &f->memory, err) ||
	    add_count(&p, "lost", "acknowledged, and not in the store or not at the end of the way",
		f->lost, err))
		return err->code;
	return add_count(&p, "duplicated", "in the store, at the subscriber, or by the node's word",
	    f->doubled, err);
}
