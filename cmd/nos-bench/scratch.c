/* SPDX-License-Identifier: MIT */
/* Workloads of others. */
#include "bench.h"

enum nos_code bench_paper(struct bench *b, struct nos_err *err) { (void)b; (void)err; return NOS_OK; }
enum nos_code bench_overhead(struct bench *b, struct nos_err *err) { (void)b; (void)err; return NOS_OK; }
enum nos_code bench_delay(struct bench *b, struct nos_err *err) { (void)b; (void)err; return NOS_OK; }
enum nos_code bench_scale(struct bench *b, struct nos_err *err) { (void)b; (void)err; return NOS_OK; }
enum nos_code bench_plot(struct bench *b, const char *f, struct nos_err *err) { (void)b; (void)f; (void)err; return NOS_OK; }
enum nos_code bench_report(struct bench *b, const char *f, struct nos_err *err) { (void)b; (void)f; (void)err; return NOS_OK; }
