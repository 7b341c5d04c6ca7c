/* SPDX-License-Identifier: MIT */
/* The state of a series as text, so that a node that starts again goes on where it was. Pure. */
#ifndef NOS_SCORE_HISTORY_H
#define NOS_SCORE_HISTORY_H

#include "base/buf.h"
#include "json/scan.h"
#include "score/rule.h"

/* Append a JSON array; every number comes back as the very same double. */
void nos_history_encode(struct nos_buf *b, const struct nos_rule_state *state);

/* NOS_DATA: not such an array. */
enum nos_code nos_history_decode(const struct nos_scan *scan, const struct nos_scan_value *array,
    struct nos_rule_state *ret, struct nos_err *err) NOS_CHECK;

#endif
