/* SPDX-License-Identifier: MIT */
/*
 * What all workloads of nos-bench(1) stand on: what was asked for, rows out, a random number
 * generator that a seed repeats, and how far they are. A workload is one file with one function,
 * named in the table of nos-bench.c. Belongs to one thread.
 */
#ifndef BENCH_H
#define BENCH_H

#include "cli/opt.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "stat.h"

enum bench_scheme {
	BENCH_PAIRWISE,
	BENCH_DINI,
	BENCH_DIPIETRO,
	BENCH_TREE,
	BENCH_SCHEMES,
};

enum bench_profile {
	BENCH_PAPER,   /* as printed, 64-bit keys (printed.h) */
	BENCH_DEFAULT, /* what nos-serve runs */
	BENCH_PROFILES,
};

#define BENCH_SOURCES_MAX 16 /* numbers of sources that may be asked for */

struct bench_opts {
	struct nos_opt_common common;
	const char *scheme, *profile, *sources, *plot, *report;
	const char *rate;
	struct nos_opt_list stores; /* as they were typed, and not of the settings */
	const char *store_creds, *store_ca;
	uint64_t runs, rtt_ms, seed, packs, idle, polls;
	bool quick;
};

/* A row that is kept, for figures and the report. */
struct bench_kept {
	char *text; /* JSON */
	struct bench_kept *next;
};

struct bench {
	const struct bench_opts *o;
	bool schemes[BENCH_SCHEMES], profiles[BENCH_PROFILES]; /* that were asked for */
	uint64_t sources[BENCH_SOURCES_MAX];
	size_t source_count; /* 0: not said */
	uint64_t seed;
	struct bench_random random;
	const char *workload; /* that is running */
	struct nos_table table;
	struct nos_progress progress;
	struct bench_kept *kept, **kept_tail;
	char machine[256];
};

const char *bench_scheme_text(enum bench_scheme s);
const char *bench_profile_text(enum bench_profile p);

/* Runs of a measurement: as asked, else many, or few where it is to be quick. */
uint64_t bench_runs(const struct bench *b, uint64_t many, uint64_t few);

/* Ctrl-C: what is finished is printed, and nothing more is begun. */
bool bench_is_stopped(void);

/* NOS_BUSY behind Ctrl-C: what that broke off is not taken for done. Also of what ended well, since
 * the parts of lib break off without an error. */
enum nos_code bench_go_on(struct nos_err *err) NOS_CHECK;

/* That is no failure of a workload: it is cleared. */
enum nos_code bench_unless_stopped(struct nos_err *err);

/* What a row is of. NULL, 0 and sources 0: not said. */
struct bench_row {
	const char *what, *scheme, *profile, *store, *unit;
	uint64_t sources;
	const char *how; /* one sentence, where it is not plain */
};

/* A row of a sample: least, median, p95, p99, and the 95 % interval of the median. What
 * nos_table_add gives; NOS_INTERNAL. */
enum nos_code bench_row_sample(struct bench *b, const struct bench_row *r,
    struct bench_sample *sample, struct nos_err *err) NOS_CHECK;

/* A row of one number that is counted, and not measured. */
enum nos_code bench_row_count(
    struct bench *b, const struct bench_row *r, double value, struct nos_err *err) NOS_CHECK;

/* A row as it is: one JSON object. It is kept as well. */
enum nos_code bench_row_text(struct bench *b, struct nos_str text, struct nos_err *err) NOS_CHECK;

/* The head that all rows share, into an object that was opened. */
void bench_row_head(const struct bench *b, const struct bench_row *r, struct nos_buf *ret);

/* The workloads. */
typedef enum nos_code bench_workload(struct bench *b, struct nos_err *err);
bench_workload bench_paper, bench_overhead, bench_delay, bench_robustness, bench_scale,
    bench_ingest;

/* Figures of the rows that are kept, as SVG, into a folder that is made; NOS_ABSENT: no gnuplot. */
enum nos_code bench_plot(struct bench *b, const char *folder, struct nos_err *err) NOS_CHECK;

/* One page of all of it. */
enum nos_code bench_report(struct bench *b, const char *path, struct nos_err *err) NOS_CHECK;

#endif
