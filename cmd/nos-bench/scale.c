/* SPDX-License-Identifier: MIT */
/*
 * nos-bench scale: what one source costs a node that has many. The many are put into the store, the
 * one is registered, sends, is re-keyed and goes, by the functions that nos-serve and nos-rekey
 * use.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "cli/start.h"
#include "node/limit.h"
#include "lifecycle/member.h"
#include "scale_node.h"
#include "scale_step.h"

#define MANY_RUNS 30
#define FEW_RUNS  5
#define PART	  1000 /* sources of one transaction, and between two looks at Ctrl-C */
#define LINE_SIZE 256

/* One scheme at one number of sources. */
struct scale {
	struct bench *b;
	const struct nos_scheme *scheme;
	uint64_t sources;
	struct scale_node node;
	struct scale_step_samples samples[SCALE_STEPS];
	uint64_t empty; /* bytes of the store without a source */
};

static void scale_release(struct scale *s)
{
	scale_node_close(&s->node);
	scale_step_release(s->samples);
}

static struct bench_row row_of(const struct scale *s, const char *what, const char *unit)
{
	return (struct bench_row){ .what = what,
		.scheme = s->scheme->name,
		.profile = bench_profile_text(BENCH_DEFAULT),
		.unit = unit,
		.sources = s->sources };
}

/* ---- memory ---- */

/* A line of /proc/self/status in bytes; 0: there is none. */
static uint64_t status_bytes(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[LINE_SIZE];
	uint64_t kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			sscanf(line + strlen(name), ": %" SCNu64, &kib);
	if (f)
		fclose(f);
	return kib * 1024;
}

/* What went before is given back, and the highest mark begins anew (proc(5), clear_refs). False:
 * this system has no such thing. */
static bool forget_memory(void)
{
	FILE *f;
	bool good;

	malloc_trim(0);
	f = fopen("/proc/self/clear_refs", "we");
	if (!f)
		return false;
	good = fputs("5", f) >= 0;
	return fclose(f) == 0 && good;
}

static enum nos_code hold_all(
    struct scale *s, struct nos_member_table *t, uint64_t count, struct nos_err *err)
{
	struct nos_member *m;
	char id[NOS_RECORD_ID_MAX];

	for (uint64_t i = 1; i <= count; i++) {
		scale_node_id(i, id);
		if (nos_member_get(t, s->node.store, &s->node.vault, id, &m, err))
			return err->code;
		nos_member_drop(t, m);
		if (i % PART == 0 && bench_is_stopped())
			return NOS_OK;
	}
	return NOS_OK;
}

/* What a node's table of sources takes when it has heard all of them, or as many as it may hold. */
static enum nos_code row_table(struct scale *s, struct nos_err *err)
{
	struct bench_row row = row_of(s, "memory of the table of sources", "bytes");
	struct nos_member_table *t;
	struct nos_limit limit;
	uint64_t count, before;
	char how[LINE_SIZE];

	nos_limit_init(&limit);
	count = limit.of[NOS_LIMIT_SOURCES];
	if (count > s->sources)
		count = s->sources;
	malloc_trim(0);
	before = status_bytes("VmRSS");
	if (nos_member_table_new((size_t)limit.of[NOS_LIMIT_SOURCES], &t, err))
		return err->code;
	if (!hold_all(s, t, count, err) && !bench_is_stopped()) {
		snprintf(how, sizeof(how),
		    "growth of VmRSS while %" PRIu64 " sources are read, of %" PRIu64
		    " that a node holds at most",
		    count, limit.of[NOS_LIMIT_SOURCES]);
		row.how = how;
		(void)!bench_row_count(s->b, &row, (double)(status_bytes("VmRSS") - before), err);
	}
	nos_member_table_free(t);
	return err->code;
}

static enum nos_code rows_memory(struct scale *s, bool fresh, struct nos_err *err)
{
	struct bench_row now = row_of(s, "memory", "bytes");
	struct bench_row most = row_of(s, "memory at most", "bytes");

	now.how = "VmRSS of this process behind the runs";
	most.how = fresh ? "VmHWM of this process during the runs"
			 : "VmHWM of this process since it began: this system cannot reset it";
	if (bench_row_count(s->b, &now, (double)status_bytes("VmRSS"), err) ||
	    bench_row_count(s->b, &most, (double)status_bytes("VmHWM"), err))
		return err->code;
	return row_table(s, err);
}

/* ---- rows ---- */

static enum nos_code row_part(struct scale *s, enum scale_step step, const char *part,
    const char *unit, struct bench_sample *sample, const char *how, struct nos_err *err)
{
	char what[64];
	struct bench_row row = row_of(s, what, unit);

	snprintf(what, sizeof(what), "%s, %s", scale_step_text(step), part);
	row.how = how;
	return bench_row_sample(s->b, &row, sample, err);
}

static enum nos_code rows_step(struct scale *s, enum scale_step step, struct nos_err *err)
{
	struct scale_step_samples *p = &s->samples[step];

	if (!p->us.count)
		return NOS_OK;
	if (row_part(s, step, "read", "records", &p->read, NULL, err) ||
	    row_part(s, step, "written", "records", &p->written, NULL, err) ||
	    row_part(s, step, "processor", "us", &p->us, "of the node alone", err))
		return err->code;
	return row_part(
	    s, step, "bytes", "bytes", &p->bytes, scale_step_bytes_of(step, s->scheme), err);
}

static enum nos_code rows_store(struct scale *s, struct nos_err *err)
{
	struct bench_row all = row_of(s, "store", "bytes");
	struct bench_row one = row_of(s, "store for a source", "bytes");
	uint64_t used, left;

	if (nos_store_space(s->node.store, &used, &left, err))
		return err->code;
	one.how = "what it has grown by since it was empty, over the number of sources";
	if (bench_row_count(s->b, &all, (double)used, err))
		return err->code;
	return bench_row_count(s->b, &one, (double)(used - s->empty) / (double)s->sources, err);
}

/* ---- the whole ---- */

static enum nos_code fill(struct scale *s, uint64_t *done, struct nos_err *err)
{
	while (s->node.sources < s->sources && !bench_is_stopped()) {
		const uint64_t left = s->sources - s->node.sources;
		const uint64_t part = left < PART ? left : PART;

		if (scale_node_fill(&s->node, part, err))
			return err->code;
		*done += part;
		nos_progress_set(&s->b->progress, *done);
	}
	return NOS_OK;
}

static enum nos_code run_rounds(struct scale *s, struct nos_err *err)
{
	const uint64_t runs = bench_runs(s->b, MANY_RUNS, FEW_RUNS);

	for (uint64_t i = 0; i < runs && !bench_is_stopped(); i++)
		if (scale_step_round(&s->node, s->samples, err))
			return err->code;
	return NOS_OK;
}

static enum nos_code measure(struct scale *s, uint64_t *done, struct nos_err *err)
{
	uint64_t left;
	bool fresh;

	if (scale_node_open(&s->node, s->scheme, err) ||
	    nos_store_space(s->node.store, &s->empty, &left, err) || fill(s, done, err))
		return err->code;
	if (bench_is_stopped())
		return NOS_OK;
	if (rows_store(s, err) || scale_node_again(&s->node, err))
		return err->code;
	fresh = forget_memory();
	if (run_rounds(s, err))
		return err->code;
	for (size_t i = 0; i < SCALE_STEPS; i++)
		if (rows_step(s, i, err))
			return err->code;
	return bench_is_stopped() ? NOS_OK : rows_memory(s, fresh, err);
}

/* A group has no more members than its tree has leaves, those of the runs among them. */
static bool has_room(const struct scale *s)
{
	const uint64_t leaves = UINT64_C(1) << NOS_GROUP_DEPTH;
	char text[LINE_SIZE];

	if (!s->scheme->grouped || s->sources + bench_runs(s->b, MANY_RUNS, FEW_RUNS) <= leaves)
		return true;
	snprintf(text, sizeof(text),
	    "scale: %s with %" PRIu64 " sources is left out: a group has %" PRIu64 " at most",
	    s->scheme->name, s->sources, leaves);
	nos_start_warn("nos-bench", text);
	return false;
}

static enum nos_code one(struct bench *b, enum bench_scheme scheme, uint64_t sources,
    uint64_t *done, struct nos_err *err)
{
	struct scale s = { .b = b,
		.scheme = nos_scheme_find(nos_str_of(bench_scheme_text(scheme))),
		.sources = sources };

	if (!s.scheme)
		return nos_err_set(err, NOS_INTERNAL, "no such scheme");
	if (!has_room(&s))
		return NOS_OK;
	(void)!measure(&s, done, err);
	scale_release(&s);
	return err->code;
}

static const uint64_t many[] = { 1000, 10000, 100000 }, few[] = { 100, 1000, 5000 };

struct numbers {
	const uint64_t *of;
	size_t count;
};

static struct numbers choose(const struct bench *b)
{
	if (b->source_count)
		return (struct numbers){ b->sources, b->source_count };
	if (b->o->quick)
		return (struct numbers){ few, sizeof(few) / sizeof(few[0]) };
	return (struct numbers){ many, sizeof(many) / sizeof(many[0]) };
}

static uint64_t all_of(const struct bench *b, const struct numbers *n)
{
	uint64_t sum = 0, schemes = 0;

	for (size_t i = 0; i < BENCH_SCHEMES; i++)
		schemes += b->schemes[i];
	for (size_t i = 0; i < n->count; i++)
		sum += n->of[i];
	return schemes * sum;
}

enum nos_code bench_scale(struct bench *b, struct nos_err *err)
{
	const struct numbers n = choose(b);
	uint64_t done = 0;

	if (!b->profiles[BENCH_DEFAULT]) {
		nos_start_warn("nos-bench", "scale: the paper's profile has no store, see default");
		return NOS_OK;
	}
	nos_progress_init(&b->progress, "sources", all_of(b, &n));
	for (size_t i = 0; i < n.count; i++)
		for (enum bench_scheme s = 0; s < BENCH_SCHEMES && !bench_is_stopped(); s++)
			if (b->schemes[s] && one(b, s, n.of[i], &done, err))
				return err->code;
	return NOS_OK;
}
