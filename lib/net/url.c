/* SPDX-License-Identifier: MIT */
#include "net/url.h"

#include <arpa/inet.h>
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

bool nos_url_is_any(const char *url)
{
	const struct nos_str rest = nos_str_of(url + (nos_url_is_secure(url) ? 8 : 7));
	const bool bracket = nos_str_starts(rest, "[");
	const size_t len = strcspn(rest.p, bracket ? "]" : ":/");
	struct in6_addr v6;
	struct in_addr v4;
	char host[NOS_URL_MAX + 1];

	if (!nos_str_copy((struct nos_str){ rest.p + bracket, len - bracket }, host, sizeof(host)))
		return false;
	if (!*host || (!bracket && inet_aton(host, &v4)))
		return !*host || v4.s_addr == INADDR_ANY;
	if (!bracket || inet_pton(AF_INET6, host, &v6) != 1)
		return false;
	/* The last four of one that stands for one of IPv4. */
	memcpy(&v4, &v6.s6_addr[12], sizeof(v4));
	return IN6_IS_ADDR_UNSPECIFIED(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && !v4.s_addr);
}

void nos_url_join(struct nos_buf *b, const char *url, const char *path)
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	nos_buf_add(b, url, len);
	nos_buf_add_text(b, path);
}
