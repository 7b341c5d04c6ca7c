/* SPDX-License-Identifier: MIT */
/* Options that are a time. */
#ifndef NOS_CLI_OPT_TIME_H
#define NOS_CLI_OPT_TIME_H

#include "base/time.h"
#include "cli/opt.h"

/* RFC 3339 with an offset, or seconds since 1970. NOS_USAGE: text is neither. */
enum nos_code nos_opt_time_set(
    const struct nos_opt *o, const char *text, struct nos_time *ret, struct nos_err *err) NOS_CHECK;

/* For a tool to which it says since when something was so. NOS_USAGE: it lies before 1970, or is
 * still to come, for which nothing could be done. */
enum nos_code nos_opt_time_past(const char *name, struct nos_time t, struct nos_err *err) NOS_CHECK;

#endif
