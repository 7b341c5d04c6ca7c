/* SPDX-License-Identifier: MIT */
#include "ingest_post.h"

#include "ingest_pace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 8192 /* bytes */
#define EVENTS	   64
#define LOOK_MS	   200 /* at Ctrl-C */
#define PATIENCE   150 /* such looks without an answer */
#define ACCEPTED   "HTTP/1.1 202 "

struct line {
	int fd;	    /* -1: none */
	bool waits; /* until its pack is due */
	size_t turn, round;
	size_t pack, done; /* in hand, and bytes of it that are out */
	bool blocked;	   /* the rest of it waits for room */
	size_t len;
	char in[ANSWER_MAX + 1];
};

struct run {
	struct ingest_post *p;
	int epoll;
	struct ingest_pace pace;
	size_t due; /* the packs before this one are, or were */
	struct line *lines;
	size_t open; /* lines that have a pack in hand */
};

static uint64_t clock_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t ingest_post_clock(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

/* ---- out ---- */

static enum nos_code dial(struct run *r, struct line *l, struct nos_err *err)
{
	const struct sockaddr_in node = { .sin_family = AF_INET,
		.sin_port = htons(r->p->port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };
	int one = 1;

	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* On the loopback this is done before it returns. */
	if (l->fd < 0 || connect(l->fd, (const struct sockaddr *)&node, sizeof(node)) < 0 ||
	    fcntl(l->fd, F_SETFL, O_NONBLOCK) < 0 ||
	    epoll_ctl(r->epoll, EPOLL_CTL_ADD, l->fd, &e) < 0)
		return nos_err_set_errno(err, NOS_AWAY, errno, "the node");
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return NOS_OK;
}

static void hang_up(struct line *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static enum nos_code push(struct run *r, struct line *l, struct nos_err *err)
{
	const struct nos_str request = ingest_load_request(r->p->load, l->pack);
	ssize_t n = send(l->fd, request.p + l->done, request.len - l->done, MSG_NOSIGNAL);
	bool blocked;

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return nos_err_set_errno(err, NOS_AWAY, errno, "the node");
	if (n > 0) {
		l->done += (size_t)n;
		r->p->out += (size_t)n;
	}
	blocked = l->done < request.len;
	if (blocked != l->blocked) {
		struct epoll_event e = { .events = EPOLLIN | (blocked ? EPOLLOUT : 0u),
			.data.ptr = l };

		l->blocked = blocked;
		if (epoll_ctl(r->epoll, EPOLL_CTL_MOD, l->fd, &e) < 0)
			return nos_err_set_errno(err, NOS_INTERNAL, errno, "epoll");
	}
	return NOS_OK;
}

/* Its pack, which is due. */
static enum nos_code begin(struct run *r, struct line *l, struct nos_err *err)
{
	const uint64_t when =
	    r->p->rate > 0 ? ingest_pace_due(&r->pace, l->pack) : ingest_post_clock();

	l->done = l->len = 0;
	l->blocked = l->waits = false;
	atomic_store_explicit(&r->p->sent[l->pack], when, memory_order_relaxed);
	if (l->fd < 0 && dial(r, l, err))
		return err->code;
	return push(r, l, err);
}

/* Its next pack: of the sources whose turns it has, each in its order. */
static enum nos_code next(struct run *r, struct line *l, struct nos_err *err)
{
	const struct ingest_load *load = r->p->load;

	if (l->turn >= load->source_count) {
		l->turn %= r->p->connections;
		l->round++;
	}
	l->pack = l->round * load->source_count + l->turn;
	l->turn += r->p->connections;
	if (l->pack >= load->packs) {
		r->open--;
		hang_up(l);
		return NOS_OK;
	}
	l->waits = r->p->rate > 0 && l->pack >= r->due;
	return l->waits ? NOS_OK : begin(r, l, err);
}

/* All packs that are due by now; a line that is busy finds its own when it is done. */
static enum nos_code begin_due(struct run *r, struct nos_err *err)
{
	const struct ingest_load *load = r->p->load;
	const uint64_t now = ingest_post_clock();

	while (r->due < load->packs && ingest_pace_due(&r->pace, r->due) <= now) {
		const size_t pack = r->due++;
		struct line *l = &r->lines[pack % load->source_count % r->p->connections];

		if (l->waits && l->pack == pack && begin(r, l, err))
			return err->code;
	}
	return ingest_pace_set(&r->pace, r->due, err);
}

/* ---- in ---- */

/* The number behind a name; 0: there is none. */
static uint64_t number_behind(const char *text, const char *name)
{
	const char *at = strcasestr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* Bytes of the whole answer; 0: its head is not there yet. */
static size_t whole(const struct line *l)
{
	const char *end = strstr(l->in, "\r\n\r\n");

	if (!end)
		return 0;
	return (size_t)(end - l->in) + 4 + number_behind(l->in, "\r\nContent-Length:");
}

static enum nos_code take(struct run *r, struct line *l, struct nos_err *err)
{
	const uint64_t sent = atomic_load_explicit(&r->p->sent[l->pack], memory_order_relaxed);

	if (strncmp(l->in, ACCEPTED, strlen(ACCEPTED)) != 0)
		return nos_err_set(err, NOS_AWAY, "the node answers a pack with '%.*s'",
		    (int)strcspn(l->in, "\r"), l->in);
	if (strcasestr(l->in, "\r\nNos-Receipt:"))
		r->p->accepted += number_behind(l->in, "\"accepted\":");
	r->p->duplicates += number_behind(l->in, "\"duplicates\":");
	r->p->in += l->len;
	if (bench_sample_add(&r->p->took, (double)(ingest_post_clock() - sent) / 1e6, err))
		return err->code;
	if (!r->p->load->kept)
		hang_up(l);
	return next(r, l, err);
}

static enum nos_code serve(struct run *r, struct line *l, struct nos_err *err)
{
	ssize_t n;
	size_t want;

	if (l->blocked && push(r, l, err))
		return err->code;
	n = recv(l->fd, l->in + l->len, ANSWER_MAX - l->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NOS_OK;
	if (n <= 0)
		return nos_err_set(err, NOS_AWAY, "the node broke a connection off");
	l->len += (size_t)n;
	l->in[l->len] = '\0';
	want = whole(l);
	return want && l->len >= want ? take(r, l, err) : NOS_OK;
}

/* ---- all of it ---- */

static enum nos_code begin_all(struct run *r, struct nos_err *err)
{
	struct epoll_event e = { .events = EPOLLIN };

	if (ingest_pace_open(&r->pace, r->p->rate, err))
		return err->code;
	r->p->begun = r->pace.begun;
	if (r->pace.fd >= 0 && epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->pace.fd, &e) < 0)
		return nos_err_set_errno(err, NOS_INTERNAL, errno, "epoll");
	for (size_t i = 0; i < r->p->connections; i++)
		if (next(r, &r->lines[i], err))
			return err->code;
	return r->pace.fd >= 0 ? begin_due(r, err) : NOS_OK;
}

/* What happened on a connection; of none: the next pack is due. */
static enum nos_code turn(struct run *r, struct line *l, struct nos_err *err)
{
	return l ? serve(r, l, err) : begin_due(r, err);
}

static enum nos_code run_all(struct run *r, struct nos_err *err)
{
	struct epoll_event events[EVENTS];
	int silent = 0;

	if (begin_all(r, err))
		return err->code;
	while (r->open) {
		int n = epoll_wait(r->epoll, events, EVENTS, LOOK_MS);

		if (bench_go_on(err))
			return err->code;
		silent = n > 0 ? 0 : silent + 1;
		if (silent == PATIENCE)
			return nos_err_set(err, NOS_AWAY, "the node does not answer");
		for (int i = 0; i < n; i++)
			if (turn(r, events[i].data.ptr, err))
				return err->code;
	}
	return NOS_OK;
}

enum nos_code ingest_post_run(struct ingest_post *p, struct nos_err *err)
{
	struct run r = {
		.p = p, .epoll = epoll_create1(EPOLL_CLOEXEC), .pace.fd = -1, .open = p->connections
	};
	const uint64_t cpu = clock_of(CLOCK_THREAD_CPUTIME_ID);

	r.lines = calloc(p->connections, sizeof(*r.lines));
	if (r.epoll < 0 || !r.lines)
		nos_err_set(err, NOS_INTERNAL, "out of memory");
	for (size_t i = 0; r.lines && i < p->connections; i++) {
		r.lines[i].fd = -1;
		r.lines[i].turn = i;
	}
	if (!err->code)
		(void)!run_all(&r, err);
	p->cpu_ns = clock_of(CLOCK_THREAD_CPUTIME_ID) - cpu;
	for (size_t i = 0; r.lines && i < p->connections; i++)
		hang_up(&r.lines[i]);
	free(r.lines);
	ingest_pace_close(&r.pace);
	if (r.epoll >= 0)
		close(r.epoll);
	return err->code;
}
