/* SPDX-License-Identifier: MIT */
#include "ingest_polls.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/enc.h"
#include "ingest_idle.h"
#include "source/answer.h"

#define ANSWER_MAX 4096 /* bytes */
#define WAIT_S	   60	/* as long as a node holds one */
#define EVENTS	   64
#define LOOK_MS	   50

struct ingest_polls_poll {
	int fd; /* -1: none */
	size_t turn;
	unsigned wait_s; /* of the next one */
	bool refused;	 /* the last one was, for its nonce */
	size_t len;
	char in[ANSWER_MAX + 1];
};

/* ---- out ---- */

static enum nos_code ask(struct ingest_polls *p, struct ingest_polls_poll *o, struct nos_err *err)
{
	char id[NOS_RECORD_ID_MAX];
	uint8_t tag[NOS_POLL_TAG_LEN];
	NOS_AUTO(buf) text = { 0 };

	snprintf(id, sizeof(id), "s-%010" PRIx64, p->load->ids[o->turn]);
	if (nos_poll_ask(&p->load->sources[o->turn].q, nos_str_of(id), p->nonce, tag, err))
		return err->code;
	nos_buf_init(&text, ANSWER_MAX);
	nos_buf_addf(&text,
	    "GET /v1/sources/%s/keys?wait=%u HTTP/1.1\r\nHost: node\r\nAuthorization: Nos ", id,
	    o->wait_s);
	nos_enc_base64(&text, tag, sizeof(tag));
	nos_buf_add_text(&text, "\r\n\r\n");
	if (nos_buf_check(&text, "poll", err))
		return err->code;
	o->len = 0;
	/* Nothing else is under way on this connection: it has room. */
	return send(o->fd, text.p, text.len, MSG_NOSIGNAL) == (ssize_t)text.len
		   ? NOS_OK
		   : nos_err_set_errno(err, NOS_AWAY, errno, "the node");
}

/* ---- in ---- */

/* Where the body begins, once all of it is there; NULL: it is not. */
static const char *whole(const struct ingest_polls_poll *o, size_t *ret_len)
{
	const char *end = strstr(o->in, "\r\n\r\n");
	const char *size = strcasestr(o->in, "\r\nContent-Length:");

	if (!end || !size)
		return NULL;
	end += 4;
	*ret_len = strtoull(size + 17, NULL, 10);
	return (size_t)(end - o->in) + *ret_len <= o->len ? end : NULL;
}

/* A nonce is good for some minutes alone; its refusal brings another. */
static enum nos_code take(
    struct ingest_polls *p, struct ingest_polls_poll *o, struct nos_str body, struct nos_err *err)
{
	const bool is_good = strncmp(o->in, "HTTP/1.1 200 ", 13) == 0;

	if (!is_good && (o->refused || strncmp(o->in, "HTTP/1.1 401 ", 13) != 0 ||
			    !nos_answer_nonce(body, p->nonce)))
		return nos_err_set(err, NOS_AWAY, "the node answers a poll with '%.*s'",
		    (int)strcspn(o->in, "\r"), o->in);
	o->refused = !is_good;
	if (is_good)
		o->wait_s = WAIT_S;
	return ask(p, o, err);
}

static enum nos_code serve(struct ingest_polls *p, struct ingest_polls_poll *o, struct nos_err *err)
{
	const ssize_t n = recv(o->fd, o->in + o->len, ANSWER_MAX - o->len, MSG_DONTWAIT);
	struct nos_str body;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NOS_OK;
	if (n <= 0)
		return nos_err_set(err, NOS_AWAY, "the node broke a poll off");
	o->len += (size_t)n;
	o->in[o->len] = '\0';
	body.p = whole(o, &body.len);
	return body.p ? take(p, o, body, err) : NOS_OK;
}

static void *run(void *state)
{
	struct ingest_polls *p = state;
	struct epoll_event events[EVENTS];

	while (!atomic_load(&p->stop) && !p->err.code) {
		int n = epoll_wait(p->epoll, events, EVENTS, LOOK_MS);

		for (int i = 0; i < n && !p->err.code; i++)
			(void)!serve(p, events[i].data.ptr, &p->err);
	}
	return NULL;
}

/* ---- all of it ---- */

/* So that they do not end at once, the first waits of all are spread. A nonce of zeros is refused,
 * and another comes with that. */
static enum nos_code begin(struct ingest_polls *p, size_t i, struct nos_err *err)
{
	struct ingest_polls_poll *o = &p->polls[i];
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = o };

	o->turn = i % p->load->source_count;
	o->wait_s = WAIT_S - (unsigned)(i % (WAIT_S / 2));
	o->fd = ingest_idle_dial(p->port);
	if (o->fd < 0 || epoll_ctl(p->epoll, EPOLL_CTL_ADD, o->fd, &e) < 0)
		return nos_err_set_errno(err, NOS_AWAY, errno, "the node");
	return ask(p, o, err);
}

enum nos_code ingest_polls_begin(struct ingest_polls *p, const struct ingest_load *load,
    uint16_t port, size_t count, struct nos_err *err)
{
	if (!count)
		return NOS_OK;
	*p = (struct ingest_polls){ .load = load, .port = port, .count = count };
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->polls = calloc(count, sizeof(*p->polls));
	if (!p->polls || p->epoll < 0)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	for (size_t i = 0; i < count; i++)
		p->polls[i].fd = -1;
	for (size_t i = 0; i < count; i++)
		if (begin(p, i, err))
			return err->code;
	p->runs = pthread_create(&p->thread, NULL, run, p) == 0;
	return p->runs ? NOS_OK : nos_err_set(err, NOS_INTERNAL, "cannot start a thread");
}

enum nos_code ingest_polls_end(struct ingest_polls *p, struct nos_err *err)
{
	atomic_store(&p->stop, true);
	if (p->runs)
		pthread_join(p->thread, NULL);
	p->runs = false;
	if (p->err.code)
		*err = p->err;
	return err->code;
}

void ingest_polls_close(struct ingest_polls *p)
{
	struct nos_err err = { 0 };

	(void)!ingest_polls_end(p, &err);
	for (size_t i = 0; p->polls && i < p->count; i++)
		if (p->polls[i].fd >= 0)
			close(p->polls[i].fd);
	if (p->polls && p->epoll >= 0)
		close(p->epoll);
	free(p->polls);
	*p = (struct ingest_polls){ 0 };
}
