/* SPDX-License-Identifier: MIT */
/* By which URLs a server is reached, as its listeners are bound. */
#ifndef NOS_CLUSTER_ADDRESSES_H
#define NOS_CLUSTER_ADDRESSES_H

#include "base/buf.h"
#include "net/http_server.h"
#include "store/store.h"

#define NOS_ADDRESSES_URL_MAX 72 /* bytes */

struct nos_addresses {
	const struct nos_http_server *server;
	size_t plain, secure; /* so many listeners, those under TLS behind the others */
};

/* Of listener i. */
void nos_addresses_url(
    const struct nos_addresses *a, size_t i, char ret[static NOS_ADDRESSES_URL_MAX]);

/* Of the first by which others find it, in the given space; NULL: each is any. */
const char *nos_addresses_first(
    const struct nos_addresses *a, bool secure, char space[static NOS_ADDRESSES_URL_MAX]);

/* What nos-token writes into its lines where it is not told otherwise. url: what the node was told
 * to go by; NULL: nothing. */
enum nos_code nos_addresses_note(const struct nos_addresses *a, struct nos_store *store,
    const char *url, struct nos_err *err) NOS_CHECK;

/* Append the members listen and, where there are such, listen_tls. */
void nos_addresses_encode(const struct nos_addresses *a, struct nos_buf *b);

#endif
