/* SPDX-License-Identifier: MIT */
/* What a report says of itself, and of how each workload measures. */
#ifndef BENCH_REPORT_TEXT_H
#define BENCH_REPORT_TEXT_H

#include <stddef.h>

struct report_text {
	const char *workload, *title;
	const char *method; /* HTML of a paragraph */
};

/* NULL: behind the last. */
const struct report_text *report_text_at(size_t i);

extern const char report_text_style[];
extern const char report_text_method[]; /* of all of them */

#endif
