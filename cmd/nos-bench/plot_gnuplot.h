/* SPDX-License-Identifier: MIT */
/* gnuplot(1), run without a shell. */
#ifndef BENCH_PLOT_GNUPLOT_H
#define BENCH_PLOT_GNUPLOT_H

#include "base/buf.h"

/* Append what it prints, given that script. NOS_ABSENT: there is none; NOS_IO: it failed, and has
 * said why on stderr; NOS_INTERNAL. */
enum nos_code plot_gnuplot_run(
    struct nos_str script, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

#endif
