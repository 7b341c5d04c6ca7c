/* SPDX-License-Identifier: MIT */
/*
 * How a request of a source gets to its node, and the answer back: straight over HTTP, or by
 * whatever else is put in its place. It believes nothing of what it carries. A carrier belongs to
 * one thread.
 */
#ifndef NOS_SOURCE_CARRIER_H
#define NOS_SOURCE_CARRIER_H

#include "net/http_client.h"

#define NOS_CARRIER_PATH_MAX 512 /* bytes of a path with its query */

struct nos_carrier_request {
	const char *url;	     /* of the node, checked (net/url.h) */
	const char *path;	     /* below it: "/v1/data?kind=k" */
	const char *authorization;   /* NULL: none */
	const char *media;	     /* of the body */
	const struct nos_span *body; /* NULL: GET, else POST */
	uint64_t most_ms; /* longest wait for the answer; 0: as long as the carrier does */
};

/*
 * Carry one request. NOS_AWAY: not reached, or no answer; NOS_BUSY: stopped; NOS_USAGE: it cannot
 * be sent; NOS_INTERNAL. Except on NOS_OK, *ret holds nothing to be used but sent.
 */
typedef enum nos_code nos_carrier_carry(void *state, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err);

struct nos_carrier {
	nos_carrier_carry *carry;
	void *state;
};

/* The straight one, over a client that must outlive it. */
struct nos_carrier nos_carrier_straight(struct nos_http_client *client);

/* Carry by it. */
enum nos_code nos_carrier_send(const struct nos_carrier *c, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err) NOS_CHECK;

#endif
