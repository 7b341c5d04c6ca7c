/* SPDX-License-Identifier: MIT */
/*
 * A carrier of several ways: straight to the node, and through neighbours that relay
 * (nos-relay(8)), which is Algorithm 1 of Dini et al., as nos-schemes(7) mends it: its line numbers
 * stand in route.c, and those of the neighbour in relay_sender.c. Each
 * way is tried once a request, the one that was good last first; the straight one comes back now
 * and then. An answer that is none of the node's (source/worth.h) is no answer as long as a way is
 * left; then the one that helps most is given back. A sealed pack goes to a neighbour in a frame
 * where the keyring has a link to it (key/hop.h), else as it would go to the node; all else goes as
 * it is. It believes nothing: what a neighbour does with it is the business of seals and receipts.
 * Belongs to the thread of its ring.
 */
#ifndef NOS_SOURCE_ROUTE_H
#define NOS_SOURCE_ROUTE_H

#include "net/url.h"
#include "source/carrier.h"
#include "source/ring.h"

#define NOS_ROUTE_VIA_MAX      8      /* neighbours */
#define NOS_ROUTE_AGAIN_MS     120000 /* behind a neighbour the straight way is tried this often */
#define NOS_ROUTE_DISCONNECTED "disconnected: neither the node nor a neighbour is reached"
#define NOS_ROUTE_CONNECT_MS   3000 /* what is not reached in that time is no way */

struct nos_route_way {
	const char *url; /* the caller's; NULL: straight */
	bool asked;	 /* who it is */
	/* Until when it is of another node, as it said itself; 0: it is not. */
	struct nos_mono foreign;
	char relay[33]; /* its id; empty: it is none that says so */
};

struct nos_route {
	struct nos_carrier straight;
	const struct nos_ring *ring; /* with the links; NULL: none */
	struct nos_route_way ways[1 + NOS_ROUTE_VIA_MAX];
	unsigned hops;	    /* that a pack has behind it: 0 from a source itself */
	const uint8_t *pin; /* of the node, the caller's; NULL: not known */
	/* Is the answer to a sealed pack under its receipt? NULL: one that has any. */
	bool (*proven)(void *state, const struct nos_http_answer *a);
	void *state;
	size_t count, good;		       /* good: of the last request that arrived */
	struct nos_mono again;		       /* when the straight way is to be tried first */
	struct nos_http_answer document, kept; /* kept: the best so far that is none */
	struct nos_buf frame;
};

/* Are there not too many, and is each a URL? NOS_USAGE: no. */
enum nos_code nos_route_check(const char *const *via, size_t count, struct nos_err *err) NOS_CHECK;

/* Those between hops and document are for the caller to set then; pin is the ring's, where there is
 * one. via was checked; it, ring and what straight stands on must outlive *r. */
void nos_route_init(struct nos_route *r, const struct nos_carrier *straight,
    const struct nos_ring *ring, const char *const *via, size_t count);
/* Another node, of that pin, which must outlive its use. */
void nos_route_aim(struct nos_route *r, const uint8_t *pin);
void nos_route_release(struct nos_route *r); /* all-zero is fine */

/* *r must not move while it is used. It gives what a carrier gives; NOS_AWAY: no way was good, the
 * last one's reason is in the text, and some of it may have arrived where sent is set. */
struct nos_carrier nos_route_carrier(struct nos_route *r);

#endif
