/* SPDX-License-Identifier: MIT */
#include "node/limit.h"

#include <inttypes.h>

#include <string.h>

#include "base/num.h"

#define OTHERS 100 /* files: store, broker, loops, what is refused, and whoever administers */

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
	memset(l->said, 0, sizeof(l->said));
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
		l->said[i] = true;
		return NOS_OK;
	}
	return nos_err_set(
	    err, NOS_USAGE, "no limit '%.*s', see nos-serve --check -v", NOS_STR_ARG(name));
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

void nos_limit_fit(struct nos_limit *l, uint64_t files, struct nos_buf *ret)
{
	const uint64_t others = OTHERS + l->of[NOS_LIMIT_FORWARDS] + l->of[NOS_LIMIT_VISITS];
	const uint64_t room = files > 2 * others ? files - others : files / 2;
	const uint64_t connections = l->of[NOS_LIMIT_CONNECTIONS], polls = l->of[NOS_LIMIT_POLLS];

	if (room < connections) {
		l->of[NOS_LIMIT_CONNECTIONS] = room ? room : 1;
		nos_buf_addf(ret,
		    "connections: %" PRIu64 " at once, not %" PRIu64 ", since %" PRIu64
		    " files may be open: raise ulimit -n, or LimitNOFILE=\n",
		    l->of[NOS_LIMIT_CONNECTIONS], connections, files);
	}
	l->of[NOS_LIMIT_POLLS] = nos_limit_polls(l);
	if (l->said[NOS_LIMIT_POLLS] && l->of[NOS_LIMIT_POLLS] < polls)
		nos_buf_addf(ret,
		    "polls: %" PRIu64 " at once, not %" PRIu64
		    ": half of requests and of connections at most, raise those\n",
		    l->of[NOS_LIMIT_POLLS], polls);
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
