/* SPDX-License-Identifier: MIT */
#include "plot_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot_gnuplot.h"

#define SCRIPT_MAX (1u << 20) /* bytes */
#define WIDTH	   360	      /* as a small screen: letters never shrink below their size */

/* Told from one another by who sees no red, no green or no blue, on white and on black; each has a
 * shape of points as well, whose hollow one has the number below. */
static const struct {
	const char *colour;
	unsigned points;
} looks[PLOT_CHART_COLOURS] = { { "#0072b2", 7 }, { "#d55e00", 5 }, { "#009e73", 9 },
	{ "#cc79a7", 13 }, { "#b58900", 11 }, { "#767676", 15 } };

/* gnuplot's numbers; 3, dots, is a formula's. */
static const int dashes[] = { 1, 2, 4, 5 };
#define DASHES (sizeof(dashes) / sizeof(dashes[0]))

struct plot_chart_series *plot_chart_series(struct plot_chart *c, const char *label)
{
	struct plot_chart_series *s;

	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->series[i].label, label) == 0)
			return &c->series[i];
	if (c->count == PLOT_CHART_SERIES)
		return NULL;
	s = &c->series[c->count++];
	snprintf(s->label, sizeof(s->label), "%s", label);
	return s;
}

double plot_chart_bar(struct plot_chart *c, const char *name)
{
	size_t i = 0;

	while (i < c->bar_count && strcmp(c->bars[i], name) != 0)
		i++;
	if (i == PLOT_CHART_BARS)
		return -1;
	if (i == c->bar_count)
		snprintf(c->bars[c->bar_count++], sizeof(c->bars[0]), "%s", name);
	return (double)i;
}

bool plot_chart_add(struct plot_chart_series *s, struct plot_chart_point p)
{
	size_t i = s->count;

	if (s->count == PLOT_CHART_POINTS)
		return false;
	/* In the order of x, whatever order they came in: a line goes through them. */
	for (; i > 0 && s->points[i - 1].x > p.x; i--)
		s->points[i] = s->points[i - 1];
	s->points[i] = p;
	s->count++;
	return true;
}

/* ---- in words ---- */

static void add_point(
    const struct plot_chart *c, const struct plot_chart_point *p, struct nos_buf *ret)
{
	if (c->x)
		nos_buf_addf(ret, "%.4g at %.4g", p->y, p->x);
	else
		nos_buf_addf(ret, "%s %.4g", c->bars[(size_t)p->x], p->y);
}

void plot_chart_words(const struct plot_chart *c, struct nos_buf *ret)
{
	nos_buf_addf(
	    ret, "%s, %s%s%s. ", c->title, c->y, c->x ? " against " : "", c->x ? c->x : "");
	for (size_t i = 0; i < c->count; i++) {
		const struct plot_chart_series *s = &c->series[i];
		const size_t step = c->x && s->count > 1 ? s->count - 1 : 1;

		nos_buf_addf(ret, "%s%s: ", i ? "; " : "", s->label);
		for (size_t j = 0; j < s->count; j += step) {
			nos_buf_add_text(ret, j ? ", " : "");
			add_point(c, &s->points[j], ret);
		}
	}
	nos_buf_add_char(ret, '.');
}

/* ---- as gnuplot(1) has it ---- */

/* Of what a bar has to itself, so that those of one name stand together. */
static double thickness(const struct plot_chart *c)
{
	return 0.8 / (double)(c->count ? c->count : 1);
}

/* A zero has no place on a logarithmic axis: it stands nowhere. */
static bool is_shown(const struct plot_chart *c, const struct plot_chart_point *p)
{
	return isfinite(p->x) && isfinite(p->y) && (!c->log_y || p->y > 0) &&
	       (!c->log_x || p->x > 0);
}

static bool is_empty(const struct plot_chart *c, const struct plot_chart_series *s)
{
	for (size_t j = 0; j < s->count; j++)
		if (is_shown(c, &s->points[j]))
			return false;
	return true;
}

static void limits(const struct plot_chart *c, double *ret_least, double *ret_most)
{
	*ret_least = INFINITY;
	*ret_most = -INFINITY;
	for (size_t i = 0; i < c->count; i++)
		for (size_t j = 0; j < c->series[i].count; j++)
			if (is_shown(c, &c->series[i].points[j])) {
				*ret_least = fmin(*ret_least, c->series[i].points[j].y);
				*ret_most = fmax(*ret_most, c->series[i].points[j].y);
			}
}

/* x, y, and from where to where the interval goes. */
static void add_data(const struct plot_chart *c, size_t i, struct nos_buf *b)
{
	const struct plot_chart_series *s = &c->series[i];
	const double shift = c->x ? 0 : ((double)i - ((double)c->count - 1) / 2) * thickness(c);

	nos_buf_addf(b, "$d%zu << EOD\n", i);
	for (size_t j = 0; j < s->count; j++) {
		const struct plot_chart_point *p = &s->points[j];
		const bool has = isfinite(p->low) && isfinite(p->high) && (!c->log_y || p->low > 0);

		if (is_shown(c, p))
			nos_buf_addf(b, "%.9g %.9g %.9g %.9g\n", p->x + shift, p->y,
			    has ? p->low : p->y, has ? p->high : p->y);
	}
	nos_buf_add_text(b, "EOD\n");
}

static void add_line(size_t i, const struct plot_chart_series *s, struct nos_buf *b)
{
	const char *colour = looks[s->colour % PLOT_CHART_COLOURS].colour;

	if (s->is_formula) {
		nos_buf_addf(b, "$d%zu using 1:2 with lines lc rgb '%s' dt 3 lw 2 title '%s'", i,
		    colour, s->label);
		return;
	}
	nos_buf_addf(b,
	    "$d%zu using 1:3:(0):($4-$3) with vectors heads size screen 0.01,90 lc rgb '%s' "
	    "notitle, $d%zu using 1:2 with linespoints lc rgb '%s' dt %d lw 2 pt %u ps 0.7 "
	    "title '%s'",
	    i, colour, i, colour, dashes[s->dash % DASHES],
	    looks[s->colour % PLOT_CHART_COLOURS].points - s->hollow, s->label);
}

/* Lying, so that their names can be read. */
static void add_bar(const struct plot_chart *c, size_t i, double from, struct nos_buf *b)
{
	const struct plot_chart_series *s = &c->series[i];
	const double half = thickness(c) / 2;

	nos_buf_addf(b,
	    "$d%zu using (%.9g):1:(%.9g):2:($1-%.3f):($1+%.3f) with boxxyerror lc rgb '%s' fs %s "
	    "title '%s', $d%zu using 3:1:($4-$3):(0) with vectors heads size screen 0.01,90 "
	    "lc rgb 'black' lw 1.5 notitle",
	    i, from, from, half, half, looks[s->colour % PLOT_CHART_COLOURS].colour,
	    s->dash ? "pattern 4" : "solid 0.7", s->label, i);
}

static void add_text(struct nos_buf *b, const char *what, const char *text)
{
	nos_buf_addf(b, "set %s \"", what);
	for (const char *p = text; *p; p++)
		nos_buf_addf(b, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
	nos_buf_add_text(b, "\"\n");
}

/* The names of bars, the first on top: a scheme, and below it which of its numbers. */
static void add_names(const struct plot_chart *c, struct nos_buf *b)
{
	nos_buf_addf(b, "set yrange [%zu.5:-0.5]\nset ytics scale 0 (", c->bar_count - 1);
	for (size_t i = 0; i < c->bar_count; i++) {
		const size_t cut = strcspn(c->bars[i], " ");

		nos_buf_addf(b, "%s\"%.*s%s%s\" %zu", i ? ", " : "", (int)cut, c->bars[i],
		    c->bars[i][cut] ? "\\n" : "", c->bars[i][cut] ? c->bars[i] + cut + 1 : "", i);
	}
	nos_buf_add_text(b, ")\n");
}

/* Exponents would stand above the line, and be small. */
static void add_values(const struct plot_chart *c, char axis, struct nos_buf *b)
{
	double least, most;

	limits(c, &least, &most);
	if (c->log_y)
		nos_buf_addf(b, "set logscale %c\nset format %c '%s'\nset %crange [%.6g:*]\n", axis,
		    axis, least >= 1 ? "%.0s%c" : "%g", axis, least / 3);
	else
		nos_buf_addf(b, "set %crange [0:*]\nset format %c '%s'\n", axis, axis,
		    most >= 1e4 ? "%.1s%c" : "%g");
	nos_buf_addf(b, "set grid %ctics lc rgb '#999999' lw 0.5\n", axis);
}

static void add_axes(const struct plot_chart *c, struct nos_buf *b)
{
	add_text(b, c->x ? "ylabel" : "xlabel", c->y);
	add_values(c, c->x ? 'y' : 'x', b);
	if (!c->x) {
		add_names(c, b);
		if (!c->log_y)
			nos_buf_add_text(b, "set xtics rotate by -40\n");
		return;
	}
	add_text(b, "xlabel", c->x);
	if (c->log_x)
		nos_buf_add_text(b, "set logscale x\nset format x '%.0s%c'\n");
	else
		nos_buf_add_text(b, "set xrange [0:*]\nset xtics autofreq rotate by -40\n"
				    "set format x '%g'\n");
}

/* The names of the series stand above the chart, and those of bars below it. */
static size_t height(const struct plot_chart *c)
{
	return 18 * c->count + (c->x ? 280 : 100 + 44 * c->bar_count);
}

static void add_script(const struct plot_chart *c, struct nos_buf *b)
{
	double least, most;
	bool any = false;

	nos_buf_addf(b, "set terminal svg size %d,%zu dynamic noenhanced font 'sans-serif,13'\n",
	    WIDTH, height(c));
	nos_buf_add_text(b, "set encoding utf8\nset border 3\nset rmargin 4\nset tics nomirror\n"
			    "set key outside top center vertical maxcols 1 Left reverse\n");
	add_axes(c, b);
	limits(c, &least, &most);
	for (size_t i = 0; i < c->count; i++)
		add_data(c, i, b);
	for (size_t i = 0; i < c->count; i++) {
		if (is_empty(c, &c->series[i]))
			continue;
		nos_buf_add_text(b, any ? ", " : "plot ");
		any = true;
		if (c->x)
			add_line(i, &c->series[i], b);
		else
			add_bar(c, i, c->log_y ? least / 3 : 0, b);
	}
	nos_buf_add_text(b, "\n");
}

/* Where a name stands, and where it is spoken of: no figure of a page takes another's. */
static bool is_name(struct nos_str svg, size_t at)
{
	static const char *const before[] = { " id='", " id=\"", "href='#", "href=\"#", "url(#" };

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		const size_t len = strlen(before[i]);

		if (at >= len && memcmp(svg.p + at - len, before[i], len) == 0)
			return true;
	}
	return false;
}

static void add_own(struct nos_str svg, const char *id, struct nos_buf *ret)
{
	for (size_t i = 0; i < svg.len; i++) {
		if (is_name(svg, i))
			nos_buf_addf(ret, "%s-", id);
		nos_buf_add_char(ret, svg.p[i]);
	}
}

/* What gnuplot draws black is drawn as the page's text is, and white as its ground. */
static const char style[] = "<style>svg{color:#1b1b1b;background:#fff;--ground:#fff}"
			    "@media(prefers-color-scheme:dark)"
			    "{svg{color:#e8e8e8;background:#161616;--ground:#161616}}"
			    "svg [color=white]{color:var(--ground)}svg [color=black]{color:inherit}"
			    "svg text,svg [fill=black]{fill:currentColor}"
			    "svg [stroke=black]{stroke:currentColor}</style>";

/* In place of gnuplot's own: with what it shows said in words. */
static void add_frame(const struct plot_chart *c, const char *id, struct nos_buf *ret)
{
	nos_buf_addf(ret,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "xmlns:xlink=\"http://www.w3.org/1999/xlink\" role=\"img\" "
	    "aria-labelledby=\"%s-title %s-words\" viewBox=\"0 0 %d %zu\">\n",
	    id, id, WIDTH, height(c));
	nos_buf_addf(
	    ret, "<title id=\"%s-title\">%s</title>\n<desc id=\"%s-words\">", id, c->title, id);
	plot_chart_words(c, ret);
	nos_buf_addf(ret, "</desc>\n%s", style);
}

enum nos_code plot_chart_draw(
    const struct plot_chart *c, const char *id, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(buf) script = { 0 };
	NOS_AUTO(buf) svg = { 0 };
	const char *from, *body;

	nos_buf_init(&script, SCRIPT_MAX);
	nos_buf_init(&svg, SCRIPT_MAX);
	add_script(c, &script);
	if (nos_buf_check(&script, "figure", err) ||
	    plot_gnuplot_run(nos_buf_str(&script), &svg, err))
		return err->code;
	from = strstr(svg.p, "<svg");
	body = from ? strstr(from, "</desc>") : NULL;
	if (!body)
		return nos_err_set(err, NOS_IO, "gnuplot drew nothing");
	add_frame(c, id, ret);
	add_own((struct nos_str){ body + 7, strlen(body + 7) }, id, ret);
	return nos_buf_check(ret, "figure", err);
}
