/* SPDX-License-Identifier: MIT */
/*
 * Many HTTP requests at once from one thread of their own (libcurl), over connections that are
 * kept. A call may be handed in by any thread. So many to one URL are under way at once; what is
 * more waits for its turn, and what waits for one URL holds no other up.
 */
#ifndef NOS_NET_HTTP_MULTI_H
#define NOS_NET_HTTP_MULTI_H

#include "base/buf.h"
#include "base/str.h"
#include "base/time.h"

struct nos_http_multi; /* opaque */

struct nos_http_multi_call;

/* On the thread of the multi. The call is its maker's again, who may free it here. */
typedef void nos_http_multi_done(void *state, struct nos_http_multi_call *call);

struct nos_http_multi_config {
	const char *ca;		 /* file of the authorities for https; NULL: the system's */
	uint64_t connect_ms;	 /* longest wait for a connection */
	unsigned at_once;	 /* under way to one URL, each on a connection of its own */
	const char *thread_name; /* at most 15 bytes */
	void *state;
	nos_http_multi_done *done;
};

/* A POST. All of it belongs to its maker, and stays as it is until done. */
struct nos_http_multi_call {
	const char *url;
	const char *media; /* a literal */
	struct nos_span body;
	uint64_t total_ms; /* longest wait for the answer, that for its turn within it */

	/* What came; all-zero before. Of err NOS_AWAY: not reached, broken off, over time, over
	 * the limit of answer, or a certificate that is not good; NOS_USAGE: not a URL;
	 * NOS_INTERNAL: out of memory. Its text shows the URL without user, password and query. */
	struct nos_err err;
	unsigned status;
	char media_came[64];   /* Content-Type without parameters, lower case; or empty */
	struct nos_buf answer; /* initialised by the maker with its limit, and released by it */

	void *user; /* the maker's own */
	struct nos_http_multi_call
	    *next;	     /* the maker's until it hands the call in, and when done */
	struct nos_mono due; /* the multi's own */
};

/*
 * After nos_http_client_start. Strings of *config are copied but its literals. NOS_ABSENT: no such
 * CA file; NOS_INTERNAL: libcurl failed, or out of memory; NOS_IO: the system refused.
 */
enum nos_code nos_http_multi_new(const struct nos_http_multi_config *config,
    struct nos_http_multi **ret, struct nos_err *err) NOS_CHECK;

/* Hand in calls linked by next, with one lock; from any thread. Each is done once, later. */
void nos_http_multi_submit(struct nos_http_multi *m, struct nos_http_multi_call *list);

/* Wait until all that was handed in is done, and end the thread. Nobody may hand in any more. NULL
 * is fine. */
void nos_http_multi_free(struct nos_http_multi *m);

#endif
