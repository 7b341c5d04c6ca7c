/* SPDX-License-Identifier: MIT */
/*
 * What libcurl's many transfers wait for, on an epoll, with a wake from other threads; for this
 * room alone. A socket that is kept from request to request stays on the epoll in between: to take
 * it off and on again would be two calls of the system a request. All but the wake belongs to one
 * thread.
 */
#ifndef NOS_NET_HTTP_WATCH_H
#define NOS_NET_HTTP_WATCH_H

#include <curl/curl.h>

#include "base/err.h"
#include "base/time.h"

struct nos_http_watch {
	CURLM *multi;
	int epoll, wake;
	struct nos_mono due; /* of libcurl's own; UINT64_MAX: none */
	struct nos_http_watched *of;
	size_t count; /* by number of a socket */
};

/* multi's sockets and times are the watch's from now on. NOS_INTERNAL, NOS_IO: as it says; to be
 * released all the same. */
enum nos_code nos_http_watch_init(
    struct nos_http_watch *w, CURLM *multi, struct nos_err *err) NOS_CHECK;
void nos_http_watch_release(struct nos_http_watch *w); /* once multi is gone */

/* Each transfer's sockets are to be made and closed under its eyes. */
CURLcode nos_http_watch_easy(struct nos_http_watch *w, CURL *easy);

/* Wait until something happens, at most until until, and have libcurl do what there is to do. */
void nos_http_watch_turn(struct nos_http_watch *w, struct nos_mono until);

/* From any thread: the turn ends. */
void nos_http_watch_wake(struct nos_http_watch *w);

#endif
