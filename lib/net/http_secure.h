/* SPDX-License-Identifier: MIT */
/*
 * What is under a connection of the HTTP server where that is TLS, for this room alone: which
 * ciphers are taken, who the server shows that it is, and what was agreed upon.
 */
#ifndef NOS_NET_HTTP_SECURE_H
#define NOS_NET_HTTP_SECURE_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "base/str.h"

/* TLS 1.2 and 1.3, keys that are not kept, and ciphers whose tag is of 128 bits. */
#define NOS_HTTP_SECURE_PRIORITIES                                                   \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA" \
	":-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:%SERVER_PRECEDENCE"

/* libmicrohttpd's MHD_OPTION_HTTPS_CERT_CALLBACK: the pair of nos_http_connection_pair. */
int nos_http_secure_certificate(gnutls_session_t session, const gnutls_datum_t *authorities,
    int authority_count, const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
    gnutls_pcert_st **ret_chain, unsigned *ret_chain_len, gnutls_privkey_t *ret_key);

/* Key bits of the cipher of a connection whose handshake is over; 0: it is plain. */
unsigned nos_http_secure_bits(struct MHD_Connection *mhd);

/* Write past libmicrohttpd what is the last of a connection, as far as it goes now: before the end
 * of the handshake nothing does. False: it is plain, and nothing was written. */
bool nos_http_secure_send_last(struct MHD_Connection *mhd, struct nos_span text);

#endif
