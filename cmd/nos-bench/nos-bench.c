/* SPDX-License-Identifier: MIT */
/* nos-bench(1): the paper's evaluation, run again beside what the hardened schemes do. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/num.h"
#include "bench.h"
#include "cli/choice.h"
#include "cli/start.h"
#include "crypto/crypto.h"
#include "crypto/random.h"
#include "json/encode.h"

#define ROW_MAX	     65536 /* bytes */
#define SOURCES_MOST UINT64_C(10000000)

#define AT(field) offsetof(struct bench_opts, field)
static const struct nos_opt opts[] = {
	{ "scheme", 0, NOS_OPT_TEXT, AT(scheme), "list", "schemes: pairwise,dini,dipietro,tree" },
	{ "profile", 0, NOS_OPT_TEXT, AT(profile), "list", "profiles: paper,default" },
	{ "sources", 0, NOS_OPT_TEXT, AT(sources), "list", "numbers of sources" },
	{ "runs", 0, NOS_OPT_UINT, AT(runs), "count", "runs of each measurement", .min = 1,
	    .max = 1000000 },
	{ "rtt", 0, NOS_OPT_SPAN, AT(rtt_ms), "time", "added to each hop, there and back",
	    .dflt = "0s", .max = 10000 },
	{ "rate", 0, NOS_OPT_TEXT, AT(rate), "readings|half", "ingest: offered in a second" },
	{ "packs", 0, NOS_OPT_UINT, AT(packs), "count", "ingest: of a run of packs of 50 alone",
	    .min = 1, .max = 250000 },
	{ "idle", 0, NOS_OPT_UINT, AT(idle), "count", "ingest: idle connections beside the load",
	    .max = 50000 },
	{ "polls", 0, NOS_OPT_UINT, AT(polls), "count", "ingest: long polls beside the load",
	    .max = 25000 },
	{ "store", 0, NOS_OPT_AGAIN, AT(stores), "url", "ingest: sqlite, or nats://HOST,…/PREFIX" },
	{ "store-creds", 0, NOS_OPT_PATH, AT(store_creds), "file",
	    "who it is to a store of servers" },
	{ "store-ca", 0, NOS_OPT_PATH, AT(store_ca), "file", "the authorities for tls://" },
	{ "seed", 0, NOS_OPT_UINT, AT(seed), "number", "of all that is random", .min = 1 },
	{ "quick", 0, NOS_OPT_FLAG, AT(quick), NULL, "fewer runs and sources" },
	{ "plot", 0, NOS_OPT_TEXT, AT(plot), "dir", "figures, as SVG" },
	{ "report", 0, NOS_OPT_TEXT, AT(report), "file", "one page of HTML with all of it" },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-bench",
	"paper|overhead|delay|robustness|scale|ingest|all",
	"Run the paper's evaluation again, and measure the hardened schemes beside it.", opts,
	offsetof(struct bench_opts, common), .rows = true };

static const struct nos_table_column measure_columns[] = {
	{ "bench", NOS_TABLE_TEXT },
	{ "what", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "profile", NOS_TABLE_TEXT },
	{ "store", NOS_TABLE_TEXT },
	{ "sources", NOS_TABLE_TEXT },
	{ "unit", NOS_TABLE_TEXT },
	{ "n", NOS_TABLE_TEXT },
	{ "min", NOS_TABLE_TEXT },
	{ "median", NOS_TABLE_TEXT },
	{ "p95", NOS_TABLE_TEXT },
	{ "p99", NOS_TABLE_TEXT },
	{ "low", NOS_TABLE_TEXT },
	{ "high", NOS_TABLE_TEXT },
	{ 0 },
};
static const struct nos_table_column claim_columns[] = {
	{ "claim", NOS_TABLE_TEXT },
	{ "what", NOS_TABLE_TEXT },
	{ "paper", NOS_TABLE_TEXT },
	{ "ours_paper", NOS_TABLE_TEXT },
	{ "ours_default", NOS_TABLE_TEXT },
	{ "verdict", NOS_TABLE_TEXT },
	{ "why", NOS_TABLE_TEXT },
	{ 0 },
};
static const struct nos_table_column attack_columns[] = {
	{ "bench", NOS_TABLE_TEXT },
	{ "experiment", NOS_TABLE_TEXT },
	{ "what", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "profile", NOS_TABLE_TEXT },
	{ "defence", NOS_TABLE_TEXT },
	{ "bits", NOS_TABLE_TEXT },
	{ "captured", NOS_TABLE_TEXT },
	{ "loss", NOS_TABLE_TEXT },
	{ "k", NOS_TABLE_TEXT },
	{ "m", NOS_TABLE_TEXT },
	{ "low", NOS_TABLE_TEXT },
	{ "high", NOS_TABLE_TEXT },
	{ "formula", NOS_TABLE_TEXT },
	{ "verdict", NOS_TABLE_TEXT },
	{ "sources", NOS_TABLE_TEXT },
	{ "median", NOS_TABLE_TEXT },
	{ "unit", NOS_TABLE_TEXT },
	{ 0 },
};

static const struct {
	const char *name;
	bench_workload *run;
	const struct nos_table_column *columns;
	bool apart; /* not in all: it is of the machine, and not of the paper */
} workloads[] = {
	{ "paper", bench_paper, claim_columns },
	{ "overhead", bench_overhead, measure_columns },
	{ "delay", bench_delay, measure_columns },
	{ "robustness", bench_robustness, attack_columns },
	{ "scale", bench_scale, measure_columns },
	{ "ingest", bench_ingest, measure_columns, true },
};
#define COUNT (sizeof(workloads) / sizeof(workloads[0]))

static const char *const scheme_texts[] = { "pairwise", "dini", "dipietro", "tree" };
static const char *const profile_texts[] = { "paper", "default" };

const char *bench_scheme_text(enum bench_scheme s)
{
	return scheme_texts[s];
}

const char *bench_profile_text(enum bench_profile p)
{
	return profile_texts[p];
}

uint64_t bench_runs(const struct bench *b, uint64_t many, uint64_t few)
{
	if (b->o->runs)
		return b->o->runs;
	return b->o->quick ? few : many;
}

bool bench_is_stopped(void)
{
	return *nos_start_stopped() != 0;
}

enum nos_code bench_go_on(struct nos_err *err)
{
	if (!err->code && bench_is_stopped())
		nos_err_set(err, NOS_BUSY, "stopped");
	return err->code;
}

enum nos_code bench_unless_stopped(struct nos_err *err)
{
	if (bench_is_stopped() && err->code == NOS_BUSY)
		nos_err_clear(err);
	return err->code;
}

/* ---- rows ---- */

void bench_row_head(const struct bench *b, const struct bench_row *r, struct nos_buf *ret)
{
	nos_encode_member_text(ret, "bench", nos_str_of(b->workload));
	if (r->what)
		nos_encode_member_text(ret, "what", nos_str_of(r->what));
	if (r->scheme)
		nos_encode_member_text(ret, "scheme", nos_str_of(r->scheme));
	if (r->profile)
		nos_encode_member_text(ret, "profile", nos_str_of(r->profile));
	if (r->store)
		nos_encode_member_text(ret, "store", nos_str_of(r->store));
	if (r->sources)
		nos_encode_member_uint(ret, "sources", r->sources);
	if (r->unit)
		nos_encode_member_text(ret, "unit", nos_str_of(r->unit));
}

static void add_tail(const struct bench *b, const struct bench_row *r, struct nos_buf *ret)
{
	if (r->how)
		nos_encode_member_text(ret, "how", nos_str_of(r->how));
	nos_encode_member_uint(ret, "seed", b->seed);
	nos_encode_member_text(ret, "machine", nos_str_of(b->machine));
	nos_buf_add_char(ret, '}');
}

/* Three digits are as many as a measurement has. */
static void add_number(struct nos_buf *b, const char *name, double v)
{
	nos_encode_member(b, name);
	nos_buf_addf(b, "%.4g", v);
}

static enum nos_code keep(struct bench *b, struct nos_str text, struct nos_err *err)
{
	struct bench_kept *k = calloc(1, sizeof(*k));

	if (k)
		k->text = strndup(text.p, text.len);
	if (!k || !k->text) {
		free(k);
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	*b->kept_tail = k;
	b->kept_tail = &k->next;
	return NOS_OK;
}

enum nos_code bench_row_text(struct bench *b, struct nos_str text, struct nos_err *err)
{
	if (isatty(STDOUT_FILENO))
		nos_progress_done(&b->progress);
	return keep(b, text, err) ? err->code : nos_table_add(&b->table, text, err);
}

enum nos_code bench_row_sample(
    struct bench *b, const struct bench_row *r, struct bench_sample *sample, struct nos_err *err)
{
	NOS_AUTO(buf) row = { 0 };
	struct bench_stat s;

	nos_buf_init(&row, ROW_MAX);
	bench_stat_of(sample, &b->random, &s);
	nos_buf_add_char(&row, '{');
	bench_row_head(b, r, &row);
	nos_encode_member_uint(&row, "n", s.n);
	add_number(&row, "min", s.least);
	add_number(&row, "median", s.median);
	add_number(&row, "p95", s.p95);
	add_number(&row, "p99", s.p99);
	add_number(&row, "low", s.low);
	add_number(&row, "high", s.high);
	add_tail(b, r, &row);
	if (nos_buf_check(&row, "row", err))
		return err->code;
	return bench_row_text(b, nos_buf_str(&row), err);
}

enum nos_code bench_row_count(
    struct bench *b, const struct bench_row *r, double value, struct nos_err *err)
{
	NOS_AUTO(buf) row = { 0 };

	nos_buf_init(&row, ROW_MAX);
	nos_buf_add_char(&row, '{');
	bench_row_head(b, r, &row);
	nos_encode_member_uint(&row, "n", 1);
	nos_encode_member(&row, "median");
	nos_buf_addf(&row, "%.15g", value);
	add_tail(b, r, &row);
	if (nos_buf_check(&row, "row", err))
		return err->code;
	return bench_row_text(b, nos_buf_str(&row), err);
}

/* ---- what was asked for ---- */

/* Of a list of words, or all where none was given. */
static enum nos_code take_words(const char *option, const char *list, const char *const *words,
    size_t count, bool *ret, struct nos_err *err)
{
	struct nos_str rest = nos_str_of(list ? list : ""), word;

	for (size_t i = 0; i < count; i++)
		ret[i] = !list;
	while (list && nos_str_cut(&rest, ',', &word)) {
		size_t i = 0;

		while (i < count && !nos_str_is(word, words[i]))
			i++;
		if (i == count)
			return nos_err_set(err, NOS_USAGE, "--%s: '%.*s' is none of %s … %s",
			    option, NOS_STR_ARG(word), words[0], words[count - 1]);
		ret[i] = true;
	}
	return NOS_OK;
}

static enum nos_code take_sources(struct bench *b, struct nos_err *err)
{
	struct nos_str rest = nos_str_of(b->o->sources ? b->o->sources : ""), word;

	while (b->o->sources && nos_str_cut(&rest, ',', &word)) {
		if (b->source_count == BENCH_SOURCES_MAX)
			return nos_err_set(
			    err, NOS_USAGE, "--sources: over %d numbers", BENCH_SOURCES_MAX);
		if (!nos_num_parse(word, 1, SOURCES_MOST, &b->sources[b->source_count++]))
			return nos_err_set(err, NOS_USAGE, "--sources: '%.*s': take 1 to %" PRIu64,
			    NOS_STR_ARG(word), SOURCES_MOST);
	}
	return NOS_OK;
}

/* What it is measured on, in one line. */
static void name_machine(struct bench *b)
{
	struct utsname u = { 0 };
	char model[96] = "", line[256];
	FILE *f = fopen("/proc/cpuinfo", "re");

	uname(&u);
	while (f && fgets(line, sizeof(line), f)) {
		const char *at = strncmp(line, "model name", 10) == 0 ? strchr(line, ':') : NULL;

		if (!at)
			continue;
		snprintf(model, sizeof(model), "%s", at + 2);
		model[strcspn(model, "\n")] = '\0';
		break;
	}
	if (f)
		fclose(f);
	snprintf(b->machine, sizeof(b->machine), "%s %.32s, %ld x %.80s", u.sysname, u.release,
	    sysconf(_SC_NPROCESSORS_ONLN), *model ? model : u.machine);
}

static enum nos_code prepare(struct bench *b, struct nos_err *err)
{
	b->kept_tail = &b->kept;
	if (take_words("scheme", b->o->scheme, scheme_texts, BENCH_SCHEMES, b->schemes, err) ||
	    take_words("profile", b->o->profile, profile_texts, BENCH_PROFILES, b->profiles, err) ||
	    take_sources(b, err))
		return err->code;
	b->seed = b->o->seed;
	if (!b->seed) {
		uint32_t drawn = 0;

		if (nos_random_bytes(&drawn, sizeof(drawn), err))
			return err->code;
		b->seed = drawn | 1;
	}
	bench_random_seed(&b->random, b->seed);
	name_machine(b);
	return NOS_OK;
}

/* What cannot be written at the end is said before all is measured. */
static enum nos_code check_place(const char *option, const char *path, struct nos_err *err)
{
	char folder[PATH_MAX];
	const char *slash;

	if (!path)
		return NOS_OK;
	if (!*path || !nos_str_copy(nos_str_of(path), folder, sizeof(folder)))
		return nos_err_set(err, NOS_USAGE, "--%s: not a path", option);
	slash = strrchr(path, '/');
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 2,
	    slash ? path : "./");
	return access(folder, W_OK) == 0
		   ? NOS_OK
		   : nos_err_set(
			 err, NOS_ABSENT, "--%s: no folder '%s' to write into", option, folder);
}

/* ---- the whole ---- */

static enum nos_code run_one(struct bench *b, size_t i, struct nos_err *err)
{
	struct nos_err late = { 0 };

	b->workload = workloads[i].name;
	nos_table_init(&b->table, workloads[i].columns, b->o->common.format, stdout);
	if (workloads[i].run(b, err))
		(void)!bench_unless_stopped(err);
	nos_progress_done(&b->progress);
	/* What is finished is printed whatever happened then. */
	if (nos_table_finish(&b->table, &late) && !err->code)
		*err = late;
	nos_table_release(&b->table);
	return err->code;
}

/* Where in the list; COUNT: all of them, or none. */
static size_t place_of(const char *what)
{
	size_t i = 0;

	while (i < COUNT && strcmp(what, workloads[i].name) != 0)
		i++;
	return i;
}

/* Is one of the stores on servers? Only what is not sqlite can be. */
static bool has_servers(const struct nos_opt_list *stores)
{
	for (size_t i = 0; i < stores->count; i++)
		if (strcmp(stores->items[i], "sqlite") != 0)
			return true;
	return false;
}

/* What goes with what. Settings name the store of the node that runs, and who it is to that. */
static enum nos_code check(struct bench_opts *o, const char *what, struct nos_err *err)
{
	static const char *const away[] = { "store-creds", "store-ca" };
	const unsigned ingest = 1u << place_of("ingest");
	const struct nos_choice_fit fits[] = { { "plot", ~ingest }, { "rate", ingest },
		{ "packs", ingest }, { "idle", ingest }, { "polls", ingest }, { "store", ingest },
		{ "store-creds", ingest }, { "store-ca", ingest }, { 0 } };

	if (!nos_opt_is_typed(&tool, &o->common, "store"))
		o->stores.count = 0;
	if (nos_choice_fit(fits, &tool, &o->common, place_of(what), err))
		return err->code;
	for (size_t i = 0; i < 2 && !has_servers(&o->stores); i++)
		if (nos_opt_is_typed(&tool, &o->common, away[i]))
			return nos_err_set(
			    err, NOS_USAGE, "--%s: no --store is on servers", away[i]);
	return NOS_OK;
}

static enum nos_code run(struct bench *b, const char *what, struct nos_err *err)
{
	const bool all = strcmp(what, "all") == 0;
	bool any = false;

	for (size_t i = 0; i < COUNT && !bench_is_stopped(); i++) {
		if (all ? workloads[i].apart : strcmp(what, workloads[i].name) != 0)
			continue;
		any = true;
		if (run_one(b, i, err))
			return err->code;
	}
	if (!any && !bench_is_stopped())
		return nos_err_set(
		    err, NOS_USAGE, "no workload '%s', take one of %s", what, tool.usage);
	if (b->o->plot && bench_plot(b, b->o->plot, err))
		return err->code;
	return b->o->report ? bench_report(b, b->o->report, err) : NOS_OK;
}

static void drop(struct bench *b)
{
	for (struct bench_kept *k = b->kept, *next; k; k = next) {
		next = k->next;
		free(k->text);
		free(k);
	}
}

int main(int argc, char **argv)
{
	struct bench_opts o = { 0 };
	struct bench b = { .o = &o };
	struct nos_err err = { 0 };
	int at, status = 0;

	nos_start(tool.name);
	nos_crypto_start();
	if (!nos_opt_begin(&tool, argc, argv, &o, &at, &status))
		return status;
	if (argc - at != 1) {
		nos_err_set(&err, NOS_USAGE, "say what to run: %s", tool.usage);
		return nos_start_fail(tool.name, &err);
	}
	nos_start_stop();
	if (check(&o, argv[at], &err) || check_place("plot", o.plot, &err) ||
	    check_place("report", o.report, &err) || prepare(&b, &err) || run(&b, argv[at], &err))
		status = nos_start_fail(tool.name, &err);
	drop(&b);
	if (status)
		return status;
	return bench_is_stopped() ? nos_start_signalled(*nos_start_stopped()) : 0;
}
