/* SPDX-License-Identifier: MIT */
#include "net/http_bearer.h"

#include <string.h>
#include <strings.h>

#define SCHEME "Bearer"

static struct nos_str first_of(struct nos_str text, const char *ends)
{
	struct nos_str ret = { text.p, 0 };

	while (ret.len < text.len && !strchr(ends, ret.p[ret.len]))
		ret.len++;
	return ret;
}

bool nos_http_bearer_read(struct nos_str authorization, struct nos_str *ret)
{
	const struct nos_str all = nos_str_trim(authorization), scheme = first_of(all, " \t");

	*ret = nos_str_trim((struct nos_str){ scheme.p + scheme.len, all.len - scheme.len });
	return scheme.len == strlen(SCHEME) && strncasecmp(scheme.p, SCHEME, scheme.len) == 0;
}

struct nos_str nos_http_bearer_first(struct nos_str shown)
{
	return first_of(shown, " \t,");
}
