/* SPDX-License-Identifier: MIT */
/*
 * The end of a stream that this store alone appends to. Each entry is taken by the servers only in
 * its own place, and, while the one before it is under way, only behind that one: so that what has
 * arrived is an unbroken run, and one that another has come between is not taken. For the files of
 * this room.
 */
#ifndef NOS_STORE_NATS_TAIL_H
#define NOS_STORE_NATS_TAIL_H

#include "store/nats_flight.h"

#define NOS_NATS_TAILS_MAX 160 /* streams of one store: two a lane, and some more */

struct nos_nats_tail {
	char stream[NOS_NATS_NAME_MAX];
	bool known;	 /* last is what the next entry goes behind */
	bool joined;	 /* it was known once: what stands behind kept is ours, or another's */
	bool shut;	 /* another has appended */
	uint64_t last;	 /* that a caller was told */
	uint64_t kept;	 /* that was acknowledged, or told by the servers */
	uint64_t before; /* number of the message that was sent to it last */
	unsigned silent; /* of those since the last that is to be acknowledged */
};

/* Append behind a position from now on, whoever appended up to it. */
void nos_nats_tail_claim(struct nos_nats_tail *t, uint64_t last);

/* Is the message at a position one that this store sent; as number where it is not 0. */
enum nos_code nos_nats_tail_is_ours(const struct nos_nats_flight *f, const char *stream,
    uint64_t position, uint64_t number, bool *ret, struct nos_err *err) NOS_CHECK;

/* Know the end of the stream. NOS_EXISTS: another has appended to it since it was known last. */
enum nos_code nos_nats_tail_join(
    struct nos_nats_flight *f, struct nos_nats_tail *t, struct nos_err *err) NOS_CHECK;

/* Ask what has arrived of the streams of which something is under way. Where it cannot be sent
 * again it is forgotten, and the flight has the reason. */
void nos_nats_tail_look(struct nos_nats_flight *f);

/* Nothing more of it is sent, since one of it cannot be; the flight has the reason. */
void nos_nats_tail_cut(
    struct nos_nats_flight *f, struct nos_nats_tail *t, const struct nos_err *err);

bool nos_nats_tail_is_among(
    struct nos_nats_tail *const *seen, size_t n, const struct nos_nats_tail *t);

#endif
