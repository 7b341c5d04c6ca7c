/* SPDX-License-Identifier: MIT */
/* The header of a request, as libmicrohttpd has read it: what counts in it, and how often it came.
 * Belongs to the loop of its connection. */
#ifndef NOS_NET_HTTP_HEAD_H
#define NOS_NET_HTTP_HEAD_H

#include <microhttpd.h>

#include "net/http_server.h"

#define NOS_HTTP_MEDIA_MAX 128

/* What counts of a header beside what goes into the request. */
struct nos_http_head {
	struct nos_http_request *request;
	char *media;	    /* NOS_HTTP_MEDIA_MAX bytes, for the request's */
	const char *length; /* NULL: none */
	unsigned lengths, transfers, hosts, authorizations;
};

/* Fill h, and the views of its request. */
void nos_http_head_read(struct MHD_Connection *mhd, struct nos_http_head *h);

/* Where a message ends must be beyond doubt (RFC 9112 §6.3, §11.2), and who sends it: why the
 * request is not taken, with its status and code; NULL: it is. */
const char *nos_http_head_fault(const struct nos_http_head *h, const char *version,
    unsigned *ret_status, enum nos_code *ret_code);

/* Tell config's shown of each Authorization that came with the request. */
void nos_http_head_show(struct MHD_Connection *mhd, const struct nos_http_config *config,
    const struct nos_http_request *r);

#endif
