/* SPDX-License-Identifier: MIT */
/* How servers are reached: hosts and prefix of a URL, who comes, TLS. For nats_link.c. */
#ifndef NOS_STORE_NATS_DIAL_H
#define NOS_STORE_NATS_DIAL_H

#include "store/nats_link.h"

/* Make the connection that l->url, l->creds and l->ca say, with what the files hold now. Fills nc,
 * js, ask, servers, prefix and replicas; what is to be closed where it failed is there as well.
 * Errors as nos_nats_link_open. */
enum nos_code nos_nats_dial(struct nos_nats_link *l, struct nos_err *err) NOS_CHECK;

#endif
