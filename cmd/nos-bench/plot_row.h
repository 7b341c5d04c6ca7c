/* SPDX-License-Identifier: MIT */
/* The rows that were kept, read again for who draws or prints them. */
#ifndef BENCH_PLOT_ROW_H
#define BENCH_PLOT_ROW_H

#include "bench.h"

/* Texts are empty, and numbers NaN, where the row has no such member. */
struct plot_row {
	char bench[16], what[96], scheme[16], profile[16], unit[16], how[160];
	double sources, hops, captured; /* what is varied */
	double median, low, high, p95;
	double k, m, formula;
};

/* All-zero is valid; release it. */
struct nos_plot_rows {
	struct plot_row *list;
	size_t count;
};

void nos_plot_rows_release(struct nos_plot_rows *rows);

/* NOS_INTERNAL. */
enum nos_code plot_row_read(
    const struct bench *b, struct nos_plot_rows *ret, struct nos_err *err) NOS_CHECK;

#endif
