/* SPDX-License-Identifier: MIT */
/*
 * A certificate with its key, for this room alone: read from text, and held by each connection that
 * began with it. Never changed once it is made. Thread-safe.
 */
#ifndef NOS_NET_TLS_PAIR_H
#define NOS_NET_TLS_PAIR_H

#include <stdatomic.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "net/tls.h"

struct nos_tls_pair {
	atomic_uint holders;
	gnutls_pcert_st chain[NOS_TLS_CHAIN_MAX];
	unsigned chain_len;
	gnutls_privkey_t key;
	struct nos_time from, until;
};

/* With one holder, the caller. As nos_tls_new. */
enum nos_code nos_tls_pair_read(struct nos_str certificates, struct nos_str key,
    struct nos_tls_pair **ret, struct nos_err *err) NOS_CHECK;

/* The last holder takes it along. NULL is fine. */
void nos_tls_pair_drop(struct nos_tls_pair *p);

/* What is in force now, held for the caller. */
struct nos_tls_pair *nos_tls_hold(struct nos_tls *t);

#endif
