/* SPDX-License-Identifier: MIT */
#include "bench.h"

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

enum nos_code bench_scale(struct bench *b, struct nos_err *err)
{
	(void)b;
	return err->code;
}

enum nos_code bench_plot(struct bench *b, const char *folder, struct nos_err *err)
{
	(void)b, (void)folder;
	return err->code;
}

enum nos_code bench_report(struct bench *b, const char *path, struct nos_err *err)
{
	(void)b, (void)path;
	return err->code;
}
