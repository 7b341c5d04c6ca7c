/* SPDX-License-Identifier: MIT */
#include "net/http_queues.h"

#include <stdlib.h>
#include <string.h>

#define KEPT  16 /* without a call */
#define NEVER ((struct nos_mono){ UINT64_MAX })

void nos_http_queues_init(struct nos_http_queues *s, unsigned at_once)
{
	*s = (struct nos_http_queues){ .at_once = at_once, .due = NEVER };
}

static void drop_idle(struct nos_http_queues *s)
{
	struct nos_http_queue **at = &s->first;

	while (*at) {
		struct nos_http_queue *q = *at;

		if (q->first || q->under_way) {
			at = &q->next;
			continue;
		}
		*at = q->next;
		s->count--;
		free(q->url);
		free(q);
	}
}

void nos_http_queues_release(struct nos_http_queues *s)
{
	drop_idle(s);
}

/* NULL: out of memory. */
static struct nos_http_queue *make(struct nos_http_queues *s, const char *url)
{
	struct nos_http_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->url = strdup(url);
	if (!q->url) {
		free(q);
		return NULL;
	}
	q->tail = &q->first;
	q->next = s->first;
	s->first = q;
	s->count++;
	return q;
}

static struct nos_http_queue *at_url(struct nos_http_queues *s, const char *url)
{
	for (struct nos_http_queue *q = s->first; q; q = q->next)
		if (strcmp(q->url, url) == 0)
			return q;
	if (s->count >= KEPT)
		drop_idle(s);
	return make(s, url);
}

static void append(
    struct nos_http_queues *s, struct nos_http_queue *q, struct nos_http_multi_call *call)
{
	call->next = NULL;
	*q->tail = call;
	q->tail = &call->next;
	if (call->due.us < s->due.us)
		s->due = call->due;
}

bool nos_http_queues_put(struct nos_http_queues *s, struct nos_http_multi_call *call)
{
	struct nos_http_queue *q = at_url(s, call->url);

	if (!q)
		return false;
	append(s, q, call);
	return true;
}

struct nos_http_multi_call *nos_http_queues_take(
    struct nos_http_queues *s, struct nos_http_queue **ret_queue)
{
	struct nos_http_queue *q = s->first;
	struct nos_http_multi_call *call;

	while (q && (!q->first || q->under_way >= s->at_once))
		q = q->next;
	if (!q)
		return NULL;
	call = q->first;
	q->first = call->next;
	if (!q->first)
		q->tail = &q->first;
	call->next = NULL;
	q->under_way++;
	*ret_queue = q;
	return call;
}

void nos_http_queues_over(struct nos_http_queue *q)
{
	q->under_way--;
}

struct nos_http_multi_call *nos_http_queues_expire(struct nos_http_queues *s, struct nos_mono now)
{
	struct nos_http_multi_call *over = NULL, **over_tail = &over;

	if (now.us < s->due.us)
		return NULL;
	s->due = NEVER;
	for (struct nos_http_queue *q = s->first; q; q = q->next) {
		struct nos_http_multi_call *call = q->first, *next;

		q->first = NULL;
		q->tail = &q->first;
		for (; call; call = next) {
			next = call->next;
			if (call->due.us > now.us) {
				append(s, q, call);
				continue;
			}
			*over_tail = call;
			over_tail = &call->next;
		}
	}
	*over_tail = NULL;
	return over;
}
