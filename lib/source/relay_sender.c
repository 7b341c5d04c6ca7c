/* SPDX-License-Identifier: MIT */
#include "source/relay_sender.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "source/follow.h"
#include "source/relay_frame.h"
#include "source/relay_queue.h"
#include "source/relay_reply.h"
#include "source/relay_trace.h"
#include "source/send.h"

#define CTY	    "application/nos-hop"
#define NUMBERS_MAX 8 /* that are tried where a copy of the keyring is in use */
#define STATUS_LONG 413

struct nos_relay_sender {
	struct nos_relay_sender_config config;
	pthread_t thread;
	bool started;
	int wake;	  /* an eventfd: the queue */
	volatile int cut; /* atomic: what is under way is broken off */
	struct nos_relay_queue queue;
	pthread_mutex_t lock;

	/* Guarded by lock: */
	bool draining;
	struct nos_err fault;

	/* The thread's: */
	struct nos_send send;
	struct nos_follow *follow;
	struct nos_buf plain;
	bool away;  /* and it was said */
	bool newer; /* a key message of a newer nos came, and it was said */
};

static void wake(const struct nos_relay_sender *s)
{
	eventfd_write(s->wake, 1);
}

static bool is_draining(struct nos_relay_sender *s)
{
	bool ret;

	pthread_mutex_lock(&s->lock);
	ret = s->draining;
	pthread_mutex_unlock(&s->lock);
	return ret;
}

/* ---- what cannot be waited out ---- */

static void note_fault(struct nos_relay_sender *s, const struct nos_err *why)
{
	bool first;

	pthread_mutex_lock(&s->lock);
	first = !s->fault.code;
	if (first)
		s->fault = *why;
	pthread_mutex_unlock(&s->lock);
	if (first)
		s->config.failed(s->config.state);
}

static bool is_fatal(enum nos_code code)
{
	return code == NOS_DENIED || code == NOS_CONFIG || code == NOS_ABSENT || code == NOS_IO;
}

/* What an answer said of keys and could not be taken. What only a newer nos knows is said once: the
 * key that there is goes on for as long as the node lets it. */
static void take_fault(struct nos_relay_sender *s, struct nos_err *why)
{
	if (why->code == NOS_CONFIG) {
		if (!s->newer)
			nos_log_line(NOS_LOG_WARN, "%s", why->text);
		s->newer = true;
	} else if (is_fatal(why->code)) {
		note_fault(s, why);
	} else if (why->code) {
		nos_log_line(NOS_LOG_WARN, "%s", why->text);
	}
	nos_err_clear(why);
}

/* ---- a frame ---- */

/* Lines 9–11 of Algorithm 1: (M,N)K exists, and M sends D to N; lines 26–31: through neighbours of
 * its own, where there are some (source/route.h). One pack over the node's URLs, as far as it did
 * not leave. */
static enum nos_code try_urls(struct nos_relay_sender *s, struct nos_send_pack *p,
    struct nos_answer *ret, struct nos_err *err)
{
	for (size_t i = 0; i < s->send.url_count; i++) {
		nos_err_clear(err);
		if (nos_send_number(&s->send, p, err) ||
		    nos_send_pack(&s->send, p, 0, ret, err) != NOS_AWAY || p->sent)
			break;
	}
	return err->code;
}

/* Where its number was in use under the node's next, some times. */
static enum nos_code push(struct nos_relay_sender *s, struct nos_send_pack *p,
    struct nos_answer *ret, struct nos_err *err)
{
	for (int i = 0; i < NUMBERS_MAX; i++) {
		if (try_urls(s, p, ret, err) != NOS_EXISTS)
			break;
		p->seq = 0;
		p->url[0] = '\0';
		p->sent = false;
	}
	if (err->code == NOS_EXISTS)
		nos_err_set(err, NOS_BUSY,
		    "a copy of the relay's keyring is in use at once, and takes its numbers");
	else if (err->code && p->seq && !p->sent)
		nos_ring_back(s->config.ring, p->seq);
	return err->code;
}

/* Too long for a neighbour, in no receipt's words: the same bytes would be so again. */
static bool is_refused_unproven(const struct nos_relay_sender *s, enum nos_code code)
{
	return code == NOS_AWAY && s->send.answer.status == STATUS_LONG;
}

static void reply_failed(
    struct nos_relay_sender *s, struct nos_http_request *r, const struct nos_err *why)
{
	if (is_refused_unproven(s, why->code)) {
		s->send.answer.receipt[0] = '\0';
		nos_relay_reply_pass(r, &s->send.answer);
	} else if (why->code == NOS_BUSY || why->code == NOS_LARGE) {
		nos_relay_reply_error(r, why, s->send.answer.retry_s);
	} else {
		nos_relay_reply_away(r, why);
	}
	if (is_fatal(why->code))
		note_fault(s, why);
}

/* By the node's word, under its receipt. */
static void reply_answered(struct nos_http_request *r, const struct nos_answer *a)
{
	struct nos_err err = { 0 };

	if (a->hop.status) {
		nos_relay_reply_hop(r, &a->hop);
		return;
	}
	if (a->refused)
		nos_err_set(&err, a->why.code, "%s", a->why.text);
	else
		nos_err_set(&err, NOS_AWAY, "the node takes no frames of relays");
	nos_relay_reply_error(r, &err, 0);
}

static bool is_away(enum nos_code code)
{
	return code == NOS_AWAY || code == NOS_TAG;
}

static void note_away(struct nos_relay_sender *s, const struct nos_err *why)
{
	if (is_away(why->code) && !s->away)
		nos_log_line(NOS_LOG_WARN, "%s", why->text);
	else if (!why->code && s->away)
		nos_log_line(NOS_LOG_WARN, "the node is reached again");
	s->away = is_away(why->code);
}

/* What waits would meet the same. */
static void flush(struct nos_relay_sender *s, const struct nos_err *why)
{
	struct nos_http_request *list = nos_relay_queue_flush(&s->queue), *next;

	for (; list; list = next) {
		next = list->next;
		nos_relay_reply_away(list, why);
		s->config.answer(s->config.state, list);
	}
}

/* Its sender is a relay, which takes its next way. */
static void refuse_late(void *state, struct nos_http_request *r)
{
	const struct nos_relay_sender *s = state;

	nos_relay_reply_late(r);
	s->config.answer(s->config.state, r);
}

static void send_on(struct nos_relay_sender *s, struct nos_http_request *r, unsigned hops)
{
	struct nos_send_pack p = { .text = nos_buf_str(&s->plain), .cty = CTY, .readings = 1 };
	struct nos_answer answer = { 0 };
	struct nos_err err = { 0 };

	s->send.route.hops = hops;
	nos_relay_trace_set(s->send.client, r->via, s->config.id);
	if (push(s, &p, &answer, &err))
		reply_failed(s, r, &err);
	else
		reply_answered(r, &answer);
	nos_relay_trace_set(s->send.client, NOS_STR(""), s->config.id);
	nos_log_line(NOS_LOG_DEBUG, "%.*s, hop %u, %zu bytes: %u", NOS_STR_ARG(r->path), hops,
	    s->plain.len, r->status);
	if (!is_refused_unproven(s, err.code)) {
		note_away(s, &err);
		if (is_away(err.code) && (!p.sent || is_draining(s)))
			flush(s, &err);
	}
	take_fault(s, &s->send.fault);
	nos_answer_release(&answer);
}

static void handle(struct nos_relay_sender *s, struct nos_http_request *r)
{
	struct nos_err err = { 0 };
	unsigned hops = 0;

	nos_buf_truncate(&s->plain, 0);
	if (nos_relay_sender_fault(s, &err))
		nos_relay_reply_away(r, &err);
	else if (nos_relay_frame_make(r, &s->config.ring->k, &s->plain, &hops, &err))
		nos_relay_reply_error(r, &err, 0);
	else
		send_on(s, r, hops);
	s->config.answer(s->config.state, r);
	nos_relay_queue_done(&s->queue);
}

/* ---- the thread ---- */

static void take_followed(struct nos_relay_sender *s)
{
	struct nos_answer_news news = { 0 };
	struct nos_err err = { 0 };

	if (!nos_follow_take(s->follow, &news, &err))
		(void)!nos_send_heard(&s->send, &news, &err);
	nos_answer_news_release(&news);
	take_fault(s, &err);
}

/* Until there is something to do; the follower goes by the keyring as it is. */
static void await(struct nos_relay_sender *s)
{
	struct pollfd fds[] = { { .fd = s->wake, .events = POLLIN },
		{ .fd = nos_follow_fd(s->follow), .events = POLLIN } };
	struct nos_err err = { 0 };
	eventfd_t count;

	if (nos_follow_aim(s->follow, &s->config.ring->k, &err))
		nos_log_line(NOS_LOG_WARN, "%s", err.text);
	if (poll(fds, 2, -1) < 0)
		return;
	if (fds[0].revents)
		eventfd_read(s->wake, &count);
	if (fds[1].revents)
		take_followed(s);
}

static void *run(void *state)
{
	struct nos_relay_sender *s = state;
	struct nos_http_request *r;

	while (!nos_relay_queue_is_over(&s->queue)) {
		await(s);
		while ((r = nos_relay_queue_take(&s->queue)))
			handle(s, r);
	}
	return NULL;
}

/* ---- from outside ---- */

static enum nos_code start(struct nos_relay_sender *s, struct nos_err *err)
{
	sigset_t all, before;
	int errnum;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->started = !errnum;
	if (errnum)
		return nos_err_set_errno(err, NOS_INTERNAL, errnum, "a thread");
	pthread_setname_np(s->thread, "frames");
	return NOS_OK;
}

static enum nos_code open_all(struct nos_relay_sender *s, struct nos_err *err)
{
	const struct nos_relay_sender_config *f = &s->config;
	const struct nos_send_config send = { .ring = f->ring,
		.urls = f->urls,
		.url_count = f->url_count,
		.via = f->via,
		.via_count = f->via_count,
		.ca = f->ca,
		.try_ms = f->wait_ms,
		.stop = &s->cut,
		.cut = &s->cut };
	const struct nos_follow_config follow = { .source = f->id,
		.urls = f->urls,
		.url_count = f->url_count,
		.via = f->via,
		.via_count = f->via_count,
		.pin = f->ring->k.pin,
		.trace = f->id,
		.ca = f->ca };

	if (s->wake < 0)
		return nos_err_set(err, NOS_INTERNAL, "no descriptor is left");
	if (nos_relay_queue_start(&s->queue, err) || nos_send_open(&s->send, &send, err) ||
	    nos_follow_new(&follow, &s->follow, err))
		return err->code;
	nos_relay_trace_set(s->send.client, NOS_STR(""), f->id);
	return start(s, err);
}

enum nos_code nos_relay_sender_new(const struct nos_relay_sender_config *config,
    struct nos_relay_sender **ret, struct nos_err *err)
{
	struct nos_relay_sender *s = calloc(1, sizeof(*s));

	if (!s)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	s->config = *config;
	s->queue = (struct nos_relay_queue){
		.max = 1 + NOS_RELAY_SENDER_MAX, .state = s, .late = refuse_late
	};
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	nos_send_init(&s->send);
	nos_buf_init(&s->plain, NOS_PACK_MAX);
	if (open_all(s, err)) {
		nos_relay_sender_free(s);
		return err->code;
	}
	*ret = s;
	return NOS_OK;
}

void nos_relay_sender_free(struct nos_relay_sender *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->draining = true;
	pthread_mutex_unlock(&s->lock);
	nos_relay_queue_end(&s->queue);
	wake(s);
	if (s->started)
		pthread_join(s->thread, NULL);
	nos_relay_queue_release(&s->queue);
	nos_follow_free(s->follow);
	nos_send_release(&s->send);
	nos_buf_release(&s->plain);
	pthread_mutex_destroy(&s->lock);
	if (s->wake >= 0)
		close(s->wake);
	free(s);
}

bool nos_relay_sender_submit(struct nos_relay_sender *s, struct nos_http_request *r)
{
	bool has_room = nos_relay_queue_put(&s->queue, r);

	if (has_room)
		wake(s);
	return has_room;
}

void nos_relay_sender_drain(struct nos_relay_sender *s)
{
	pthread_mutex_lock(&s->lock);
	s->draining = true;
	pthread_mutex_unlock(&s->lock);
}

void nos_relay_sender_cut(struct nos_relay_sender *s)
{
	__atomic_store_n(&s->cut, 1, __ATOMIC_RELAXED);
}

enum nos_code nos_relay_sender_fault(struct nos_relay_sender *s, struct nos_err *ret)
{
	pthread_mutex_lock(&s->lock);
	*ret = s->fault;
	pthread_mutex_unlock(&s->lock);
	return ret->code;
}
