/* SPDX-License-Identifier: MIT */
/* An answer of the HTTP server, as libmicrohttpd takes it and as bytes; for this room alone. */
#ifndef NOS_NET_HTTP_REPLY_H
#define NOS_NET_HTTP_REPLY_H

#include <microhttpd.h>

#include "net/http_server.h"

/* The caller destroys it. Takes the body out of r. NULL: out of memory. */
struct MHD_Response *nos_http_reply_make(struct nos_http_request *r, bool close);

/*
 * The whole message, status being "408 Request Timeout", after which the connection is closed.
 * *ret is initialised here, and released by the caller.
 */
void nos_http_reply_encode(
    const struct nos_http_request *r, const char *status, struct nos_buf *ret);

#endif
