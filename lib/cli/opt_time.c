/* SPDX-License-Identifier: MIT */
#include "cli/opt_time.h"

#include "base/num.h"

#define AHEAD_MS 5000 /* that the clock of who typed it may be */

enum nos_code nos_opt_time_set(
    const struct nos_opt *o, const char *text, struct nos_time *ret, struct nos_err *err)
{
	const struct nos_str s = nos_str_of(text);
	double number;

	if (nos_num_parse_decimal(s, &number) ? nos_time_from_number(number, ret)
					      : nos_time_parse(s, NULL, ret))
		return NOS_OK;
	return nos_err_set(err, NOS_USAGE,
	    "--%s: '%s' is not a time: RFC 3339 with an offset, or seconds since 1970", o->name,
	    text);
}

enum nos_code nos_opt_time_past(const char *name, struct nos_time t, struct nos_err *err)
{
	if (t.ms < 0)
		return nos_err_set(err, NOS_USAGE, "--%s: that is before 1970", name);
	if (t.ms > nos_time_now().ms + AHEAD_MS)
		return nos_err_set(err, NOS_USAGE, "--%s: that is still to come", name);
	return NOS_OK;
}
