/* SPDX-License-Identifier: MIT */
/* The rows of one workload as a table of HTML, whatever members they have. */
#ifndef BENCH_REPORT_TABLE_H
#define BENCH_REPORT_TABLE_H

#include "bench.h"

/* Append text with what HTML takes for its own escaped. */
void report_table_text(struct nos_buf *b, struct nos_str text);

/* Rows of that workload that were kept. */
size_t report_table_count(const struct bench *b, const char *workload);

/* Append the table, in a box of its own that scrolls. NOS_INTERNAL. */
enum nos_code report_table_add(const struct bench *b, const char *workload, const char *caption,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

#endif
