/* SPDX-License-Identifier: MIT */
/* Workloads that stand elsewhere yet. */
#include "bench.h"

enum nos_code bench_paper(struct bench *b, struct nos_err *err)
{
	(void)b;
	return err->code;
}

enum nos_code bench_overhead(struct bench *b, struct nos_err *err)
{
	(void)b;
	return err->code;
}

enum nos_code bench_delay(struct bench *b, struct nos_err *err)
{
	(void)b;
	return err->code;
}

enum nos_code bench_robustness(struct bench *b, struct nos_err *err)
{
	(void)b;
	return err->code;
}
