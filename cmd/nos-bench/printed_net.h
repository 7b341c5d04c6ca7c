/* SPDX-License-Identifier: MIT */
/*
 * The paper's two schemes between a NOS and its sources (profile "paper"), over HTTP on loopback,
 * as the hardened ones go. The paper's NOS pushes packets and says nothing of how: here a source
 * asks for its own, and may be kept waiting, for so it is in the default profile as well, and what
 * the two differ by is then theirs and not a direction's. One packet is the body of one answer, the
 * reply of one byte the body of one request. Nobody proves anything to anybody, as printed. Belongs
 * to one thread; errors are those of the parts, NOS_BUSY also: Ctrl-C.
 */
#ifndef BENCH_PRINTED_NET_H
#define BENCH_PRINTED_NET_H

#include "crowd.h"
#include "printed.h"
#include "stat.h"

struct printed_net; /* opaque */

/* NULL is fine. */
void printed_net_close(struct printed_net *n);

/* A NOS with so many sources, all in step with it. Dini's, whose sources have a global key each and
 * a local one; or, where session is set, Di Pietro's. r: keys. */
enum nos_code printed_net_open(bool session, size_t count, struct bench_random *r,
    struct printed_net **ret, struct nos_err *err) NOS_CHECK;

const char *printed_net_url(const struct printed_net *n);

/*
 * A neighbour that stands between the source of a net of one and the NOS, or the one before; the
 * last that was added is the source's own. As in Algorithm 1 it opens what it passes on, and seals
 * it again under the key that it shares with the next. Dini's alone.
 */
enum nos_code printed_net_relay(
    struct printed_net *n, struct bench_random *r, struct nos_err *err) NOS_CHECK;

/* Make the packets of all sources: global, local keys under the global ones, else under those that
 * they replace; Di Pietro's is one for all. Who waits is answered. */
enum nos_code printed_net_order(
    struct printed_net *n, bool global, struct bench_random *r, struct nos_err *err) NOS_CHECK;

/* Source i asks, takes what it gets, and replies where the scheme has a reply. From any thread. */
enum nos_code printed_net_visit(struct printed_net *n, size_t i, bool wait,
    const struct nos_carrier *carrier, struct nos_err *err) NOS_CHECK;

/* Turns of all, until each has taken the order. */
enum nos_code printed_net_follow(
    struct printed_net *n, struct crowd *c, struct nos_err *err) NOS_CHECK;

/* Do both sides have the same keys, all of them? */
bool printed_net_agrees(const struct printed_net *n);

#endif
