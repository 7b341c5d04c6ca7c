/* SPDX-License-Identifier: MIT */
/*
 * Requests from one nos-serve to another of the same store, which has the lane that they are of.
 * Whole and sealed (AES-256-GCM) under a key that comes from the node key file, which all of them
 * have; so is the answer, which is bound to its request. What is as old as a minute, or was
 * seen, is refused: each is opened once (cluster/parcel.h). Thread-safe.
 *
 * Out: nos_forward_send. In: the handler of POST NOS_FORWARD_PATH has nos_forward_open make a
 * request of what came (inner, within the one that came by itself, its outer), and treats it as if
 * it had come by itself: nos_forward_admit, the handler, and nos_http_server_answer or its list,
 * which seals the answer into the outer one and sends that. Nobody is to answer the outer one.
 *
 *	inner = nos_forward_open(f, r);
 *	if (!inner)
 *		answer(r);
 *	else if (!nos_forward_admit(inner, state, begin, fail))
 *		answer(inner);
 *	else
 *		handle(state, inner);
 *
 * An inner request has its outer's loop and time, and all else of its own. It is never forwarded
 * again.
 */
#ifndef NOS_CLUSTER_FORWARD_H
#define NOS_CLUSTER_FORWARD_H

#include "net/http_server.h"
#include "self/vault.h"

#define NOS_FORWARD_PATH     "/v1/forward"
#define NOS_FORWARD_MEDIA    "application/octet-stream"
#define NOS_FORWARD_MS	     10000	 /* the usual longest wait for an answer */
#define NOS_FORWARD_HEAD_MAX (17u << 10) /* bytes of a sealed request beyond the body within it */

struct nos_forward; /* opaque */

/* r's answer is filled: to be sent. On the thread of forwarding. */
typedef void nos_forward_answer(void *state, struct nos_http_request *r);

struct nos_forward_config {
	const struct nos_vault *vault; /* not needed any more once it is made */
	const char *ca;		       /* of the others, as net/http_multi.h's */
	unsigned at_once;	       /* under way to each other */
	uint64_t total_ms;	       /* NOS_FORWARD_MS */
	void *state;
	nos_forward_answer *answer;
};

/* After nos_http_client_start. Errors as nos_http_multi_new, NOS_INTERNAL also: OpenSSL failed. */
enum nos_code nos_forward_new(const struct nos_forward_config *config, struct nos_forward **ret,
    struct nos_err *err) NOS_CHECK;

/*
 * Send r to who is at url, which is copied: the other's cluster URL, without path. r is answered by
 * the config's answer, later on another thread, or at once: as the other said, or 503 (NOS_AWAY,
 * Retry-After: 1) where it was not reached, did not answer in time, refused, or said what does not
 * verify; so is one that was forwarded already. Why, the log says, once a second at most.
 */
void nos_forward_send(struct nos_forward *f, struct nos_http_request *r, const char *url);

/* NULL: refused, and the answer is in outer. From any thread. */
struct nos_http_request *nos_forward_open(struct nos_forward *f, struct nos_http_request *outer);

/* As the server does with one that came by itself: its header to begin, then the size of its body.
 * False: refused, and the answer is in inner. */
bool nos_forward_admit(
    struct nos_http_request *inner, void *state, nos_http_begin *begin, nos_http_fail *fail);

/* All that was sent is answered first. Where requests were opened, their server must be gone: it
 * closes them. NULL is fine. */
void nos_forward_free(struct nos_forward *f);

#endif
