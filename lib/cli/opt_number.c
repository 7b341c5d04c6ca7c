/* SPDX-License-Identifier: MIT */
#include "cli/opt_number.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/time.h"

/* Units from the largest; the last one always divides. */
struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit counts[] = { { "", 1 } };
static const struct unit sizes[] = { { "G", 1 << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 },
	{ "", 1 } };
static const struct unit spans[] = { { "d", 24 * 3600 * 1000 }, { "h", 3600 * 1000 },
	{ "m", 60 * 1000 }, { "s", 1000 }, { "ms", 1 } };

static bool parse(
    const struct nos_opt *o, struct nos_str s, uint64_t *ret, const struct unit **ret_unit)
{
	if (o->kind == NOS_OPT_SPAN) {
		*ret_unit = spans;
		return nos_time_parse_span(s, ret);
	}
	*ret_unit = o->kind == NOS_OPT_SIZE ? sizes : counts;
	return o->kind == NOS_OPT_SIZE ? nos_num_parse_size(s, ret)
				       : nos_num_parse(s, 0, UINT64_MAX, ret);
}

static const char *form_of(enum nos_opt_kind kind)
{
	return kind == NOS_OPT_SPAN   ? "a span such as 90s, 15m, 24h, 7d"
	       : kind == NOS_OPT_SIZE ? "a size such as 64K, 1M"
				      : "a whole number";
}

enum nos_code nos_opt_number_set(
    const struct nos_opt *o, const char *text, uint64_t *ret, struct nos_err *err)
{
	const struct unit *unit;
	uint64_t n, limit;
	bool is_under;

	if (!parse(o, nos_str_of(text), &n, &unit))
		return nos_err_set(
		    err, NOS_USAGE, "--%s: '%s' is not %s", o->name, text, form_of(o->kind));
	is_under = n < o->min;
	if (!is_under && (!o->max || n <= o->max)) {
		*ret = n;
		return NOS_OK;
	}
	limit = is_under ? o->min : o->max;
	while (limit % unit->factor)
		unit++;
	return nos_err_set(err, NOS_USAGE, "--%s: '%s' is %s %" PRIu64 "%s", o->name, text,
	    is_under ? "under" : "over", limit / unit->factor, unit->name);
}
