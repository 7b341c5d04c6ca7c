/* SPDX-License-Identifier: MIT */
#include "net/http_peers.h"

#include <stdlib.h>
#include <string.h>

#define KEPT  16 /* without a call */
#define NEVER ((struct nos_mono){ UINT64_MAX })

void nos_http_peers_init(struct nos_http_peers *s, unsigned at_once)
{
	*s = (struct nos_http_peers){ .at_once = at_once, .due = NEVER };
}

static void drop_idle(struct nos_http_peers *s)
{
	struct nos_http_peer **at = &s->first;

	while (*at) {
		struct nos_http_peer *p = *at;

		if (p->first || p->under_way) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		s->count--;
		free(p->url);
		free(p);
	}
}

void nos_http_peers_release(struct nos_http_peers *s)
{
	drop_idle(s);
}

/* NULL: out of memory. */
static struct nos_http_peer *make(struct nos_http_peers *s, const char *url)
{
	struct nos_http_peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->url = strdup(url);
	if (!p->url) {
		free(p);
		return NULL;
	}
	p->tail = &p->first;
	p->next = s->first;
	s->first = p;
	s->count++;
	return p;
}

static struct nos_http_peer *at_url(struct nos_http_peers *s, const char *url)
{
	for (struct nos_http_peer *p = s->first; p; p = p->next)
		if (strcmp(p->url, url) == 0)
			return p;
	if (s->count >= KEPT)
		drop_idle(s);
	return make(s, url);
}

static void append(
    struct nos_http_peers *s, struct nos_http_peer *p, struct nos_http_multi_call *call)
{
	call->next = NULL;
	*p->tail = call;
	p->tail = &call->next;
	if (call->due.us < s->due.us)
		s->due = call->due;
}

bool nos_http_peers_put(struct nos_http_peers *s, struct nos_http_multi_call *call)
{
	struct nos_http_peer *p = at_url(s, call->url);

	if (!p)
		return false;
	append(s, p, call);
	return true;
}

struct nos_http_multi_call *nos_http_peers_take(
    struct nos_http_peers *s, struct nos_http_peer **ret_peer)
{
	struct nos_http_peer *p = s->first;
	struct nos_http_multi_call *call;

	while (p && (!p->first || p->under_way >= s->at_once))
		p = p->next;
	if (!p)
		return NULL;
	call = p->first;
	p->first = call->next;
	if (!p->first)
		p->tail = &p->first;
	call->next = NULL;
	p->under_way++;
	*ret_peer = p;
	return call;
}

void nos_http_peers_over(struct nos_http_peer *p)
{
	p->under_way--;
}

struct nos_http_multi_call *nos_http_peers_expire(struct nos_http_peers *s, struct nos_mono now)
{
	struct nos_http_multi_call *over = NULL, **over_tail = &over;

	if (now.us < s->due.us)
		return NULL;
	s->due = NEVER;
	for (struct nos_http_peer *p = s->first; p; p = p->next) {
		struct nos_http_multi_call *call = p->first, *next;

		p->first = NULL;
		p->tail = &p->first;
		for (; call; call = next) {
			next = call->next;
			if (call->due.us > now.us) {
				append(s, p, call);
				continue;
			}
			*over_tail = call;
			over_tail = &call->next;
		}
	}
	*over_tail = NULL;
	return over;
}
