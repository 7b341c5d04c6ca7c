/* SPDX-License-Identifier: MIT */
/*
 * Requests of a relay that wait for a thread of its own, in the order of their coming. What another
 * relay sent waits for NOS_RELAY_QUEUE_PASSED_MS at most: that relay is at work on nothing else
 * meanwhile, and two that send to each other at once would wait for each other. Relays alone can
 * close such a ring, so what comes from a source itself waits as long as it takes. A request
 * belongs to the queue from put to take. Thread-safe.
 */
#ifndef NOS_SOURCE_RELAY_QUEUE_H
#define NOS_SOURCE_RELAY_QUEUE_H

#include <pthread.h>

#include "net/http_server.h"

#define NOS_RELAY_QUEUE_PASSED_MS 2000 /* below what a source waits for an answer */

/* All-zero but for these three before nos_relay_queue_start. */
struct nos_relay_queue {
	unsigned max; /* requests that wait or are in hand */
	void *state;
	/* From the queue's thread: it waited too long, and is to be answered. */
	void (*late)(void *state, struct nos_http_request *r);

	/* The queue's: */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct nos_http_request *list, **tail;
	unsigned waiting, busy;
	bool ending;
};

/* NOS_INTERNAL: no thread. Release it all the same. */
enum nos_code nos_relay_queue_start(struct nos_relay_queue *q, struct nos_err *err) NOS_CHECK;

/* Put nothing more, and let those that await end once nothing waits. */
void nos_relay_queue_end(struct nos_relay_queue *q);

/* Nothing waits, and nobody awaits. One that was not started is fine. */
void nos_relay_queue_release(struct nos_relay_queue *q);

/* False: no room, or it ends. */
bool nos_relay_queue_put(struct nos_relay_queue *q, struct nos_http_request *r);

/* The first, which is in hand from then on until nos_relay_queue_done; NULL: nothing waits. */
struct nos_http_request *nos_relay_queue_take(struct nos_relay_queue *q);

/* As above, once there is one; NULL: it ends. */
struct nos_http_request *nos_relay_queue_await(struct nos_relay_queue *q);

void nos_relay_queue_done(struct nos_relay_queue *q);

/* All that wait, linked by next: none of them is in hand. */
struct nos_http_request *nos_relay_queue_flush(struct nos_relay_queue *q);

/* It ends, and nothing waits. */
bool nos_relay_queue_is_over(struct nos_relay_queue *q);

#endif
