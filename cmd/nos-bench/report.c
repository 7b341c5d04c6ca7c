/* SPDX-License-Identifier: MIT */
/*
 * The report: one page that needs nothing else, of what was asked for, how it was measured and what
 * came out. It can be read where the paper's section on evaluation would be.
 */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/version.h"
#include "bench.h"
#include "cli/start.h"
#include "plot.h"
#include "report_table.h"
#include "report_text.h"

#define PAGE_MAX (64u << 20) /* bytes */

/* ---- what was asked ---- */

static void add_fact(struct nos_buf *b, const char *name, const char *value)
{
	nos_buf_addf(b, "<dt>%s</dt><dd>", name);
	report_table_text(b, nos_str_of(value));
	nos_buf_add_text(b, "</dd>\n");
}

static void add_number(struct nos_buf *b, const char *name, uint64_t value)
{
	nos_buf_addf(b, "<dt>%s</dt><dd>%" PRIu64 "</dd>\n", name, value);
}

static const char *or_all(const char *said)
{
	return said ? said : "all";
}

static void add_facts(const struct bench *b, struct nos_buf *page)
{
	nos_buf_add_text(page, "<h2 id=\"asked\">What was asked</h2>\n<dl>\n<dt>Date</dt><dd>");
	nos_time_format_rfc3339(page, nos_time_now());
	nos_buf_add_text(page, "</dd>\n");
	add_fact(page, "Machine", b->machine);
	add_fact(page, "Version", NOS_VERSION);
	add_number(page, "Seed", b->seed);
	add_fact(page, "Schemes", or_all(b->o->scheme));
	add_fact(page, "Profiles", or_all(b->o->profile));
	add_fact(page, "Sources", b->o->sources ? b->o->sources : "as each workload has them");
	if (b->o->runs)
		add_number(page, "Runs", b->o->runs);
	else
		add_fact(page, "Runs", b->o->quick ? "few (--quick)" : "as each workload has them");
	nos_buf_add_text(page, "<dt>Added to each hop</dt><dd>");
	nos_time_format_span(page, b->o->rtt_ms);
	nos_buf_add_text(page, "</dd>\n</dl>\n");
	if (bench_is_stopped())
		nos_buf_add_text(page,
		    "<p><strong>It was stopped before its end: what is here is what "
		    "was finished.</strong></p>\n");
}

/* ---- its sections ---- */

struct report {
	struct nos_buf *page;
	const char *workload; /* whose figures are added */
	size_t count;
};

static enum nos_code add_figure(void *state, const struct plot_drawn *f, struct nos_err *err)
{
	struct report *r = state;

	if (strcmp(f->workload, r->workload) != 0)
		return err->code;
	nos_buf_add_text(r->page, r->count++ ? "" : "<div class=\"figures\">\n");
	nos_buf_add_text(r->page, "<figure>\n");
	nos_buf_add_str(r->page, f->svg);
	nos_buf_add_text(r->page, "<figcaption>");
	report_table_text(r->page, nos_str_of(f->title));
	nos_buf_add_text(r->page, f->log ? ", on logarithmic axes" : "");
	nos_buf_add_text(r->page, "</figcaption>\n</figure>\n");
	return err->code;
}

/* Without gnuplot the numbers are there all the same. */
static enum nos_code add_figures(
    const struct bench *b, const char *workload, struct nos_buf *page, struct nos_err *err)
{
	struct report r = { .page = page, .workload = workload };

	if (plot_all(b, false, add_figure, &r, err) == NOS_ABSENT) {
		nos_buf_add_text(page, "<p>Figures are left out: ");
		report_table_text(page, nos_str_of(err->text));
		nos_buf_add_text(page, "</p>\n");
		nos_err_clear(err);
	}
	nos_buf_add_text(page, r.count ? "</div>\n" : "");
	return err->code;
}

static enum nos_code add_section(const struct bench *b, const struct report_text *t, size_t rows,
    struct nos_buf *page, struct nos_err *err)
{
	nos_buf_addf(page, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n<p>%s</p>\n",
	    t->workload, t->workload, t->title, t->method);
	if (add_figures(b, t->workload, page, err))
		return err->code;
	nos_buf_addf(page, "<details%s>\n<summary>All %zu rows</summary>\n",
	    strcmp(t->workload, "paper") == 0 ? " open" : "", rows);
	if (report_table_add(b, t->workload, t->title, page, err))
		return err->code;
	nos_buf_add_text(page, "</details>\n</section>\n");
	return NOS_OK;
}

static void add_contents(const struct bench *b, struct nos_buf *page)
{
	const struct report_text *t;

	nos_buf_add_text(page,
	    "<nav aria-label=\"Contents\">\n<ul>\n<li><a href=\"#asked\">What was "
	    "asked</a></li>\n");
	for (size_t i = 0; (t = report_text_at(i)); i++)
		if (report_table_count(b, t->workload))
			nos_buf_addf(
			    page, "<li><a href=\"#%s\">%s</a></li>\n", t->workload, t->title);
	nos_buf_add_text(page, "</ul>\n</nav>\n");
}

static void add_absent(const struct bench *b, struct nos_buf *page)
{
	const struct report_text *t;

	for (size_t i = 0, n = 0; (t = report_text_at(i)); i++)
		if (!report_table_count(b, t->workload))
			nos_buf_addf(
			    page, "%s%s", n++ ? ", " : "<p>Not measured in this run: ", t->title);
	nos_buf_add_text(page, "</p>\n");
}

static enum nos_code add_all(const struct bench *b, struct nos_buf *page, struct nos_err *err)
{
	const struct report_text *t;
	bool absent = false;

	nos_buf_addf(page,
	    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<link rel=\"icon\" href=\"data:,\">\n<title>nos-bench</title>\n<style>\n%s</style>\n"
	    "</head>\n<body>\n<main>\n<h1>The evaluation, run again</h1>\n",
	    report_text_style);
	nos_buf_add_text(page, report_text_method);
	add_contents(b, page);
	add_facts(b, page);
	for (size_t i = 0; (t = report_text_at(i)); i++) {
		const size_t rows = report_table_count(b, t->workload);

		absent |= !rows;
		if (rows && add_section(b, t, rows, page, err))
			return err->code;
	}
	if (absent)
		add_absent(b, page);
	nos_buf_add_text(page, "</main>\n</body>\n</html>\n");
	return nos_buf_check(page, "report", err);
}

enum nos_code bench_report(struct bench *b, const char *path, struct nos_err *err)
{
	NOS_AUTO(buf) page = { 0 };

	nos_buf_init(&page, PAGE_MAX);
	return add_all(b, &page, err) ? err->code
				      : nos_file_replace(path, nos_buf_span(&page), err);
}
