/* SPDX-License-Identifier: MIT */
#include "net/http_multi.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "net/http_easy.h"
#include "net/http_queues.h"
#include "net/http_watch.h"

#define PEERS 16 /* as many as may each have all their connections kept */

/* A handle of libcurl's: of one call, then of the next. */
struct slot {
	struct nos_http_multi *multi;
	CURL *easy;
	struct curl_slist *headers;
	const char *media; /* that headers has */
	struct nos_http_queue *queue;
	struct nos_http_multi_call *call;
	bool over;
	char words[CURL_ERROR_SIZE];
	struct slot *next;
};

struct nos_http_multi {
	struct nos_http_multi_config config;
	char *ca;
	pthread_t thread;
	pthread_mutex_t lock;
	struct nos_http_multi_call *handed, **tail; /* guarded by lock, so also: */
	bool stop;

	/* The thread's own. */
	CURLM *curl;
	struct nos_http_watch watch;
	struct nos_http_queues queues;
	struct slot *idle;
	size_t open; /* calls: waiting and under way */
};

static void drop_list(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

#define LIST __attribute__((cleanup(drop_list))) struct curl_slist *

static void finish(struct nos_http_multi *m, struct nos_http_multi_call *call)
{
	m->open--;
	m->config.done(m->config.state, call);
}

static void give_up(
    struct nos_http_multi *m, struct nos_http_multi_call *call, CURLcode rc, const char *words)
{
	const struct nos_http_easy_fault fault = { .rc = rc, .url = call->url, .words = words };

	nos_http_easy_failed(&fault, &call->err);
	finish(m, call);
}

/* ---- slots ---- */

static size_t take_body(char *p, size_t size, size_t n, void *state)
{
	struct slot *s = state;
	struct nos_buf *answer = &s->call->answer;
	const size_t len = size * n;

	nos_buf_add(answer, p, len);
	s->over = answer->fail == NOS_LARGE;
	return answer->fail ? 0 : len;
}

static CURLcode set_up(struct slot *s)
{
	CURL *e = s->easy;
	CURLcode rc = nos_http_easy_manner(e, s->multi->ca);

	rc = rc ? rc : nos_http_watch_easy(&s->multi->watch, e);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->words);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_PRIVATE, s);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_PROXY, "");
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	rc = rc ? rc
		: curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)s->multi->config.connect_ms);
	return rc ? rc : curl_easy_setopt(e, CURLOPT_POST, 1L);
}

static void free_slot(struct slot *s)
{
	curl_easy_cleanup(s->easy);
	curl_slist_free_all(s->headers);
	free(s);
}

/* NULL: out of memory. */
static struct slot *take_slot(struct nos_http_multi *m)
{
	struct slot *s = m->idle;

	if (s) {
		m->idle = s->next;
		return s;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->multi = m;
	s->easy = curl_easy_init();
	if (!s->easy || set_up(s)) {
		free_slot(s);
		return NULL;
	}
	return s;
}

static void put_back(struct slot *s)
{
	s->call = NULL;
	nos_http_queues_over(s->queue);
	s->queue = NULL;
	s->next = s->multi->idle;
	s->multi->idle = s;
}

static bool append(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	*list = more ? more : *list;
	return more;
}

/* "Expect:" keeps libcurl from waiting for a 100 Continue before a long body. */
static bool set_headers(struct slot *s, const char *media)
{
	LIST headers = NULL;
	char line[128];

	if (s->media && strcmp(s->media, media) == 0)
		return true;
	snprintf(line, sizeof(line), "Content-Type: %s", media);
	if (!append(&headers, "Expect:") || !append(&headers, line) ||
	    curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, headers))
		return false;
	curl_slist_free_all(s->headers);
	s->headers = headers;
	headers = NULL;
	s->media = media;
	return true;
}

/* At least one millisecond of time: none would be all the time that there is. */
static CURLcode set_call(struct slot *s, const struct nos_http_multi_call *c)
{
	const uint64_t now = nos_mono_now().us;
	const uint64_t ms = c->due.us > now ? (c->due.us - now) / 1000 + 1 : 1;
	const void *body = c->body.len ? (const void *)c->body.p : "";
	CURL *e = s->easy;
	CURLcode rc = set_headers(s, c->media) ? CURLE_OK : CURLE_OUT_OF_MEMORY;

	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_URL, c->url);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)ms);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len);
	return rc ? rc : curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
}

static void begin(
    struct nos_http_multi *m, struct nos_http_queue *queue, struct nos_http_multi_call *call)
{
	struct slot *s = take_slot(m);

	if (!s) {
		nos_http_queues_over(queue);
		give_up(m, call, CURLE_OUT_OF_MEMORY, "");
		return;
	}
	s->call = call;
	s->queue = queue;
	s->over = false;
	s->words[0] = '\0';
	if (!set_call(s, call) && !curl_multi_add_handle(m->curl, s->easy))
		return;
	put_back(s);
	give_up(m, call, CURLE_OUT_OF_MEMORY, "");
}

static void end(struct slot *s, CURLcode rc)
{
	struct nos_http_multi *m = s->multi;
	struct nos_http_multi_call *call = s->call;
	long status = 0;

	if (rc) {
		const struct nos_http_easy_fault fault = { .easy = s->easy,
			.rc = rc,
			.url = call->url,
			.words = s->words,
			.over = s->over ? call->answer.max : 0,
			.memory = call->answer.fail == NOS_INTERNAL };

		nos_http_easy_failed(&fault, &call->err);
	} else {
		curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
		nos_http_easy_media(s->easy, call->media_came);
		call->status = (unsigned)status;
	}
	curl_multi_remove_handle(m->curl, s->easy);
	put_back(s);
	finish(m, call);
}

static void end_all(struct nos_http_multi *m)
{
	const CURLMsg *message;
	struct slot *s;
	int left;

	while ((message = curl_multi_info_read(m->curl, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&s);
		end(s, message->data.result);
	}
}

/* ---- the thread ---- */

static void put_one(struct nos_http_multi *m, struct nos_http_multi_call *call)
{
	const char *url = call->url;

	call->next = NULL;
	/* Without a scheme libcurl would guess one. */
	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		give_up(m, call, CURLE_URL_MALFORMAT, "");
	else if (!nos_http_queues_put(&m->queues, call))
		give_up(m, call, CURLE_OUT_OF_MEMORY, "");
}

static void begin_what_may(struct nos_http_multi *m)
{
	struct nos_http_multi_call *call;
	struct nos_http_queue *queue;

	while ((call = nos_http_queues_take(&m->queues, &queue)))
		begin(m, queue, call);
}

static void expire(struct nos_http_multi *m)
{
	struct nos_http_multi_call *list, *next;

	if (m->queues.due.us == UINT64_MAX)
		return;
	for (list = nos_http_queues_expire(&m->queues, nos_mono_now()); list; list = next) {
		next = list->next;
		list->next = NULL;
		give_up(m, list, CURLE_OPERATION_TIMEDOUT, "no turn in time");
	}
}

/* False: nothing is left, and nothing will come. */
static bool take_handed(struct nos_http_multi *m)
{
	struct nos_http_multi_call *list, *next;
	bool stop;

	pthread_mutex_lock(&m->lock);
	list = m->handed;
	m->handed = NULL;
	m->tail = &m->handed;
	stop = m->stop;
	pthread_mutex_unlock(&m->lock);
	for (struct nos_http_multi_call *c = list; c; c = c->next)
		m->open++;
	for (; list; list = next) {
		next = list->next;
		put_one(m, list);
	}
	return m->open || !stop;
}

static void *run(void *state)
{
	struct nos_http_multi *m = state;

	while (take_handed(m)) {
		begin_what_may(m);
		nos_http_watch_turn(&m->watch, m->queues.due);
		end_all(m);
		expire(m);
	}
	return NULL;
}

/* ---- what another thread calls ---- */

static void release(struct nos_http_multi *m)
{
	while (m->idle) {
		struct slot *s = m->idle;

		m->idle = s->next;
		free_slot(s);
	}
	nos_http_queues_release(&m->queues);
	curl_multi_cleanup(m->curl);
	nos_http_watch_release(&m->watch);
	pthread_mutex_destroy(&m->lock);
	free(m->ca);
	free(m);
}

/* Signals are for the threads of who serves. */
static enum nos_code start_thread(struct nos_http_multi *m, struct nos_err *err)
{
	sigset_t all, before;
	int errnum;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = pthread_create(&m->thread, NULL, run, m);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errnum)
		return nos_err_set_errno(err, NOS_IO, errnum, "thread");
	pthread_setname_np(m->thread, m->config.thread_name);
	return NOS_OK;
}

static enum nos_code prepare(struct nos_http_multi *m, struct nos_err *err)
{
	const struct nos_http_multi_config *g = &m->config;

	m->curl = curl_multi_init();
	m->ca = g->ca ? strdup(g->ca) : NULL;
	if (!m->curl || (g->ca && !m->ca))
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	/* libcurl's own measure goes with the calls under way, and would close between two bursts.
	 */
	if (curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, (long)g->at_once * PEERS))
		return nos_err_set(err, NOS_INTERNAL, "libcurl keeps no connections");
	return nos_http_watch_init(&m->watch, m->curl, err);
}

enum nos_code nos_http_multi_new(
    const struct nos_http_multi_config *config, struct nos_http_multi **ret, struct nos_err *err)
{
	struct nos_http_multi *m;

	assert(config->at_once && strlen(config->thread_name) <= 15);
	if (config->ca && access(config->ca, R_OK) < 0)
		return nos_err_set(err, NOS_ABSENT, "no CA file '%s'", config->ca);
	m = calloc(1, sizeof(*m));
	if (!m)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	m->config = *config;
	m->tail = &m->handed;
	nos_http_queues_init(&m->queues, config->at_once);
	m->watch.epoll = m->watch.wake = -1;
	pthread_mutex_init(&m->lock, NULL);
	if (prepare(m, err) || start_thread(m, err)) {
		release(m);
		return err->code;
	}
	*ret = m;
	return NOS_OK;
}

void nos_http_multi_submit(struct nos_http_multi *m, struct nos_http_multi_call *list)
{
	const uint64_t now = nos_mono_now().us;
	struct nos_http_multi_call **tail = &list;
	bool first;

	for (; *tail; tail = &(*tail)->next)
		(*tail)->due.us = now + (*tail)->total_ms * 1000;
	if (!list)
		return;
	pthread_mutex_lock(&m->lock);
	first = !m->handed;
	*m->tail = list;
	m->tail = tail;
	pthread_mutex_unlock(&m->lock);
	/* Else it was woken, and has not looked yet. */
	if (first)
		nos_http_watch_wake(&m->watch);
}

void nos_http_multi_free(struct nos_http_multi *m)
{
	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	m->stop = true;
	pthread_mutex_unlock(&m->lock);
	nos_http_watch_wake(&m->watch);
	pthread_join(m->thread, NULL);
	release(m);
}
