/* SPDX-License-Identifier: MIT */
/*
 * What was sent to NATS servers and is not acknowledged yet: a bounded queue, out of which is sent
 * again what a server that died has taken with it. Each message has an id, so that none is stored
 * twice. Of entries that follow each other in a tail only every so many, and the last before a
 * wait, are to be acknowledged: it tells of those before it. For the files of this room.
 */
#ifndef NOS_STORE_NATS_FLIGHT_H
#define NOS_STORE_NATS_FLIGHT_H

#include "store/nats_make.h"

#define NOS_NATS_ID "Nats-Msg-Id"

#define NOS_NATS_FLIGHT_MAX   4096	  /* messages */
#define NOS_NATS_FLIGHT_BYTES (32u << 20) /* of them all; one alone may be larger */
#define NOS_NATS_FLIGHT_MS    30000 /* that nothing is acknowledged, after which it is given up */

struct nos_nats_tail; /* nats_tail.h */

struct nos_nats_sent {
	natsMsg *msg;
	uint64_t number;
	size_t bytes, hash;	    /* hash of a key's subject; 0: an entry */
	struct nos_nats_tail *tail; /* NULL: goes wherever the servers put it */
	uint64_t position;
	unsigned times; /* that it was sent; 0: it is held until it is known whether it asks */
	bool asks;	/* to be acknowledged */
	bool done;
};

/* What the servers said to one message. */
struct nos_nats_answer {
	uint64_t seq;
	unsigned code;	/* 0: stored */
	unsigned times; /* that it was sent: an earlier one may have been stored */
};

struct nos_nats_flight {
	const struct nos_nats_link *link;
	natsSubscription *acks;
	char inbox[64];
	struct nos_nats_sent *ring;
	size_t first, count, bytes;
	size_t puts;	   /* of them, values of keys */
	uint64_t number;   /* of the last that was sent */
	uint64_t moved_us; /* when something was acknowledged last */
	uint64_t again_us; /* when everything was sent again last */
	uint64_t left_us;  /* when another server was gone to last */
	bool pushed;	   /* what was sent has gone out */
	bool holds;	   /* an entry that is not sent yet */
	bool again;	   /* something was refused that may be taken now */
	uint64_t wanted;   /* whose answer is waited for */
	struct nos_nats_answer answer;
	struct nos_err fault; /* the first thing that went wrong with one that nobody waited for */
};

enum nos_code nos_nats_flight_open(
    struct nos_nats_flight *f, const struct nos_nats_link *l, struct nos_err *err) NOS_CHECK;
void nos_nats_flight_close(struct nos_nats_flight *f);

/* Where the link has a new connection: hear there what is answered, and send all again. */
enum nos_code nos_nats_flight_listen(struct nos_nats_flight *f, struct nos_err *err) NOS_CHECK;

/* A message, the next to be sent; asks: to be acknowledged in any case. */
enum nos_code nos_nats_flight_new(struct nos_nats_flight *f, const char *subject,
    struct nos_span body, bool asks, natsMsg **ret, struct nos_err *err) NOS_CHECK;
enum nos_code nos_nats_flight_head(
    natsMsg *msg, const char *name, const char *value, struct nos_err *err) NOS_CHECK;
enum nos_code nos_nats_flight_head_num(
    natsMsg *msg, const char *name, uint64_t value, struct nos_err *err) NOS_CHECK;

/* Send it, and own it: failed or not it is not the caller's any more. Waits for room alone. hash as
 * in nos_nats_sent; position where there is a tail. */
enum nos_code nos_nats_flight_send(struct nos_nats_flight *f, natsMsg *msg, size_t hash,
    struct nos_nats_tail *tail, uint64_t position, struct nos_err *err) NOS_CHECK;

/* Send it, and wait for the answer. */
enum nos_code nos_nats_flight_ask(struct nos_nats_flight *f, natsMsg *msg, size_t hash,
    struct nos_nats_answer *ret, struct nos_err *err) NOS_CHECK;

/* Wait for all. NOS_EXISTS: another appended to a stream of ours; NOS_BUSY: given up; and whatever
 * went wrong with one of them since this was called last. */
enum nos_code nos_nats_flight_settle(struct nos_nats_flight *f, struct nos_err *err) NOS_CHECK;

/* As it does, and what went wrong stays for it to tell. */
enum nos_code nos_nats_flight_quiet(struct nos_nats_flight *f, struct nos_err *err) NOS_CHECK;

/* Forget what is under way, having waited for it a while. */
void nos_nats_flight_abandon(struct nos_nats_flight *f);

/* Is a value of this subject under way? */
bool nos_nats_flight_has(const struct nos_nats_flight *f, size_t hash);

/* The id under which a message was sent. */
void nos_nats_flight_id(const struct nos_nats_flight *f, uint64_t number, char ret[static 48]);

/* For nats_flight.c: one that was made so as not to ask is to be acknowledged. False: no memory. */
bool nos_nats_flight_reply(const struct nos_nats_flight *f, struct nos_nats_sent *e);

/* For nats_tail.c: the message with a number, NULL once it is forgotten; the one in a place of the
 * queue; what the servers said of one; forget one; what settle is to tell. */
struct nos_nats_sent *nos_nats_flight_find(const struct nos_nats_flight *f, uint64_t number);
struct nos_nats_sent *nos_nats_flight_at(const struct nos_nats_flight *f, size_t i);
void nos_nats_flight_answered(
    struct nos_nats_flight *f, struct nos_nats_sent *e, const struct nos_nats_answer *a);
void nos_nats_flight_finish(struct nos_nats_flight *f, struct nos_nats_sent *e);
void nos_nats_flight_blame(struct nos_nats_flight *f, const struct nos_err *err);

#endif
