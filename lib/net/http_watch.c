/* SPDX-License-Identifier: MIT */
#include "net/http_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS 64

struct nos_http_watched {
	bool ours;	/* made and closed here, so that its number is known to be free */
	bool on;	/* the epoll has it */
	uint32_t mask;	/* for these */
	uint32_t wants; /* libcurl does; 0: not now */
};

static struct nos_http_watched *watched(struct nos_http_watch *w, int fd)
{
	const size_t place = (size_t)fd;
	struct nos_http_watched *of;
	size_t count = w->count ? w->count : EVENTS;

	if (place < w->count)
		return &w->of[place];
	while (count <= place)
		count *= 2;
	of = reallocarray(w->of, count, sizeof(*of));
	if (!of)
		return NULL;
	memset(of + w->count, 0, (count - w->count) * sizeof(*of));
	w->of = of;
	w->count = count;
	return &of[place];
}

static void take_off(struct nos_http_watch *w, struct nos_http_watched *s, int fd)
{
	if (s->on)
		epoll_ctl(w->epoll, EPOLL_CTL_DEL, fd, NULL);
	s->on = false;
}

static void put_on(struct nos_http_watch *w, struct nos_http_watched *s, int fd)
{
	struct epoll_event event = { .events = s->wants, .data.fd = fd };
	int rc = epoll_ctl(w->epoll, s->on ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);

	/* One of libcurl's own, which was closed without a word. */
	if (rc < 0 && s->on && errno == ENOENT)
		rc = epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event);
	s->on = rc == 0;
	s->mask = s->wants;
}

static uint32_t mask_of(int what)
{
	return (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *state, void *own)
{
	struct nos_http_watch *w = state;
	struct nos_http_watched *s = watched(w, fd);

	(void)easy;
	(void)own;
	/* Out of memory: its transfer ends by its time. Any other word than 0 would end them all.
	 */
	if (!s)
		return 0;
	s->wants = what == CURL_POLL_REMOVE ? 0 : mask_of(what);
	if (!s->wants) {
		if (!s->ours)
			take_off(w, s, fd);
		return 0;
	}
	if (!s->ours || !s->on || s->mask != s->wants)
		put_on(w, s, fd);
	return 0;
}

static int on_time(CURLM *multi, long ms, void *state)
{
	struct nos_http_watch *w = state;

	(void)multi;
	w->due.us = ms < 0 ? UINT64_MAX : nos_mono_now().us + (uint64_t)ms * 1000;
	return 0;
}

static curl_socket_t open_one(void *state, curlsocktype purpose, struct curl_sockaddr *at)
{
	struct nos_http_watch *w = state;
	const int fd = socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
	struct nos_http_watched *s = fd < 0 ? NULL : watched(w, fd);

	(void)purpose;
	if (s)
		*s = (struct nos_http_watched){ .ours = true };
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Off the epoll with it. */
static int close_one(void *state, curl_socket_t fd)
{
	struct nos_http_watch *w = state;

	if ((size_t)fd < w->count)
		w->of[fd] = (struct nos_http_watched){ 0 };
	return close(fd);
}

enum nos_code nos_http_watch_init(struct nos_http_watch *w, CURLM *multi, struct nos_err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	*w = (struct nos_http_watch){ .multi = multi, .due = { UINT64_MAX } };
	w->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	event.data.fd = w->wake;
	if (w->wake < 0 || w->epoll < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &event) < 0)
		return nos_err_set_errno(err, NOS_IO, errno, "epoll");
	if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) ||
	    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, w) ||
	    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_time) ||
	    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, w))
		return nos_err_set(err, NOS_INTERNAL, "libcurl takes no socket function");
	return NOS_OK;
}

void nos_http_watch_release(struct nos_http_watch *w)
{
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->wake >= 0)
		close(w->wake);
	free(w->of);
	*w = (struct nos_http_watch){ .epoll = -1, .wake = -1 };
}

CURLcode nos_http_watch_easy(struct nos_http_watch *w, CURL *e)
{
	CURLcode rc = curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_one);

	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, w);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, close_one);
	return rc ? rc : curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, w);
}

/* A socket that nobody wants anything of has ended, or says what nobody asked for: libcurl looks at
 * it before it uses it again. */
static void take_event(struct nos_http_watch *w, const struct epoll_event *event)
{
	const int fd = event->data.fd;
	const uint32_t e = event->events;
	int running, what = 0;
	uint64_t count;

	if (fd == w->wake) {
		if (read(fd, &count, sizeof(count)) < 0)
			return;
		return;
	}
	if ((size_t)fd < w->count && !w->of[fd].wants) {
		take_off(w, &w->of[fd], fd);
		return;
	}
	what |= e & EPOLLIN ? CURL_CSELECT_IN : 0;
	what |= e & EPOLLOUT ? CURL_CSELECT_OUT : 0;
	what |= e & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0;
	curl_multi_socket_action(w->multi, fd, what, &running);
}

/* Until the earlier of both; -1: until something happens. */
static int wait_ms(const struct nos_http_watch *w, struct nos_mono until)
{
	const uint64_t due = until.us < w->due.us ? until.us : w->due.us;
	uint64_t now;

	if (due == UINT64_MAX)
		return -1;
	now = nos_mono_now().us;
	if (due <= now)
		return 0;
	return due - now >= 60000000 ? 60000 : (int)((due - now) / 1000) + 1;
}

void nos_http_watch_turn(struct nos_http_watch *w, struct nos_mono until)
{
	struct epoll_event events[EVENTS];
	int running, n;

	n = epoll_wait(w->epoll, events, EVENTS, wait_ms(w, until));
	for (int i = 0; i < n; i++)
		take_event(w, &events[i]);
	if (w->due.us != UINT64_MAX && w->due.us <= nos_mono_now().us) {
		w->due.us = UINT64_MAX;
		curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
}

void nos_http_watch_wake(struct nos_http_watch *w)
{
	uint64_t one = 1;

	/* Fails only where the counter is full, and then the thread is awake. */
	if (write(w->wake, &one, sizeof(one)) < 0)
		return;
}
