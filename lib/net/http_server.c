/* SPDX-License-Identifier: MIT */
#include "net/http_server.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net/http_connection.h"
#include "net/http_listen.h"
#include "net/http_secure.h"

/* A header must fit, and it stays with every connection that has had a body. */
#define MEMORY_LIMIT	  (16u << 10)
/* libmicrohttpd lets what is over its own limit wait without a word: keep it above ours. */
#define SPARE_CONNECTIONS 64
/* Turns that a loop gives answers to leave when it stops. */
#define LAST_TURNS	  100

/* A loop: its thread, an epoll over its daemons, one an address, and what wakes it. */
struct worker {
	struct nos_http_loop loop; /* what its connections see */
	pthread_t self;		   /* set by the thread itself, before it hands out a request */
	pthread_t thread;
	bool started;
	bool quiet; /* its daemons accept no more */
	int epoll, wake;
	struct MHD_Daemon *daemons[NOS_HTTP_LISTEN_MAX];
	size_t daemon_count;
	atomic_bool stop;
	pthread_mutex_t lock;
	struct nos_http_request *answered; /* guarded by lock; linked by next */
	struct nos_http_request **tail;	   /* guarded by lock */
};

struct nos_http_server {
	struct nos_http_share share;
	struct nos_http_listen addresses[NOS_HTTP_LISTEN_MAX];
	struct worker *workers;
	unsigned count;
};

static void wake(struct worker *w)
{
	uint64_t one = 1;

	/* Fails only where the counter is full, and then the loop is awake. */
	if (write(w->wake, &one, sizeof(one)) < 0)
		return;
}

static bool has_answers(struct worker *w)
{
	bool ret;

	pthread_mutex_lock(&w->lock);
	ret = w->answered;
	pthread_mutex_unlock(&w->lock);
	return ret;
}

/* -1: until something happens. */
static int wait_ms(struct worker *w)
{
	MHD_UNSIGNED_LONG_LONG ms;
	uint64_t now, least = UINT64_MAX;

	if (has_answers(w))
		return 0;
	for (size_t i = 0; i < w->daemon_count; i++)
		if (MHD_get_timeout(w->daemons[i], &ms) == MHD_YES && ms < least)
			least = ms;
	if (least && w->loop.due.us != UINT64_MAX) {
		now = nos_mono_now().us;
		ms = w->loop.due.us > now ? (w->loop.due.us - now) / 1000 + 1 : 0;
		least = ms < least ? ms : least;
	}
	if (least == UINT64_MAX)
		return -1;
	return least > 60000 ? 60000 : (int)least;
}

/* Where there is work already, the daemons look at their sockets themselves. */
static void await(struct worker *w)
{
	struct epoll_event events[NOS_HTTP_LISTEN_MAX + 1];
	int ms = wait_ms(w), n;
	uint64_t count;

	if (!ms)
		return;
	n = epoll_wait(w->epoll, events, NOS_HTTP_LISTEN_MAX + 1, ms);
	for (int i = 0; i < n; i++)
		if (events[i].data.fd == w->wake && read(w->wake, &count, sizeof(count)) < 0)
			return;
}

static void resume_answered(struct worker *w)
{
	struct nos_http_request *r, *next;

	pthread_mutex_lock(&w->lock);
	r = w->answered;
	w->answered = NULL;
	w->tail = &w->answered;
	pthread_mutex_unlock(&w->lock);
	for (; r; r = next) {
		next = r->next;
		nos_http_connection_resume(r);
	}
}

static void stop_listening(struct worker *w)
{
	w->quiet = true;
	for (size_t i = 0; i < w->daemon_count; i++) {
		int fd = MHD_quiesce_daemon(w->daemons[i]);

		if (fd >= 0)
			close(fd);
	}
}

static void turn(struct worker *w)
{
	const struct nos_http_config *config = &w->loop.share->config;

	if (!w->quiet && atomic_load(&w->loop.share->draining))
		stop_listening(w);
	resume_answered(w);
	for (size_t i = 0; i < w->daemon_count; i++)
		MHD_run(w->daemons[i]);
	if (w->loop.due.us != UINT64_MAX)
		nos_http_connection_expire(&w->loop, nos_mono_now());
	if (config->turn)
		config->turn(config->state, w->loop.index);
}

static void *run(void *p)
{
	struct worker *w = p;
	char name[16];

	snprintf(name, sizeof(name), "%s%u", w->loop.share->config.thread_name, w->loop.index);
	pthread_setname_np(pthread_self(), name);
	w->self = pthread_self();
	while (!atomic_load(&w->stop)) {
		await(w);
		turn(w);
	}
	stop_listening(w);
	for (int i = 0; i < LAST_TURNS && (!i || !wait_ms(w)); i++)
		turn(w);
	return NULL;
}

/* Paths stay as they came. */
static size_t keep_escapes(void *state, struct MHD_Connection *mhd, char *text)
{
	(void)state;
	(void)mhd;
	return strlen(text);
}

/* Takes fd over, also on failure. */
static enum nos_code add_daemon(struct worker *w, int fd, bool tls, struct nos_err *err)
{
	struct MHD_OptionItem secure[] = {
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)NOS_HTTP_SECURE_PRIORITIES },
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
		    (void *)(uintptr_t)nos_http_secure_certificate },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct nos_http_config *config = &w->loop.share->config;
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *d;

	if (!tls)
		secure[0].option = MHD_OPTION_END;
	d = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0), 0,
	    NULL, NULL, nos_http_connection_call, &w->loop, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_CONNECTION_LIMIT,
	    2 * config->connections + SPARE_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)MEMORY_LIMIT, MHD_OPTION_CONNECTION_TIMEOUT, config->idle_s,
	    MHD_OPTION_NOTIFY_CONNECTION, nos_http_connection_notify, &w->loop,
	    MHD_OPTION_NOTIFY_COMPLETED, nos_http_connection_done, &w->loop,
	    MHD_OPTION_URI_LOG_CALLBACK, nos_http_connection_line, &w->loop,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_ARRAY, secure,
	    MHD_OPTION_END);
	if (!d) {
		close(fd);
		return nos_err_set(err, NOS_IO, "libmicrohttpd does not start");
	}
	w->daemons[w->daemon_count++] = d;
	info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || epoll_ctl(w->epoll, EPOLL_CTL_ADD, info->epoll_fd, &event) < 0)
		return nos_err_set_errno(err, NOS_IO, errno, "epoll");
	return NOS_OK;
}

static enum nos_code init_worker(struct nos_http_server *s, unsigned i, struct nos_err *err)
{
	struct worker *w = &s->workers[i];
	struct epoll_event event = { .events = EPOLLIN };

	w->loop.share = &s->share;
	w->loop.index = i;
	w->loop.due.us = UINT64_MAX;
	w->tail = &w->answered;
	pthread_mutex_init(&w->lock, NULL);
	w->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	event.data.fd = w->wake;
	if (w->wake < 0 || w->epoll < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &event) < 0)
		return nos_err_set_errno(err, NOS_IO, errno, "epoll");
	return NOS_OK;
}

static enum nos_code listen_on(
    struct nos_http_server *s, struct nos_http_listen *a, bool tls, struct nos_err *err)
{
	int *fds = calloc(s->count, sizeof(*fds));

	if (!fds)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (nos_http_listen_open(a, s->count, fds, err)) {
		free(fds);
		return err->code;
	}
	for (unsigned i = 0; i < s->count; i++) {
		if (err->code)
			close(fds[i]);
		else
			add_daemon(&s->workers[i], fds[i], tls, err);
	}
	free(fds);
	return err->code;
}

/* Signals are for the threads of who serves. */
static enum nos_code start_threads(struct nos_http_server *s, struct nos_err *err)
{
	sigset_t all, before;
	int errnum = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (unsigned i = 0; i < s->count && !errnum; i++) {
		errnum = pthread_create(&s->workers[i].thread, NULL, run, &s->workers[i]);
		s->workers[i].started = !errnum;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errnum ? nos_err_set_errno(err, NOS_IO, errnum, "thread") : NOS_OK;
}

/* Everything but the threads. */
static enum nos_code prepare(struct nos_http_server *s, struct nos_err *err)
{
	const struct nos_http_config *config = &s->share.config;

	nos_err_clear(err);
	for (unsigned i = 0; i < s->count; i++)
		if (init_worker(s, i, err))
			return err->code;
	for (size_t i = 0; i < config->listen_count + config->listen_tls_count; i++) {
		const bool tls = i >= config->listen_count;
		const char *text =
		    tls ? config->listen_tls[i - config->listen_count] : config->listen[i];

		if (nos_http_listen_parse(text, &s->addresses[i], err) ||
		    listen_on(s, &s->addresses[i], tls, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_http_server_new(
    const struct nos_http_config *config, struct nos_http_server **ret, struct nos_err *err)
{
	struct nos_http_server *s = calloc(1, sizeof(*s));

	assert(config->loops && config->connections && config->requests);
	assert(config->listen_count + config->listen_tls_count - 1 < NOS_HTTP_LISTEN_MAX);
	assert((!config->listen_tls_count || config->tls) && strlen(config->thread_name) <= 10);
	if (s)
		s->workers = calloc(config->loops, sizeof(*s->workers));
	if (!s || !s->workers) {
		free(s);
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	s->share.config = *config;
	s->count = config->loops;
	for (unsigned i = 0; i < s->count; i++)
		s->workers[i].wake = s->workers[i].epoll = -1;
	if (prepare(s, err)) {
		nos_http_server_free(s);
		return err->code;
	}
	/* The first request may come before this returns, and its handler needs the server. */
	*ret = s;
	if (start_threads(s, err)) {
		*ret = NULL;
		nos_http_server_free(s);
		return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_http_server_check(const char *text, struct nos_err *err)
{
	struct nos_http_listen a;

	return nos_http_listen_parse(text, &a, err);
}

const char *nos_http_server_address(const struct nos_http_server *s, size_t i)
{
	assert(i < s->share.config.listen_count + s->share.config.listen_tls_count);
	return s->addresses[i].text;
}

/* The loop handles r right now, in this thread: it sees the answer without being told. */
static bool is_handling(const struct worker *w, const struct nos_http_request *r)
{
	return pthread_equal(pthread_self(), w->self) &&
	       w->loop.handling == (r->outer ? r->outer : r);
}

/*
 * The wake and the count stand within the lock, so that the loop sees no answer before they are
 * done: an answer that a client has is not pending, and free meets nobody here.
 */
static void push(struct nos_http_server *s, struct worker *w, struct nos_http_request *first,
    struct nos_http_request *last, unsigned count)
{
	pthread_mutex_lock(&w->lock);
	if (!w->answered && !pthread_equal(pthread_self(), w->self))
		wake(w);
	*w->tail = first;
	w->tail = &last->next;
	last->next = NULL;
	atomic_fetch_sub(&s->share.pending, count);
	pthread_mutex_unlock(&w->lock);
}

/* Hand over what of list is of the loop of its first; returns the rest, in its order. */
static struct nos_http_request *answer_loop(
    struct nos_http_server *s, struct nos_http_request *list)
{
	struct worker *w = &s->workers[list->loop];
	struct nos_http_request *mine = NULL, *rest = NULL, *last = NULL, *next;
	struct nos_http_request **mine_tail = &mine, **rest_tail = &rest;
	unsigned count = 0;

	for (struct nos_http_request *r = list; r; r = next) {
		next = r->next;
		if (&s->workers[r->loop] != w) {
			*rest_tail = r;
			rest_tail = &r->next;
		} else if (is_handling(w, r)) {
			nos_http_connection_close(r);
			w->loop.handling = NULL;
			atomic_fetch_sub(&s->share.pending, 1);
		} else {
			*mine_tail = last = r;
			mine_tail = &r->next;
			count++;
		}
	}
	*rest_tail = NULL;
	if (mine)
		push(s, w, mine, last, count);
	return rest;
}

void nos_http_server_answer_list(struct nos_http_server *s, struct nos_http_request *list)
{
	while (list)
		list = answer_loop(s, list);
}

void nos_http_server_answer(struct nos_http_server *s, struct nos_http_request *r)
{
	r->next = NULL;
	answer_loop(s, r);
}

void nos_http_server_header(struct nos_http_request *r, const char *name, const char *value)
{
	struct nos_http_header *h = &r->headers[r->header_count];

	assert(r->header_count < NOS_HTTP_HEADERS_MAX);
	r->header_count++;
	h->name = name;
	snprintf(h->value, sizeof(h->value), "%s", value);
	/* A line break would be a header more. */
	for (char *p = h->value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
}

void nos_http_server_drain(struct nos_http_server *s)
{
	atomic_store(&s->share.draining, true);
	for (unsigned i = 0; i < s->count; i++)
		wake(&s->workers[i]);
}

unsigned nos_http_server_pending(const struct nos_http_server *s)
{
	return atomic_load(&s->share.pending);
}

static void release(struct worker *w)
{
	/* Callbacks of libmicrohttpd end what connections there are. */
	for (size_t i = 0; i < w->daemon_count; i++)
		MHD_stop_daemon(w->daemons[i]);
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->wake >= 0)
		close(w->wake);
	pthread_mutex_destroy(&w->lock);
}

void nos_http_server_free(struct nos_http_server *s)
{
	if (!s)
		return;
	atomic_store(&s->share.draining, true);
	for (unsigned i = 0; i < s->count; i++) {
		atomic_store(&s->workers[i].stop, true);
		if (s->workers[i].started)
			wake(&s->workers[i]);
	}
	for (unsigned i = 0; i < s->count; i++)
		if (s->workers[i].started)
			pthread_join(s->workers[i].thread, NULL);
	assert(!nos_http_server_pending(s));
	for (unsigned i = 0; i < s->count; i++)
		release(&s->workers[i]);
	free(s->workers);
	free(s);
}
