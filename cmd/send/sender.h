/* SPDX-License-Identifier: MIT */
/*
 * A run of nos-send: lines come on stdin, are gathered to packs and delivered, and each reading is
 * answered on stdout; between them the node is listened to. Ends with stdin, or by a signal.
 */
#ifndef NOS_CMD_SEND_SENDER_H
#define NOS_CMD_SEND_SENDER_H

#include "source/courier.h"
#include "source/fate.h"
#include "source/follow.h"
#include "source/lines.h"
#include "source/listener.h"
#include "source/load.h"
#include "source/nomad.h"

/* What it is given, and how it stands. Who starts it opens what is in it behind sender_init; all of
 * that is released with it. */
struct sender {
	struct nos_ring ring; /* path NULL: anonymous */
	struct nos_send send;
	struct nos_spool spool;
	struct nos_nomad nomad;
	struct nos_courier courier;    /* note is given */
	struct nos_follow *follow;     /* NULL: without --follow, or with a broker */
	struct nos_listener *listener; /* NULL: without one */
	struct nos_lines lines;
	struct nos_map *map; /* NULL: none */
	struct nos_load load;
	struct nos_buf out;
	uint64_t linger_ms;    /* that a good reading waits for others */
	struct nos_mono since; /* when the load had its first good reading */
	struct nos_fate fate;
	bool closed; /* the reader of the answers has gone */
};

/* max_line, text_max: bytes of a line, and of a pack's text; batch: readings a pack. */
void sender_init(struct sender *s, uint64_t max_line, uint64_t batch, size_t text_max);
void sender_release(struct sender *s);

/* What the courier, the follower or stdin and stdout give; NOS_BUSY also: the spool is full. */
enum nos_code sender_run(struct sender *s, struct nos_err *err) NOS_CHECK;

#endif
