/* SPDX-License-Identifier: MIT */
/*
 * The way to NATS servers: one connection a store, which finds another server by itself, and what
 * goes wrong on it. One that servers refused twice the library gives up for good; another is made
 * in its place. Nothing is called by the library's threads. For the files of this room.
 */
#ifndef NOS_STORE_NATS_LINK_H
#define NOS_STORE_NATS_LINK_H

#include <nats/nats.h>

#include "base/time.h"
#include "store/store.h"

#define NOS_NATS_HOSTS_MAX   16
#define NOS_NATS_PREFIX_MAX  32
#define NOS_NATS_NAME_MAX    96	   /* of a stream or bucket, with the prefix */
#define NOS_NATS_SERVERS_MAX 512   /* bytes of the URL's hosts */
#define NOS_NATS_WAIT_MS     10000 /* that a question is asked again while no server answers it */
#define NOS_NATS_ASK_MS	     2000  /* that one answer is waited for */
#define NOS_NATS_LEAVE_MS    6000 /* after which another server is tried: elections take 4 to 6 s */
#define NOS_NATS_REPLICAS    3	  /* no more are asked for, however many hosts are named */

/* What the servers say by number (the JetStream API's err_code). */
#define NOS_NATS_WRONG_SEQUENCE 10071
#define NOS_NATS_WRONG_ID	10070

struct nos_nats_link {
	natsConnection *nc;
	jsCtx *js;
	jsOptions ask; /* how long one answer is waited for */
	char servers[NOS_NATS_SERVERS_MAX];
	char prefix[NOS_NATS_PREFIX_MAX + 1];
	char id[17];	  /* drawn: what this store sends begins with it */
	int64_t replicas; /* of what is made */
	bool tls;
	char *url, *creds, *ca;	   /* what it was opened with */
	uint64_t found, reopen_us; /* reconnects before this connection; when another may be made */
};

/* Connect: what nos_store_open says of servers. tls: what the URL began with. */
enum nos_code nos_nats_link_open(struct nos_nats_link *l, const struct nos_store_where *where,
    bool tls, struct nos_err *err) NOS_CHECK;
void nos_nats_link_close(struct nos_nats_link *l);

/* Go to another server, where more than one is known: this one is there, and does not answer, as
 * one does that is cut off from the others. */
void nos_nats_link_leave(const struct nos_nats_link *l);

/* Do the servers have JetStream at all? Asked once; true also where nobody answers. */
bool nos_nats_link_keeps(const struct nos_nats_link *l);

/* Is the connection given up? Then nothing comes or goes. */
bool nos_nats_link_is_given_up(const struct nos_nats_link *l);

/* Make another, with the files as they are now, once a second at most; who listened on the old one
 * has to do so anew. NOS_BUSY: not now. */
enum nos_code nos_nats_link_reopen(struct nos_nats_link *l, struct nos_err *err) NOS_CHECK;

/* How often the connection was lost and found again. */
uint64_t nos_nats_link_found(const struct nos_nats_link *l);

/* A question that may be asked again: while nos_nats_link_again says so. It waits a moment, and in
 * its midst another server is gone to, once, where the one that is there cannot answer. */
struct nos_nats_try {
	const struct nos_nats_link *link;
	uint64_t leave_us, end_us;
	uint64_t found; /* nos_nats_link_found when it began */
};
struct nos_nats_try nos_nats_link_try(const struct nos_nats_link *l, uint64_t wait_ms);
bool nos_nats_link_again(const struct nos_nats_try *t, natsStatus s, jsErrCode code);

/* For who waits for an answer now: what was sent goes out at once. The library's own thread would
 * wait for more of it, a millisecond. */
void nos_nats_link_push(const struct nos_nats_link *l);

/* End it; NULL is fine. The library's thread may be about to lock one that a message has just come
 * for (nats.c before 3.6, its issue 637): the servers' answer to a ping comes to it behind that. */
void nos_nats_link_unsubscribe(const struct nos_nats_link *l, natsSubscription *sub);

/* It may be otherwise in a moment: no connection, no leader. */
bool nos_nats_link_is_passing(natsStatus s, jsErrCode code);
/* No such stream, or no such message in it. */
bool nos_nats_link_is_absent(natsStatus s, jsErrCode code);
void nos_nats_link_nap(uint64_t ms);

/* Fill *err: NOS_IO, for what servers answered that they do not take. */
enum nos_code nos_nats_link_refused(const char *what, unsigned code, struct nos_err *err);

/* Fill *err by what went wrong: NOS_BUSY where no server answered, or too few are there,
 * NOS_DENIED, NOS_INTERNAL (out of memory), else NOS_IO. code: what the servers said; 0: they did
 * not. */
enum nos_code nos_nats_link_failed(const struct nos_nats_link *l, const char *what, natsStatus s,
    jsErrCode code, struct nos_err *err);

#endif
