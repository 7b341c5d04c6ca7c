/* SPDX-License-Identifier: MIT */
/* Workloads that are made elsewhere. */
#include "bench.h"

#define EMPTY(name)                                                \
	enum nos_code name(struct bench *b, struct nos_err *err)   \
	{                                                          \
		(void)b;                                           \
		return nos_err_set(err, NOS_INTERNAL, "not here"); \
	}
EMPTY(bench_paper)
EMPTY(bench_overhead)
EMPTY(bench_robustness)
EMPTY(bench_scale)

enum nos_code bench_plot(struct bench *b, const char *folder, struct nos_err *err)
{
	(void)b, (void)folder;
	return nos_err_set(err, NOS_INTERNAL, "not here");
}

enum nos_code bench_report(struct bench *b, const char *path, struct nos_err *err)
{
	(void)b, (void)path;
	return nos_err_set(err, NOS_INTERNAL, "not here");
}
