/* SPDX-License-Identifier: MIT */
/*
 * Calls that wait for their turn, by the URL that they go to: so many of a URL at once; for this
 * room alone. Pure.
 */
#ifndef NOS_NET_HTTP_QUEUES_H
#define NOS_NET_HTTP_QUEUES_H

#include "net/http_multi.h"

struct nos_http_queue {
	char *url;
	unsigned under_way;
	struct nos_http_multi_call *first, **tail; /* wait for their turn, in order */
	struct nos_http_queue *next;
};

struct nos_http_queues {
	unsigned at_once;
	struct nos_http_queue *first;
	size_t count;
	struct nos_mono due; /* none that waits is over time before it */
};

void nos_http_queues_init(struct nos_http_queues *s, unsigned at_once);
void nos_http_queues_release(struct nos_http_queues *s); /* nothing waits or is under way */

/* Put call behind those of its URL. False: out of memory. */
bool nos_http_queues_put(struct nos_http_queues *s, struct nos_http_multi_call *call);

/* The next whose turn it is, counted as under way; NULL: none. */
struct nos_http_multi_call *nos_http_queues_take(
    struct nos_http_queues *s, struct nos_http_queue **ret_queue);

/* One that was taken of it is over. */
void nos_http_queues_over(struct nos_http_queue *q);

/* Take those out whose time is over at now, linked by next. */
struct nos_http_multi_call *nos_http_queues_expire(struct nos_http_queues *s, struct nos_mono now);

#endif
