/* SPDX-License-Identifier: MIT */
/* What is in flight at a broker: message ids and the tags behind them, in order. Pure. */
#ifndef NOS_NET_FLIGHT_H
#define NOS_NET_FLIGHT_H

#include "base/auto.h"
#include "base/err.h"
#include "base/str.h"

/* All-zero is valid for release alone. */
struct nos_flight {
	unsigned window, first, count; /* oldest at first: a ring of window places */
	struct nos_flight_entry *entries;
	uint16_t *place; /* of an id in the ring, plus 1; 0: not in flight */
};

/* At most window messages, 1 … 65535. NOS_INTERNAL: out of memory. */
enum nos_code nos_flight_init(struct nos_flight *f, unsigned window, struct nos_err *err) NOS_CHECK;
void nos_flight_release(struct nos_flight *f);

/* Only while count < window, and with an id that is not in flight. */
void nos_flight_put(struct nos_flight *f, uint16_t id, uint64_t tag);

/* The id was acknowledged; nothing happens if it is not in flight. */
void nos_flight_ack(struct nos_flight *f, uint16_t id);

/* Take the oldest, if it was acknowledged: those behind it wait for it. */
bool nos_flight_take(struct nos_flight *f, uint64_t *ret_tag);

#endif
