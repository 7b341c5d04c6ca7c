/* SPDX-License-Identifier: MIT */
/*
 * The threads of a relay that pass requests on as they are, and their answers back: all that is
 * sealed or proved between a source and its node anyway. A thread has one request at a time and a
 * client of its own, so that polls, which a node holds, take threads of a pool of their own.
 */
#ifndef NOS_SOURCE_RELAY_POOL_H
#define NOS_SOURCE_RELAY_POOL_H

#include "net/http_server.h"

struct nos_relay_pool; /* opaque */

/* Texts must outlive the threads. */
struct nos_relay_pool_config {
	const char *name; /* of the threads, a literal */
	unsigned threads;
	unsigned waiting;	 /* requests that wait for a thread, at most */
	const char *id;		 /* of the relay */
	const char *const *urls; /* of the node, checked; one that is not reached, then the next */
	size_t url_count;
	const char *const *via; /* neighbours that relay, checked */
	size_t via_count;
	const uint8_t *pin; /* of the node, a copy that does not change */
	const char *ca;	    /* NULL: the system's */
	uint64_t answer_ms; /* longest wait for an answer */

	void *state;
	void (*answer)(void *state, struct nos_http_request *r); /* from a thread */
};

/* libcurl was started. NOS_ABSENT: no such CA file; NOS_INTERNAL. */
enum nos_code nos_relay_pool_new(const struct nos_relay_pool_config *config,
    struct nos_relay_pool **ret, struct nos_err *err) NOS_CHECK;

/* Answer what waits, then end. NULL is fine. */
void nos_relay_pool_free(struct nos_relay_pool *p);

/* Hand a request over, whose path with its query is not over NOS_CARRIER_PATH_MAX; from any thread.
 * False: no room. */
bool nos_relay_pool_submit(struct nos_relay_pool *p, struct nos_http_request *r);

/* What is under way or waits is broken off within a second: 503, to come again. */
void nos_relay_pool_cut(struct nos_relay_pool *p);

#endif
