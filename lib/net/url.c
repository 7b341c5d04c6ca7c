/* SPDX-License-Identifier: MIT */
#include "net/url.h"

#include <strings.h>

enum nos_code nos_url_check(const char *url, struct nos_err *err)
{
	size_t scheme = strncasecmp(url, "http://", 7) == 0    ? 7
			: strncasecmp(url, "https://", 8) == 0 ? 8
							       : 0;
	size_t len = strlen(url);

	if (!scheme || len == scheme || url[scheme] == '/')
		return nos_err_set(err, NOS_USAGE, "the URL must be http://HOST… or https://HOST…");
	if (len > NOS_URL_MAX)
		return nos_err_set(err, NOS_USAGE, "the URL is over %d bytes", NOS_URL_MAX);
	for (size_t i = 0; i < len; i++)
		if (url[i] <= ' ' || url[i] > '~' || strchr("?#@\"\\", url[i]))
			return nos_err_set(err, NOS_USAGE,
			    "the URL of a node has no user, query, blank or foreign byte");
	return NOS_OK;
}

bool nos_url_is_secure(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0;
}

void nos_url_join(struct nos_buf *b, const char *url, const char *path)
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	nos_buf_add(b, url, len);
	nos_buf_add_text(b, path);
}
