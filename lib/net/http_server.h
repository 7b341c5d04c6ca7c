/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server (RFC 9110, 9112) that answers when the answer is ready: a handler may keep a
 * request and answer it later from any thread, for instance once it is on disk. Loops of their own,
 * one a core, each with an epoll of libmicrohttpd. Knows nothing of what it serves.
 *
 * A request belongs to the server. From the handler's call to nos_http_server_answer it is in the
 * hands of whoever keeps it, one thread at a time; with the answer it is gone.
 */
#ifndef NOS_NET_HTTP_SERVER_H
#define NOS_NET_HTTP_SERVER_H

#include "base/buf.h"
#include "base/str.h"
#include "base/time.h"

#define NOS_HTTP_LISTEN_MAX   8	  /* addresses of one server, plain and TLS */
#define NOS_HTTP_ADDRESS_MAX  64  /* bytes of "[::1]:65535" */
#define NOS_HTTP_HEADERS_MAX  4	  /* further headers of an answer */
#define NOS_HTTP_HEADER_BYTES 256 /* of one header's value */

struct nos_http_server; /* opaque */
struct nos_tls;		/* net/tls.h */

struct nos_http_header {
	const char *name; /* a literal */
	char value[NOS_HTTP_HEADER_BYTES];
};

struct nos_http_request;

/* Called in the loop's thread, or in the one that answers. */
typedef void nos_http_close(struct nos_http_request *inner);

struct nos_http_request {
	/* What came; views are good until the answer. */
	struct nos_str method;	      /* "POST" */
	struct nos_str path;	      /* without the query, as it came: not decoded */
	struct nos_str query;	      /* behind '?', len 0: none */
	struct nos_str media;	      /* Content-Type without parameters, lower case; len 0: none */
	struct nos_str foreign;	      /* its charset, where that is not UTF-8 or US-ASCII */
	struct nos_str coding;	      /* Content-Encoding; len 0: none */
	struct nos_str authorization; /* len 0: none */
	struct nos_str via;	      /* Nos-Via: relays that it has passed; len 0: none */
	struct nos_span body;
	struct nos_mono since; /* when its header had come */
	unsigned loop;	       /* whose it is, from 0 */
	unsigned tls_bits;     /* of the key of the cipher that it came under; 0: it came plain */
	bool local;	       /* from this machine, by its loopback */

	/* What goes; for who answers. */
	unsigned status;
	const char *type;   /* Content-Type, a literal; NULL: none */
	struct nos_buf out; /* the body, initialised by the server with its limit */
	struct nos_http_header headers[NOS_HTTP_HEADERS_MAX];
	size_t header_count;

	void *user;		       /* the handler's own */
	struct nos_http_request *next; /* the handler's own until the answer: for lists */

	/* Not NULL: this one came within another, of the same loop, which the server has. With the
	 * answer close is called with this one, which is gone, and fills the other's answer. */
	struct nos_http_request *outer;
	nos_http_close *close;
};

/*
 * Called with a request's header alone, before its body is read: *ret_max is the largest body that
 * will be taken. False: the request was answered in r->status, type, out, and its body is not read.
 * The server has then already refused: no Content-Length where there is a body (411), two of them
 * or one beside Transfer-Encoding (400), two Authorization (400), no Host (400). It calls fail for
 * those and for a body over *ret_max (413), its own time limit (408) and no room (503), so that all
 * errors look alike.
 */
typedef bool nos_http_begin(void *state, struct nos_http_request *r, size_t *ret_max);

/*
 * Called with each Authorization that came with a request, before begin, and whatever becomes of
 * the request: refused by the server or by libmicrohttpd, or broken off behind that line. Of r
 * loop, tls_bits and local are good.
 */
typedef void nos_http_shown(
    void *state, const struct nos_http_request *r, struct nos_str authorization);

/* Fill r's answer for an error of the server's own. retry_s 0: no Retry-After. */
typedef void nos_http_fail(void *state, struct nos_http_request *r, unsigned status,
    enum nos_code code, const char *text, unsigned retry_s);

/* The whole request is there. To be answered by nos_http_server_answer, now or later. */
typedef void nos_http_handle(void *state, struct nos_http_request *r);

/* The loop has handled all that was ready, and is about to wait: time to hand lists over. */
typedef void nos_http_turn(void *state, unsigned loop);

struct nos_http_config {
	const char *const *listen; /* "127.0.0.1:8080" "[::1]:0" ":8080"; port 0 picks one */
	size_t listen_count;
	const char *const *listen_tls; /* those where TLS is spoken, and nothing else */
	size_t listen_tls_count;
	struct nos_tls *tls;	 /* for those; outlives the server */
	unsigned loops;		 /* threads */
	unsigned connections;	 /* at once, over all loops; one more gets 503 */
	unsigned requests;	 /* in hand at once, over all loops; one more gets 503 */
	unsigned idle_s;	 /* a connection without traffic is closed after it */
	unsigned total_s;	 /* from a request's first line to its last byte, else 408; for the
				    first line itself idle_s + total_s. Answers have idle_s alone */
	size_t out_max;		 /* bytes of an answer's body */
	const char *thread_name; /* at most 10 bytes; the loop's number stands behind it */

	void *state;
	nos_http_shown *shown; /* NULL: none */
	nos_http_begin *begin;
	nos_http_fail *fail;
	nos_http_handle *handle;
	nos_http_turn *turn; /* NULL: none */
};

/*
 * Bind every address and start the loops. NOS_USAGE: not an address; NOS_EXISTS: taken, also by
 * another nos-serve of the same user; NOS_DENIED: a port below 1024; NOS_IO: the system refused.
 * *ret is set before the loops start, so that the first handler call finds it.
 */
enum nos_code nos_http_server_new(const struct nos_http_config *config,
    struct nos_http_server **ret, struct nos_err *err) NOS_CHECK;

/* Is text an address to listen on? NOS_USAGE: not. Whether it is free only a server shows. */
enum nos_code nos_http_server_check(const char *text, struct nos_err *err) NOS_CHECK;

/* Address i as bound, with the port that was picked; those of listen_tls come behind the others. */
const char *nos_http_server_address(const struct nos_http_server *s, size_t i);

/* Send r's answer; from any thread. r is gone. */
void nos_http_server_answer(struct nos_http_server *s, struct nos_http_request *r);

/* As above for a list linked by next: one lock and at most one wake a loop. */
void nos_http_server_answer_list(struct nos_http_server *s, struct nos_http_request *list);

/* Add a header to an answer; value is cut to what fits. At most NOS_HTTP_HEADERS_MAX. */
void nos_http_server_header(struct nos_http_request *r, const char *name, const char *value);

/* Take no new connection and no new request (503, Connection: close), go on answering. */
void nos_http_server_drain(struct nos_http_server *s);

/* Requests that were handed to the handler and are not answered. */
unsigned nos_http_server_pending(const struct nos_http_server *s);

/* Stop the loops, join them, close all. No request may be pending. NULL is fine. */
void nos_http_server_free(struct nos_http_server *s);

#endif
