/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/start.h"
#include "plot_chart.h"
#include "plot_row.h"

#define SVG_MAX	  (1u << 20) /* bytes of a figure */
#define WORDS_MAX 16384
#define TEXT_MAX  256

/* What a figure is of, and where in it a row stands. */
struct figure {
	const char *name, *title, *bench;
	const char *x, *y; /* x NULL: bars */
	bool (*takes)(const struct plot_row *r);
	double (*x_of)(const struct plot_row *r);
	double (*y_of)(const struct plot_row *r);
	bool share; /* of one: no logarithm of it */
};

static bool starts(const struct plot_row *r, const char *with)
{
	return strncmp(r->what, with, strlen(with)) == 0;
}

static bool is_ms(const struct plot_row *r)
{
	return strcmp(r->unit, "ms") == 0;
}

static bool is_generation(const struct plot_row *r)
{
	return is_ms(r) && starts(r, "generate ");
}

static bool is_direct(const struct plot_row *r)
{
	return is_ms(r) && (starts(r, "propagate by ") || starts(r, "propagate to "));
}

static bool is_relayed(const struct plot_row *r)
{
	return is_ms(r) && (starts(r, "propagate through ") || starts(r, "find nobody"));
}

static bool is_replacement(const struct plot_row *r)
{
	return is_ms(r) && strcmp(r->what, "replace") == 0;
}

static bool is_capture(const struct plot_row *r)
{
	return isfinite(r->captured) && strcmp(r->what, "capture") == 0;
}

static bool is_revocation(const struct plot_row *r)
{
	return strcmp(r->unit, "bytes") == 0 && starts(r, "21: revocation");
}

static bool is_rekey(const struct plot_row *r)
{
	return strcmp(r->unit, "bytes") == 0 && starts(r, "21: re-key");
}

static bool is_work(const struct plot_row *r)
{
	return strcmp(r->what, "revoke, processor") == 0;
}

static bool is_records(const struct plot_row *r)
{
	return strcmp(r->what, "revoke, written") == 0;
}

static bool is_store(const struct plot_row *r)
{
	return strcmp(r->what, "store") == 0;
}

static double sources_of(const struct plot_row *r)
{
	return r->sources;
}

static double captured_of(const struct plot_row *r)
{
	return r->captured;
}

static double median_of(const struct plot_row *r)
{
	return r->median;
}

static double share_of(const struct plot_row *r)
{
	return r->m > 0 ? r->k / r->m : NAN;
}

static double megabytes_of(const struct plot_row *r)
{
	return r->median / 1e6;
}

static const struct figure figures[] = {
	{ "fig1", "Delay of key generation", "delay", NULL, "ms", is_generation, NULL, median_of,
	    false },
	{ "fig2", "Delay of key propagation, direct connections", "delay", NULL, "ms", is_direct,
	    NULL, median_of, false },
	{ "fig3", "Delay of key propagation, through adjacent nodes", "delay", NULL, "ms",
	    is_relayed, NULL, median_of, false },
	{ "fig4", "Delay of key replacement", "delay", "registered sources", "ms", is_replacement,
	    sources_of, median_of, false },
	{ "capture", "Links of others that a thief reads", "robustness", "captured sources",
	    "share of links", is_capture, captured_of, share_of, true },
	{ "revocation", "Bytes of a revocation", "robustness", "sources", "bytes", is_revocation,
	    sources_of, median_of, false },
	{ "rekey", "Bytes of a re-key of all", "robustness", "sources", "bytes", is_rekey,
	    sources_of, median_of, false },
	{ "work", "Processor time of a revocation", "scale", "sources", "µs", is_work, sources_of,
	    median_of, false },
	{ "records", "Records that a revocation writes", "scale", "sources", "records", is_records,
	    sources_of, median_of, false },
	{ "store", "Size of the store", "scale", "sources", "megabytes", is_store, sources_of,
	    megabytes_of, false },
};
#define COUNT (sizeof(figures) / sizeof(figures[0]))

/* ---- from rows to a chart ---- */

static unsigned colour_of(const char *scheme)
{
	for (unsigned s = 0; s < BENCH_SCHEMES; s++)
		if (strcmp(scheme, bench_scheme_text(s)) == 0)
			return s;
	return BENCH_SCHEMES;
}

static bool is_printed(const struct plot_row *r)
{
	return strcmp(r->profile, bench_profile_text(BENCH_PAPER)) == 0;
}

/* What follows the scheme's name where a figure has more than one row of it at one place. */
static const char *detail(const struct plot_row *r)
{
	static const char *const heads[] = { "generate ", "propagate ", "21: revocation",
		"21: re-key" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (starts(r, heads[i]))
			return r->what + strlen(heads[i]);
	return r->what;
}

/* By how the bytes travel. */
static unsigned dash_of(const char *way)
{
	static const char *const ways[] = { ", multicast", ", fan-out", ", pull" };

	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(way, ways[i]) == 0)
			return i;
	return 0;
}

/* How many keys a source holds of the pool, which its row says first; 0: it does not. */
static unsigned ring_of(const struct plot_row *r)
{
	unsigned ring;

	return sscanf(r->how, "rings of %u ", &ring) == 1 ? ring : 0;
}

static void name_ring(const struct plot_row *r, const char *before, char *ret, size_t size)
{
	snprintf(ret, size, "%s%.*s", before, (int)strcspn(r->how, ";"), r->how);
}

static struct plot_chart_series *line_of(
    const struct figure *f, const struct plot_row *r, struct plot_chart *c)
{
	const bool ways = f->takes == is_revocation || f->takes == is_rekey;
	const bool ring = f->takes == is_capture && ring_of(r);
	const char *as = is_printed(r) ? " as printed" : "", *way = ways ? detail(r) : "";
	char label[TEXT_MAX];
	struct plot_chart_series *s;

	if (ring)
		name_ring(r, is_printed(r) ? "as printed, " : "hardened, ", label, sizeof(label));
	else
		snprintf(label, sizeof(label), "%s%s%s", r->scheme, as, way);
	s = plot_chart_series(c, label);
	if (!s)
		return NULL;
	s->colour = ring ? ring_of(r) : colour_of(r->scheme);
	s->dash = ways ? dash_of(way) : is_printed(r);
	s->hollow = is_printed(r);
	return s;
}

/* Beside one another: as printed, and as hardened. */
static struct plot_chart_series *bar_of(
    const struct plot_row *r, struct plot_chart *c, double *ret_x)
{
	char name[TEXT_MAX];
	struct plot_chart_series *s =
	    plot_chart_series(c, is_printed(r) ? "as printed" : "hardened");

	snprintf(name, sizeof(name), "%s %s", r->scheme, detail(r));
	*ret_x = plot_chart_bar(c, name);
	if (!s || *ret_x < 0)
		return NULL;
	s->colour = is_printed(r) ? 1 : 0;
	s->dash = is_printed(r);
	return s;
}

/* Of each ring one: the profiles share it. */
static void add_formula(const struct plot_row *r, struct plot_chart *c)
{
	const struct plot_chart_point p = { r->captured, r->formula, NAN, NAN };
	char label[TEXT_MAX];
	struct plot_chart_series *s;

	name_ring(r, "formula, ", label, sizeof(label));
	s = plot_chart_series(c, label);
	if (!s)
		return;
	s->colour = ring_of(r);
	s->is_formula = true;
	for (size_t i = 0; i < s->count; i++)
		if (s->points[i].x == p.x)
			return;
	(void)plot_chart_add(s, p);
}

static void add_row(const struct figure *f, const struct plot_row *r, struct plot_chart *c)
{
	struct plot_chart_point p = { .y = f->y_of(r), .low = r->low, .high = r->high };
	struct plot_chart_series *s = f->x ? line_of(f, r, c) : bar_of(r, c, &p.x);

	if (f->x)
		p.x = f->x_of(r);
	if (f->y_of == megabytes_of)
		p.low = p.high = NAN;
	if (s)
		(void)plot_chart_add(s, p);
	if (isfinite(r->formula) && f->takes == is_capture)
		add_formula(r, c);
}

static void fill_profile(
    const struct figure *f, const struct nos_plot_rows *rows, bool printed, struct plot_chart *c)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct plot_row *r = &rows->list[i];

		if (is_printed(r) == printed && strcmp(r->bench, f->bench) == 0 && f->takes(r) &&
		    isfinite(f->y_of(r)) && (!f->x || isfinite(f->x_of(r))))
			add_row(f, r, c);
	}
}

/* What is printed comes first, in all figures alike. */
static void fill(const struct figure *f, const struct nos_plot_rows *rows, struct plot_chart *c)
{
	*c = (struct plot_chart){ .title = f->title, .x = f->x, .y = f->y };
	fill_profile(f, rows, true, c);
	fill_profile(f, rows, false, c);
}

/* ---- all of them ---- */

static enum nos_code draw(const struct figure *f, struct plot_chart *c, bool log, plot_each *each,
    void *state, struct nos_err *err)
{
	NOS_AUTO(buf) svg = { 0 };
	NOS_AUTO(buf) words = { 0 };
	char name[32];
	struct plot_drawn d = { .name = name, .title = f->title, .workload = f->bench, .log = log };

	c->log_x = log && f->x;
	c->log_y = log && !f->share;
	snprintf(name, sizeof(name), "%s%s", f->name, log ? "-log" : "");
	nos_buf_init(&svg, SVG_MAX);
	nos_buf_init(&words, WORDS_MAX);
	plot_chart_words(c, &words);
	if (nos_buf_check(&words, "figure", err) || plot_chart_draw(c, name, &svg, err))
		return err->code;
	d.text = words.p;
	d.svg = nos_buf_str(&svg);
	return each(state, &d, err);
}

static void tell_left_out(const struct figure *f)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "no figure %s: no rows of %s", f->name, f->bench);
	nos_start_warn("nos-bench", text);
}

enum nos_code plot_all(
    const struct bench *b, bool told, plot_each *each, void *state, struct nos_err *err)
{
	NOS_AUTO(plot_rows) rows = { 0 };
	static struct plot_chart c; /* large, and of one thread */

	if (plot_row_read(b, &rows, err))
		return err->code;
	for (size_t i = 0; i < COUNT; i++) {
		fill(&figures[i], &rows, &c);
		if (!c.count) {
			if (told)
				tell_left_out(&figures[i]);
			continue;
		}
		if (draw(&figures[i], &c, false, each, state, err) ||
		    draw(&figures[i], &c, true, each, state, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code write_one(void *state, const struct plot_drawn *f, struct nos_err *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s.svg", (const char *)state, f->name) >=
	    sizeof(path))
		return nos_err_set(err, NOS_USAGE, "--plot: too long a path");
	return nos_file_replace(path, nos_str_bytes(f->svg), err);
}

enum nos_code bench_plot(struct bench *b, const char *folder, struct nos_err *err)
{
	char path[4096];

	if (!nos_str_copy(nos_str_of(folder), path, sizeof(path)))
		return nos_err_set(err, NOS_USAGE, "--plot: too long a path");
	return nos_file_folder(folder, err) ? err->code : plot_all(b, true, write_one, path, err);
}
