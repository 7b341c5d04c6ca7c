/* SPDX-License-Identifier: MIT */
/*
 * A connection of the HTTP server, for this room alone: the request that is on it, what is refused,
 * and until when it must have come. A connection is its loop's, and all here runs in that loop's
 * thread, called by libmicrohttpd.
 *
 * What libmicrohttpd answers itself, without fail: a request line or a header that cannot be read
 * (400), one over its memory (414, 431), a Content-Length that is no number (400) or over 64 bits
 * (413).
 */
#ifndef NOS_NET_HTTP_CONNECTION_H
#define NOS_NET_HTTP_CONNECTION_H

#include <stdatomic.h>

#include <microhttpd.h>

#include "net/http_server.h"

/* What all loops of a server share. */
struct nos_http_share {
	struct nos_http_config config;
	atomic_uint connections;
	atomic_uint pending;
	atomic_bool draining;
};

/* What a connection knows of its loop. */
struct nos_http_loop {
	struct nos_http_share *share;
	unsigned index;
	struct nos_http_connection *first;
	struct nos_http_request *handling; /* in the handler's call now, and not answered */
	struct nos_mono due;		   /* no connection is late before it */
};

/* The certificate and key that a connection goes by from its first use of them on; NULL: it has
 * none. */
struct nos_tls_pair *nos_http_connection_pair(struct MHD_Connection *mhd);

/* Callbacks of libmicrohttpd; loop is a struct nos_http_loop. */
void nos_http_connection_notify(void *loop, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode code);
void *nos_http_connection_line(void *loop, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result nos_http_connection_call(void *loop, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **context);
void nos_http_connection_done(
    void *loop, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code);

/* The request that a connection has, with its answer: where r came within it, r is closed first. */
struct nos_http_request *nos_http_connection_close(struct nos_http_request *r);

/* The answer of a request of this loop is there: close it, which is done here and not where it was
 * answered, since that thread may have many; and let libmicrohttpd ask for it at its next run. */
void nos_http_connection_resume(struct nos_http_request *r);

/*
 * Answer 408 on each connection of the loop that is late at now, and close it. Late is a request
 * not whole total_s after its first line, or a first line not whole idle_s + total_s after the
 * connection or the answer before it, since no single byte of a line is seen here.
 */
void nos_http_connection_expire(struct nos_http_loop *loop, struct nos_mono now);

#endif
