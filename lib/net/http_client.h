/* SPDX-License-Identifier: MIT */
/* HTTP requests, one at a time, over one connection that is kept (libcurl). One client a thread. */
#ifndef NOS_NET_HTTP_CLIENT_H
#define NOS_NET_HTTP_CLIENT_H

#include "base/buf.h"
#include "base/str.h"
#include "base/time.h"

#define NOS_HTTP_RECEIPT_MAX 128
#define NOS_HTTP_VIA_MAX     192 /* bytes of Nos-Via */

struct nos_http_client; /* opaque */

struct nos_http_client_config {
	const char *ca;		  /* file of the authorities for https; NULL: the system's */
	uint64_t connect_ms;	  /* longest wait for a connection */
	uint64_t total_ms;	  /* and for a whole answer */
	size_t answer_max;	  /* bytes of an answer's body */
	const volatile int *stop; /* not NULL: a request ends with NOS_BUSY once it is not 0;
				     another thread sets it by an atomic store */
};

struct nos_http_answer {
	unsigned status;
	char media[64]; /* Content-Type without parameters, lower case; or empty */
	char receipt[NOS_HTTP_RECEIPT_MAX]; /* Nos-Receipt, or empty */
	uint64_t retry_s;		    /* Retry-After in seconds, 0: none */
	struct nos_time date;		    /* Date, 0: none */
	const char *from; /* who answered, for errors: the carrier's (source/carrier.h); or NULL */
	bool sent; /* also on failure: some of the request went out, so that it may have arrived */
	struct nos_buf body; /* initialised by the caller; emptied, then filled */
};

/* Once in main, before threads. NOS_INTERNAL: libcurl failed. */
enum nos_code nos_http_client_start(struct nos_err *err) NOS_CHECK;

/*
 * Strings of *config are copied, stop is kept. NOS_ABSENT: no such CA file; NOS_INTERNAL: libcurl
 * failed, or out of memory.
 */
enum nos_code nos_http_client_new(const struct nos_http_client_config *config,
    struct nos_http_client **ret, struct nos_err *err) NOS_CHECK;
void nos_http_client_free(struct nos_http_client *c); /* NULL is fine */

/* A request. */
struct nos_http_client_request {
	const char *url;
	const char *authorization;   /* NULL: none */
	const char *media;	     /* of the body */
	const struct nos_span *body; /* NULL: GET, else POST */
	uint64_t total_ms; /* longest wait for this answer, in place of the config's; 0: that */
};

/* The requests that follow take most_ms at most, each, where neither they nor the config say less.
 * 0: as those say. */
void nos_http_client_limit(struct nos_http_client *c, uint64_t most_ms);

/* The requests that follow have Nos-Via, which names the relays that they have passed. Empty: no
 * more. False: longer than NOS_HTTP_VIA_MAX, and nothing is changed. */
bool nos_http_client_via(struct nos_http_client *c, struct nos_str relays);

/*
 * One request. http and https alone, no redirect is followed, no
 * proxy but the environment's, no content coding asked for. NOS_AWAY: not reached, broken off, over
 * time, over answer_max or the limit of ret->body, or a certificate that is not good; NOS_USAGE:
 * not a URL, or a header that is too long or of more than one line; NOS_BUSY: stopped, within a
 * second; NOS_INTERNAL: out of memory. The texts show the URL without user, password and query.
 * Except on NOS_OK, *ret holds nothing to be used but sent.
 */
enum nos_code nos_http_client_exchange(struct nos_http_client *c,
    const struct nos_http_client_request *r, struct nos_http_answer *ret,
    struct nos_err *err) NOS_CHECK;

/* As above: GET (body NULL, media not looked at) or POST, and nothing else said. */
enum nos_code nos_http_client_send(struct nos_http_client *c, const char *url, const char *media,
    const struct nos_span *body, struct nos_http_answer *ret, struct nos_err *err) NOS_CHECK;

/* Append value with every byte outside A-Za-z0-9-._~ as %XX: for a query. */
void nos_http_client_escape(struct nos_buf *b, struct nos_str value);

#endif
