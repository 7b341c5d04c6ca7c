/* SPDX-License-Identifier: MIT */
/*
 * What became of each reading of a pack, as lines of JSON in the order in which the readings came
 * (nos-send(1)), and how many became what. Pure; not thread-safe.
 */
#ifndef NOS_SOURCE_FATE_H
#define NOS_SOURCE_FATE_H

#include "source/courier.h"
#include "source/load.h"

/* Readings so far. All-zero is none. */
struct nos_fate {
	uint64_t accepted, spooled, rejected, failed;
};

/* What came of a pack. */
struct nos_fate_pack {
	const struct nos_load *load; /* where its readings stood, and those that are not in it */
	uint64_t node;		     /* number of the node that it went to */
	uint64_t seq;		     /* its number; 0: none */
	enum nos_courier_fate fate;
	const struct nos_answer *answer; /* ANSWERED */
	const struct nos_err *why;	 /* FAILED */
};

/* Append a line for each reading of the load. */
void nos_fate_encode(struct nos_fate *f, const struct nos_fate_pack *p, struct nos_buf *ret);

#endif
