/* SPDX-License-Identifier: MIT */
/* The named limits of a node: every queue, table and size that a stranger could fill
 * (nos-serve(8)). */
#ifndef NOS_NODE_LIMIT_H
#define NOS_NODE_LIMIT_H

#include "base/buf.h"

/* name, text, default, least, most, what it is */
#define NOS_LIMIT_MAP(X)                                                                         \
	X(CONNECTIONS, "connections", 4000, 1, 100000, "connections at once")                    \
	X(REQUESTS, "requests", 2000, 1, 100000, "requests in hand at once")                     \
	X(PACK, "pack", 1 << 20, 1024, 1 << 20, "bytes of a body with readings")                 \
	X(READINGS, "readings", 10000, 1, 10000, "readings of one body")                         \
	X(GROUP, "group", 20000, 1, 100000, "readings of one commit")                            \
	X(GROUP_BYTES, "group-bytes", 8 << 20, 1 << 20, 1 << 28, "bytes of packs of one commit") \
	X(REGISTRATIONS, "registrations", 64, 1, 10000,                                          \
	    "registrations and asks that wait at once")                                          \
	X(POLLS, "polls", 1000, 1, 100000,                                                       \
	    "long polls held at once, half of requests and of connections at most")              \
	X(VISITS, "visits", 64, 1, 10000, "packs at once that wait for a key of their home")     \
	X(FORWARDS, "forwards", 256, 1, 10000,                                                   \
	    "requests on their way to each other nos-serve at once")                             \
	X(RECORDS, "records", 16, 1, 1000, "requests for records at once")                       \
	X(SOURCES, "sources", 100000, 16, 10000000, "sources held in memory")                    \
	X(TYPES, "types", 1000, 1, 1000, "types of readings of one source")                      \
	X(KINDS, "kinds", 100, 1, 10000, "kinds of anonymous sources")                           \
	X(REPLAY, "replay", 3000000, 100, 10000000,                                              \
	    "packs of one reading of a lane that a restart goes through again")                  \
	X(WINDOW, "window", 300, 1, 20000, "messages for the broker, half on their way")         \
	X(IDLE, "idle", 60, 1, 3600, "seconds after which an idle connection is closed")         \
	X(REQUEST_TIME, "request-time", 30, 1, 3600, "seconds within which a request has come")  \
	X(DRAIN, "drain", 10, 0, 3600, "seconds that an ending waits for the broker")            \
	X(RESERVE, "reserve", 32 << 20, 0, INT64_C(1) << 40, "bytes kept free on the store's disk")

enum nos_limit_name {
#define X(name, text, dflt, least, most, what) NOS_LIMIT_##name,
	NOS_LIMIT_MAP(X)
#undef X
	    NOS_LIMIT_COUNT
};

struct nos_limit {
	uint64_t of[NOS_LIMIT_COUNT];
	bool said[NOS_LIMIT_COUNT]; /* and not by default */
};

void nos_limit_init(struct nos_limit *l);

/* "NAME=VALUE", sizes as 64K 1M. NOS_USAGE: no such name, or not in its range. */
enum nos_code nos_limit_set(struct nos_limit *l, const char *text, struct nos_err *err) NOS_CHECK;

/* A held poll is a request in hand and a connection: at most half of either, so that readings find
 * room whatever polls do. */
size_t nos_limit_polls(const struct nos_limit *l);

const char *nos_limit_text(enum nos_limit_name name);

/*
 * Lower connections to what so many open files leave for them, beside those of forwards, visits,
 * store and broker: who comes when there is none left gets no answer, where one over connections
 * gets a 503. And polls to nos_limit_polls. A line for each that is less than was asked for is
 * appended to *ret, with the remedy.
 */
void nos_limit_fit(struct nos_limit *l, uint64_t files, struct nos_buf *ret);

/* A line for each: name, value, what it is. */
void nos_limit_list(const struct nos_limit *l, struct nos_buf *ret);

#endif
