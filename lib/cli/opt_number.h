/* SPDX-License-Identifier: MIT */
/* The numbers among options: counts, sizes and spans, each within its row's range. Thread-safe. */
#ifndef NOS_CLI_OPT_NUMBER_H
#define NOS_CLI_OPT_NUMBER_H

#include "cli/opt.h"

/* The value of a row of NOS_OPT_UINT, NOS_OPT_SIZE (bytes) or NOS_OPT_SPAN (ms). NOS_USAGE: text is
 * no such number, or under or over what the row takes, which the error says as it is typed. */
enum nos_code nos_opt_number_set(
    const struct nos_opt *o, const char *text, uint64_t *ret, struct nos_err *err) NOS_CHECK;

#endif
