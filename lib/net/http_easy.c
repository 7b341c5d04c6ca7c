/* SPDX-License-Identifier: MIT */
#include "net/http_easy.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

#define URL_SHOWN_MAX 128

CURLcode nos_http_easy_manner(CURL *e, const char *ca)
{
	CURLcode rc = curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);

	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (ca) {
		/* This file alone: libcurl would look into the system's folder beside it. */
		rc = rc ? rc : curl_easy_setopt(e, CURLOPT_CAINFO, ca);
		rc = rc ? rc : curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
	return rc;
}

/* The URL as an error may show it: no user, no password, no query. */
static void show(const char *url, char out[static URL_SHOWN_MAX])
{
	const char *end = url + strcspn(url, "?#");
	const char *sep = strstr(url, "://");
	const char *from = sep && sep < end ? sep + 3 : url;
	const char *slash = memchr(from, '/', (size_t)(end - from));
	const char *at = memrchr(from, '@', (size_t)((slash ? slash : end) - from));
	const char *host = at ? at + 1 : from;

	snprintf(out, URL_SHOWN_MAX, "%.*s%.*s", (int)(from - url), url, (int)(end - host), host);
}

enum nos_code nos_http_easy_failed(const struct nos_http_easy_fault *f, struct nos_err *err)
{
	const char *words = f->words[0] ? f->words : curl_easy_strerror(f->rc);
	char shown[URL_SHOWN_MAX];
	long errnum = 0;

	show(f->url, shown);
	/* Not shown: where the password ends in it, no one can say. */
	if (f->rc == CURLE_URL_MALFORMAT)
		return nos_err_set(err, NOS_USAGE, "the URL must be http://HOST… or https://HOST…");
	if (f->rc == CURLE_ABORTED_BY_CALLBACK)
		return nos_err_set(err, NOS_BUSY, "%s: stopped", shown);
	if (f->rc == CURLE_OUT_OF_MEMORY || f->memory)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (f->over)
		return nos_err_set(
		    err, NOS_AWAY, "%s: the answer is over %zu bytes", shown, f->over);
	if (f->easy)
		curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &errnum);
	if (f->rc == CURLE_COULDNT_CONNECT && errnum)
		return nos_err_set_errno(err, NOS_AWAY, (int)errnum, "%s: not reached", shown);
	if (f->rc == CURLE_COULDNT_CONNECT || f->rc == CURLE_COULDNT_RESOLVE_HOST ||
	    f->rc == CURLE_COULDNT_RESOLVE_PROXY)
		return nos_err_set(err, NOS_AWAY, "%s: not reached: %s", shown, words);
	return nos_err_set(err, NOS_AWAY, "%s: %s", shown, words);
}

void nos_http_easy_media(CURL *easy, char ret[static NOS_HTTP_EASY_MEDIA_MAX])
{
	const char *type = NULL;
	struct nos_str rest, media;

	ret[0] = '\0';
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	rest = nos_str_of(type);
	if (!nos_str_cut(&rest, ';', &media))
		return;
	nos_str_copy(nos_str_trim(media), ret, NOS_HTTP_EASY_MEDIA_MAX);
	for (char *p = ret; *p; p++)
		*p = (char)tolower((unsigned char)*p);
}
