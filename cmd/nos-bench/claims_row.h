/* SPDX-License-Identifier: MIT */
/*
 * A row of nos-bench paper: what the paper says, what was found in each profile, and the verdict,
 * as one JSON object. For claims*.c alone.
 */
#ifndef BENCH_CLAIMS_ROW_H
#define BENCH_CLAIMS_ROW_H

#include "bench.h"

#define CLAIMS_TEXT_MAX 8192 /* bytes of one of its texts */

enum claims_verdict {
	CLAIMS_REPRODUCED,
	CLAIMS_EXPLAINED,
	CLAIMS_CONTRADICTED,
	CLAIMS_NOT_HERE,
};

/* A row as it grows. ours: JSON values, empty for null; intervals: low and high of each value of a
 * measurement. */
struct claims_row {
	struct nos_buf ours[BENCH_PROFILES], intervals[BENCH_PROFILES];
	struct nos_buf why;
	enum claims_verdict verdict;
};

/* Release it. */
void claims_row_init(struct claims_row *r);
void claims_row_release(struct claims_row *r);

/* What the paper says, and how it is measured here. */
struct claims_of {
	const char *id, *scheme, *unit, *paper, *how; /* paper: JSON */
};

/* Print it. */
enum nos_code claims_row_add(struct bench *b, const struct claims_of *of,
    const struct claims_row *r, struct nos_err *err) NOS_CHECK;

#endif
