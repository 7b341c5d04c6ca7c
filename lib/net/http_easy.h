/* SPDX-License-Identifier: MIT */
/* What the clients of HTTP have in common, of libcurl; for this room alone. */
#ifndef NOS_NET_HTTP_EASY_H
#define NOS_NET_HTTP_EASY_H

#include <curl/curl.h>

#include "base/err.h"

#define NOS_HTTP_EASY_MEDIA_MAX 64

/* http and https alone, no redirect, no signal; ca NULL: the system's authorities. */
CURLcode nos_http_easy_manner(CURL *easy, const char *ca);

/* A request that failed. */
struct nos_http_easy_fault {
	CURL *easy; /* NULL: it was not begun */
	CURLcode rc;
	const char *url;
	const char *words; /* libcurl's own; empty: none */
	size_t over;	   /* not 0: the answer was over so many bytes */
	bool memory;	   /* there was none for the answer */
};

/* NOS_USAGE, NOS_BUSY, NOS_INTERNAL or NOS_AWAY; the text shows the URL without user, password and
 * query. */
enum nos_code nos_http_easy_failed(const struct nos_http_easy_fault *f, struct nos_err *err);

/* Content-Type of the answer without parameters, in lower case; empty: none. */
void nos_http_easy_media(CURL *easy, char ret[static NOS_HTTP_EASY_MEDIA_MAX]);

#endif
