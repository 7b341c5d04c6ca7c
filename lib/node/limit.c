/* SPDX-License-Identifier: MIT */
#include "node/limit.h"

#include <inttypes.h>

#include "base/num.h"

static const struct {
	const char *text;
	uint64_t dflt, least, most;
	const char *what;
} rows[] = {
#define X(name, text, dflt, least, most, what) \
	[NOS_LIMIT_##name] = { text, dflt, least, most, what },
	NOS_LIMIT_MAP(X)
#undef X
};

void nos_limit_init(struct nos_limit *l)
{
	for (int i = 0; i < NOS_LIMIT_COUNT; i++)
		l->of[i] = rows[i].dflt;
}

enum nos_code nos_limit_set(struct nos_limit *l, const char *text, struct nos_err *err)
{
	struct nos_str value = nos_str_of(text), name;
	uint64_t number;

	nos_str_cut(&value, '=', &name);
	for (int i = 0; i < NOS_LIMIT_COUNT; i++) {
		if (!nos_str_is(name, rows[i].text))
			continue;
		if (!value.p || !nos_num_parse_size(value, &number) || number < rows[i].least ||
		    number > rows[i].most)
			return nos_err_set(err, NOS_USAGE,
			    "limit '%s': take a number from %" PRIu64 " to %" PRIu64, text,
			    rows[i].least, rows[i].most);
		l->of[i] = number;
		return NOS_OK;
	}
	return nos_err_set(
	    err, NOS_USAGE, "no limit '%.*s', see nos-serve --check -v", NOS_STR_ARG(name));
}

const char *nos_limit_text(enum nos_limit_name name)
{
	return rows[name].text;
}

void nos_limit_list(const struct nos_limit *l, struct nos_buf *ret)
{
	for (int i = 0; i < NOS_LIMIT_COUNT; i++)
		nos_buf_addf(
		    ret, "%-14s %10" PRIu64 "  %s\n", rows[i].text, l->of[i], rows[i].what);
}

size_t nos_limit_polls(const struct nos_limit *l)
{
	uint64_t most = l->of[NOS_LIMIT_POLLS];

	if (most > l->of[NOS_LIMIT_REQUESTS] / 2)
		most = l->of[NOS_LIMIT_REQUESTS] / 2;
	if (most > l->of[NOS_LIMIT_CONNECTIONS] / 2)
		most = l->of[NOS_LIMIT_CONNECTIONS] / 2;
	return (size_t)most;
}
