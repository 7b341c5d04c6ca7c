/* SPDX-License-Identifier: MIT */
/*
 * Addresses that a server listens on: read from text, and bound by a socket for each loop, between
 * which the kernel shares the connections (SO_REUSEPORT). Numbers alone, no names.
 */
#ifndef NOS_NET_HTTP_LISTEN_H
#define NOS_NET_HTTP_LISTEN_H

#include <sys/socket.h>

#include "net/http_server.h"

struct nos_http_listen {
	struct sockaddr_storage to;
	socklen_t len;
	bool any;			 /* ":8080": every address, IPv6 and IPv4 */
	char text[NOS_HTTP_ADDRESS_MAX]; /* as asked for; once bound, as bound */
};

/* Read "127.0.0.1:8080", "[::1]:0", ":8080". NOS_USAGE: not an address. */
enum nos_code nos_http_listen_parse(
    const char *text, struct nos_http_listen *ret, struct nos_err *err) NOS_CHECK;

/* Is it this machine's loopback? */
bool nos_http_listen_is_local(const struct sockaddr *peer);

/*
 * Bind count listening sockets, which are the caller's to close; a->to and a->text then hold the
 * port that was picked. On failure none is left open. NOS_EXISTS: taken, also by another server of
 * the same user; NOS_DENIED: not allowed to this user; NOS_IO: the system refused.
 */
enum nos_code nos_http_listen_open(
    struct nos_http_listen *a, unsigned count, int *ret_fds, struct nos_err *err) NOS_CHECK;

#endif
