/* SPDX-License-Identifier: MIT */
/*
 * HTTP on 127.0.0.1: what a key costs on its way, without a network. A message there and its reply
 * back, where the server has one thread and the client is the caller's, and keeps its connection;
 * and servers that do something of their own with a request.
 */
#ifndef BENCH_LOOPBACK_H
#define BENCH_LOOPBACK_H

#include "net/http_client.h"
#include "net/http_server.h"

#define LOOPBACK_URL_MAX (NOS_HTTP_ADDRESS_MAX + 8)

/* A server there of the caller's own, which takes whatever comes: 64 kB at most, so also what it
 * answers. NOS_IO; NOS_INTERNAL. */
enum nos_code loopback_serve(nos_http_handle *handle, void *state, unsigned loops,
    struct nos_http_server **ret, char ret_url[static LOOPBACK_URL_MAX],
    struct nos_err *err) NOS_CHECK;

struct loopback {
	struct nos_http_server *server;
	struct nos_http_client *client;
	struct nos_http_answer answer;
	char url[LOOPBACK_URL_MAX];
	struct nos_span reply; /* that is answered: set between requests alone */
};

/* Close it, also where this fails: NOS_IO, NOS_INTERNAL. */
enum nos_code loopback_open(struct loopback *l, struct nos_err *err) NOS_CHECK;
void loopback_close(struct loopback *l);

/* One request, and its answer. *ret_ms: from the first byte to the last. NOS_AWAY; NOS_INTERNAL:
 * the answer was another. */
enum nos_code loopback_send(struct loopback *l, struct nos_span message, struct nos_span reply,
    double *ret_ms, struct nos_err *err) NOS_CHECK;

#endif
