/* SPDX-License-Identifier: MIT */
#include "net/http_target.h"

#include <string.h>
#include <strings.h>

struct nos_str nos_http_target_path(const char *url)
{
	const size_t http = strncasecmp(url, "http://", 7) == 0	   ? 7
			    : strncasecmp(url, "https://", 8) == 0 ? 8
								   : 0;
	const char *slash;

	if (!http)
		return nos_str_of(url);
	slash = strchr(url + http, '/');
	return slash ? nos_str_of(slash) : NOS_STR("/");
}

bool nos_http_target_is_path(struct nos_str path)
{
	for (size_t i = 0; i < path.len; i++)
		if ((unsigned char)path.p[i] <= ' ' || path.p[i] == 0x7f ||
		    nos_str_starts((struct nos_str){ path.p + i, path.len - i }, "%00"))
			return false;
	return path.len > 0;
}
