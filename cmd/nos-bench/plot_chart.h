/* SPDX-License-Identifier: MIT */
/* A chart: what is drawn, and the words that gnuplot(1) takes for it. Pure, but for plot_chart_run.
 */
#ifndef BENCH_PLOT_CHART_H
#define BENCH_PLOT_CHART_H

#include "base/buf.h"

#define PLOT_CHART_SERIES 16
#define PLOT_CHART_POINTS 64
#define PLOT_CHART_BARS	  24

struct plot_chart_point {
	double x, y, low, high; /* low and high NaN: no interval */
};

struct plot_chart_series {
	char label[64];
	unsigned colour; /* 0 … PLOT_CHART_COLOURS - 1, and the shape of its points */
	unsigned dash;	 /* 0: a whole line, or bar */
	bool hollow;	 /* points */
	bool is_formula; /* a line without points */
	struct plot_chart_point points[PLOT_CHART_POINTS];
	size_t count;
};

#define PLOT_CHART_COLOURS 6

/* All-zero but for its texts is an empty one. */
struct plot_chart {
	const char *title, *x, *y; /* x NULL: bars, over their names */
	bool log_x, log_y;
	struct plot_chart_series series[PLOT_CHART_SERIES];
	size_t count;
	char bars[PLOT_CHART_BARS][64];
	size_t bar_count;
};

/* The series of that label, which is added where there is none. NULL: there are too many. */
struct plot_chart_series *plot_chart_series(struct plot_chart *c, const char *label);

/* The place of a bar, likewise; below 0: there are too many. */
double plot_chart_bar(struct plot_chart *c, const char *name);

/* False: there are too many. */
bool plot_chart_add(struct plot_chart_series *s, struct plot_chart_point p);

/* Append what it shows, in words: the first and the last value of each series. */
void plot_chart_words(const struct plot_chart *c, struct nos_buf *ret);

/* Append the figure, from "<svg" on; id makes what it names its own on a page with others.
 * NOS_ABSENT: no gnuplot; NOS_IO: it failed; NOS_INTERNAL. */
enum nos_code plot_chart_draw(
    const struct plot_chart *c, const char *id, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

#endif
