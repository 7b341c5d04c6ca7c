/* SPDX-License-Identifier: MIT */
/*
 * A record of the processed stream once its key is known to others: the correction that is
 * published of it (nos-score(7), "Taint"). Pure but for the memory of its scan.
 */
#ifndef NOS_STREAM_CORRECT_H
#define NOS_STREAM_CORRECT_H

#include "base/buf.h"
#include "base/time.h"
#include "json/scan.h"
#include "score/profile.h"

/* What is asked of a record; views of its text. */
struct nos_correct {
	struct nos_str key; /* len 0: none */
	struct nos_str id, source, type;
	struct nos_time received, time;
	bool has_time;
	bool corrects; /* it is a correction itself */
};

/* Scan a record, which must outlive both. NOS_DATA: it is none; NOS_INTERNAL. */
enum nos_code nos_correct_read(struct nos_scan *scan, struct nos_str record,
    struct nos_correct *ret, struct nos_err *err) NOS_CHECK;

/* What is made of it; memory that is kept from one to the next. */
struct nos_correct_made {
	struct nos_buf record;
	struct nos_buf filters; /* names, a blank between two */
	struct nos_buf space;
};
void nos_correct_init(struct nos_correct_made *m, size_t max);
void nos_correct_release(struct nos_correct_made *m);

/*
 * The correction of the record that was scanned: its id with "~1" behind it, n in place of its own,
 * scores of security with nothing left of its key, the key's state, "corrects" at the end; all else
 * as it is. It is handed to all who got the record, by the filters that it passed, and to those
 * whose filters of the profile it passes now. NOS_DATA: it is no record; NOS_LARGE; NOS_INTERNAL.
 */
enum nos_code nos_correct_make(const struct nos_scan *scan, const struct nos_correct *c, uint64_t n,
    struct nos_str filters, const struct nos_profile *profile, struct nos_correct_made *ret,
    struct nos_err *err) NOS_CHECK;

#endif
