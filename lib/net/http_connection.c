/* SPDX-License-Identifier: MIT */
#include "net/http_connection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"
#include "net/http_head.h"
#include "net/http_listen.h"
#include "net/http_reply.h"
#include "net/http_secure.h"
#include "net/http_target.h"
#include "net/tls_pair.h"

#define NEVER ((struct nos_mono){ UINT64_MAX })

enum phase {
	PHASE_IDLE,    /* no request, or less than its first line */
	PHASE_HEADER,  /* the first line is there */
	PHASE_BODY,    /* the header is there, and taken */
	PHASE_REFUSED, /* the answer is there before the handler saw the request */
	PHASE_IN_HAND, /* the handler has it */
	PHASE_ANSWER,  /* libmicrohttpd has the answer */
};

struct nos_http_connection {
	struct nos_http_request request; /* first: a pointer to it is one to the connection */
	struct MHD_Connection *mhd;
	struct nos_tls_pair *pair; /* NULL: plain, or nothing was shown yet */
	struct nos_http_loop *loop;
	struct nos_http_connection *prev, *next; /* of the loop's */
	struct nos_mono due;
	enum phase phase;
	bool over;  /* came when there was no room */
	bool close; /* after this answer */
	uint64_t length;
	struct nos_buf body;
	struct nos_buf query;
	char media[NOS_HTTP_MEDIA_MAX];
};

static void set_due(struct nos_http_connection *c, uint64_t seconds)
{
	c->due.us = nos_mono_now().us + seconds * 1000000;
	if (c->due.us < c->loop->due.us)
		c->loop->due = c->due;
}

static void wipe_answer(struct nos_http_request *r)
{
	nos_buf_truncate(&r->out, 0);
	r->status = 0;
	r->type = NULL;
	r->header_count = 0;
}

/* Ready for the next request. */
static void clear(struct nos_http_connection *c)
{
	struct nos_http_request *r = &c->request;

	nos_buf_release(&c->body);
	nos_buf_release(&c->query);
	nos_buf_release(&r->out);
	nos_buf_init(&r->out, c->loop->share->config.out_max);
	r->method = r->path = r->query = r->media = r->foreign = r->coding = r->authorization =
	    r->via = NOS_STR("");
	r->body = (struct nos_span){ (const uint8_t *)"", 0 };
	r->loop = c->loop->index;
	r->user = NULL;
	r->next = NULL;
	wipe_answer(r);
	c->phase = PHASE_IDLE;
	c->close = false;
	c->length = 0;
}

static bool is_local(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info && info->client_addr && nos_http_listen_is_local(info->client_addr);
}

static struct nos_http_connection *start(struct nos_http_loop *loop, struct MHD_Connection *mhd)
{
	const struct nos_http_config *config = &loop->share->config;
	struct nos_http_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->mhd = mhd;
	c->request.local = is_local(mhd);
	c->loop = loop;
	c->next = loop->first;
	if (c->next)
		c->next->prev = c;
	loop->first = c;
	c->over = atomic_fetch_add(&loop->share->connections, 1) >= config->connections;
	clear(c);
	/* One over the limit waits for no more than its 503. */
	set_due(c, config->total_s + (c->over ? 0 : config->idle_s));
	return c;
}

static void end(struct nos_http_connection *c)
{
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		c->loop->first = c->next;
	atomic_fetch_sub(&c->loop->share->connections, 1);
	nos_tls_pair_drop(c->pair);
	clear(c);
	free(c);
}

void nos_http_connection_notify(void *loop, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = start(loop, mhd);
	else if (*context)
		end(*context);
}

static struct nos_http_connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

struct nos_tls_pair *nos_http_connection_pair(struct MHD_Connection *mhd)
{
	struct nos_http_connection *c = connection_of(mhd);

	if (c && !c->pair)
		c->pair = nos_tls_hold(c->loop->share->config.tls);
	return c ? c->pair : NULL;
}

/*
 * The only sight of the query before libmicrohttpd cuts it up. Without memory for the connection
 * there is no context, and the call that follows closes it.
 */
void *nos_http_connection_line(void *loop, const char *uri, struct MHD_Connection *mhd)
{
	struct nos_http_connection *c = connection_of(mhd);
	const char *mark = uri ? strchr(uri, '?') : NULL;

	(void)loop;
	if (!c)
		return NULL;
	c->phase = PHASE_HEADER;
	c->request.tls_bits = nos_http_secure_bits(mhd);
	if (mark) {
		nos_buf_init(&c->query, strlen(mark + 1));
		nos_buf_add_text(&c->query, mark + 1);
	}
	set_due(c, c->loop->share->config.total_s);
	return c;
}

void nos_http_connection_done(
    void *loop, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
	struct nos_http_connection *c = *context;

	(void)loop;
	(void)code;
	if (!c)
		return;
	/* One that libmicrohttpd has refused by itself, or that did not come whole. */
	if (c->phase == PHASE_HEADER)
		nos_http_head_show(mhd, &c->loop->share->config, &c->request);
	clear(c);
	set_due(c, c->loop->share->config.idle_s + c->loop->share->config.total_s);
}

static void fail(struct nos_http_connection *c, unsigned status, enum nos_code code,
    const char *text, unsigned retry_s)
{
	const struct nos_http_config *config = &c->loop->share->config;

	wipe_answer(&c->request);
	config->fail(config->state, &c->request, status, code, text, retry_s);
}

/* No room now. The connection goes too, so that the client comes back where there is some. */
static bool refuse_busy(struct nos_http_connection *c)
{
	struct nos_http_share *share = c->loop->share;

	c->over = c->over && atomic_load(&share->connections) > share->config.connections;
	if (atomic_load(&share->draining))
		fail(c, 503, NOS_BUSY, "going down", 1);
	else if (c->over)
		fail(c, 503, NOS_BUSY, "too many connections", 1);
	else if (c->query.fail)
		fail(c, 503, NOS_BUSY, "out of memory", 1);
	else
		return false;
	return true;
}

static bool refuse_form(
    struct nos_http_connection *c, const struct nos_http_head *h, const char *version)
{
	enum nos_code code;
	unsigned status;
	const char *fault = nos_http_head_fault(h, version, &status, &code);

	if (fault)
		fail(c, status, code, fault, 0);
	else if (h->length && !nos_num_parse(nos_str_of(h->length), 0, UINT64_MAX, &c->length))
		fail(c, 400, NOS_DATA, "Content-Length is not a number", 0);
	else
		return false;
	return true;
}

static bool refuse_by_handler(struct nos_http_connection *c)
{
	const struct nos_http_config *config = &c->loop->share->config;
	size_t max = 0;
	char text[64];

	if (!config->begin(config->state, &c->request, &max))
		return true;
	wipe_answer(&c->request);
	if (c->length <= max)
		return false;
	snprintf(text, sizeof(text), "the body is over %zu bytes", max);
	fail(c, 413, NOS_LARGE, text, 0);
	return true;
}

/* Hand the answer over to libmicrohttpd. */
static enum MHD_Result reply(struct nos_http_connection *c)
{
	struct nos_http_request *r = &c->request;
	enum MHD_Result ret;
	struct MHD_Response *m;

	if (r->out.fail)
		fail(c, 500, NOS_INTERNAL, "the answer is too large", 0);
	m = nos_http_reply_make(r, c->close || atomic_load(&c->loop->share->draining));
	if (!m)
		return MHD_NO;
	ret = MHD_queue_response(c->mhd, r->status, m);
	MHD_destroy_response(m);
	c->phase = PHASE_ANSWER;
	c->due = NEVER;
	return ret;
}

static enum MHD_Result take_header(
    struct nos_http_connection *c, const char *url, const char *method, const char *version)
{
	struct nos_http_request *r = &c->request;
	struct nos_http_head h = { .request = r, .media = c->media };

	r->since = nos_mono_now();
	r->method = nos_str_of(method);
	r->path = nos_http_target_path(url);
	if (c->query.len)
		r->query = nos_buf_str(&c->query);
	nos_http_head_show(c->mhd, &c->loop->share->config, r);
	nos_http_head_read(c->mhd, &h);
	c->close = refuse_busy(c) || refuse_form(c, &h, version);
	if (!c->close && !refuse_by_handler(c)) {
		nos_buf_init(&c->body, (size_t)c->length);
		c->phase = PHASE_BODY;
		return MHD_YES;
	}
	c->phase = PHASE_REFUSED;
	/* An answer this early closes the connection; where no body stands in between, wait. */
	return c->close || c->length ? reply(c) : MHD_YES;
}

static enum MHD_Result hand_over(struct nos_http_connection *c)
{
	struct nos_http_share *share = c->loop->share;
	struct nos_http_request *r = &c->request;

	const char *busy = NULL;

	/* First counted, then asked: who drains sees this one pending, or this one sees the drain.
	 */
	if (atomic_fetch_add(&share->pending, 1) >= share->config.requests)
		busy = "too many requests at once";
	if (atomic_load(&share->draining))
		busy = "going down";
	if (c->body.fail)
		busy = "out of memory";
	if (busy) {
		atomic_fetch_sub(&share->pending, 1);
		fail(c, 503, NOS_BUSY, busy, 1);
		return reply(c);
	}
	r->body = nos_buf_span(&c->body);
	c->phase = PHASE_IN_HAND;
	c->due = NEVER;
	c->loop->handling = r; /* NULL once it was answered from within */
	share->config.handle(share->config.state, r);
	if (!c->loop->handling)
		return reply(c);
	/* Another thread may have answered by now; this one sees it after the suspension. */
	c->loop->handling = NULL;
	MHD_suspend_connection(c->mhd);
	return MHD_YES;
}

enum MHD_Result nos_http_connection_call(void *loop, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **context)
{
	struct nos_http_connection *c = *context;

	(void)loop;
	(void)mhd;
	if (!c)
		return MHD_NO;
	switch (c->phase) {
	case PHASE_HEADER:
		return take_header(c, url, method, version);
	case PHASE_BODY:
		if (!*upload_size)
			return hand_over(c);
		nos_buf_add(&c->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	case PHASE_REFUSED:
	case PHASE_IN_HAND:
		return reply(c);
	case PHASE_IDLE:
	case PHASE_ANSWER:
		break;
	}
	return MHD_NO;
}

struct nos_http_request *nos_http_connection_close(struct nos_http_request *r)
{
	struct nos_http_request *outer = r->outer;

	if (!outer)
		return r;
	r->close(r);
	return outer;
}

void nos_http_connection_resume(struct nos_http_request *r)
{
	r = nos_http_connection_close(r);
	MHD_resume_connection(((struct nos_http_connection *)r)->mhd);
}

/*
 * libmicrohttpd takes no answer while a request is still coming, so this one is written past it.
 * Nothing else of this request was sent, and the answers before it are out.
 */
static void expire(struct nos_http_connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct nos_http_request *r = &c->request;
	NOS_AUTO(buf) text = { 0 };

	c->due = NEVER;
	fail(c, 408, NOS_BUSY, "the request did not come whole in time", 0);
	nos_http_reply_encode(r, "408 Request Timeout", &text);
	/* What does not fit into the socket of such a client is not waited for. */
	if (!text.fail && !nos_http_secure_send_last(c->mhd, nos_buf_span(&text)))
		send(info->connect_fd, text.p, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* libmicrohttpd sees the end of the connection at its next run, and closes it. */
	shutdown(info->connect_fd, SHUT_RDWR);
}

void nos_http_connection_expire(struct nos_http_loop *loop, struct nos_mono now)
{
	if (now.us < loop->due.us)
		return;
	loop->due = NEVER;
	for (struct nos_http_connection *c = loop->first; c; c = c->next) {
		if (c->due.us <= now.us)
			expire(c);
		if (c->due.us < loop->due.us)
			loop->due = c->due;
	}
}
