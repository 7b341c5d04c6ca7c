/* SPDX-License-Identifier: MIT */
/*
 * The certificate and the key by which a server shows who it is, as its files have them. They can
 * be replaced while it serves: connections that stand keep what they began with, and new ones take
 * what is there. Thread-safe.
 */
#ifndef NOS_NET_TLS_H
#define NOS_NET_TLS_H

#include "base/err.h"
#include "base/str.h"
#include "base/time.h"

#define NOS_TLS_TEXT_MAX  65536 /* bytes of either file */
#define NOS_TLS_CHAIN_MAX 16	/* certificates, the server's own first */

struct nos_tls; /* opaque */

/* Of PEM texts. NOS_CONFIG: not a certificate, not a key, or they do not belong together; what is
 * wrong with which of them stands in the text. NOS_INTERNAL. */
enum nos_code nos_tls_new(struct nos_str certificates, struct nos_str key, struct nos_tls **ret,
    struct nos_err *err) NOS_CHECK;

/* Others in place of those that are there, which stay on an error; as above. */
enum nos_code nos_tls_replace(struct nos_tls *t, struct nos_str certificates, struct nos_str key,
    struct nos_err *err) NOS_CHECK;

/* From and until when the server's own certificate holds. */
void nos_tls_span(struct nos_tls *t, struct nos_time *ret_from, struct nos_time *ret_until);

/* When no server has it any more. NULL is fine. */
void nos_tls_free(struct nos_tls *t);

#endif
