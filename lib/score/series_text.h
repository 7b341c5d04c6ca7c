/* SPDX-License-Identifier: MIT */
/*
 * Many series as text, a JSON object a line, so that a tool that ran yesterday goes on today
 * (nos-score(1), --state). Pure.
 */
#ifndef NOS_SCORE_SERIES_TEXT_H
#define NOS_SCORE_SERIES_TEXT_H

#include "score/series.h"

/* Bytes of NOS_SERIES_MAX of them. */
#define NOS_SERIES_TEXT_MAX (64u << 20)

/* Append all of them, behind a line that says how many. Equal series have equal texts. */
void nos_series_text_encode(struct nos_buf *b, const struct nos_series *s);

/*
 * Add to *s, which is empty, what such a text holds. NOS_CONFIG: written by a newer nos;
 * NOS_DATA: not such a text, or cut off, its line named; NOS_LARGE: over a limit of series.h;
 * NOS_INTERNAL. On an error *s is to be released.
 */
enum nos_code nos_series_text_decode(
    struct nos_str text, struct nos_series *s, struct nos_err *err) NOS_CHECK;

#endif
