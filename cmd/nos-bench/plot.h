/* SPDX-License-Identifier: MIT */
/*
 * The figures of the paper, and those of what it leaves open, from the rows that were kept: as SVG,
 * by gnuplot(1), which reads what it is to do from its standard input. Each is drawn as the paper
 * has it, and on logarithmic axes.
 */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include "bench.h"

/* A figure that was drawn; good until whoever is given it returns. */
struct plot_drawn {
	const char *name;     /* of its file, without .svg */
	const char *title;    /* of the figure */
	const char *workload; /* whose rows it shows */
	bool log;
	const char *text;   /* what it shows, in words, for who does not see it */
	struct nos_str svg; /* from "<svg" on */
};

typedef enum nos_code plot_each(void *state, const struct plot_drawn *f, struct nos_err *err);

/* Draw all figures that there are rows of; the others are named on stderr where told is set.
 * NOS_ABSENT: no gnuplot; NOS_IO: it failed; NOS_INTERNAL; what each gave. */
enum nos_code plot_all(
    const struct bench *b, bool told, plot_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
