/* SPDX-License-Identifier: MIT */
#include "source/follow.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "key/derive.h"
#include "scheme/membership.h"
#include "source/attempt.h"
#include "source/inquiry.h"
#include "source/route.h"

#define CONNECT_MS 10000
#define NO_ORDER   UINT64_MAX
#define ANSWER_MS  30000 /* beside what the node is let to wait */

struct nos_follow {
	struct nos_follow_config config;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int fd;		   /* an eventfd: an answer waits */
	volatile int stop; /* atomic: libcurl looks at it without the lock */

	/* Guarded by lock: */
	struct nos_secret q; /* empty: not aimed yet */
	bool has_after;
	uint64_t after;
	bool aimed;	    /* anew: pauses of the aim before are over */
	bool waits;	    /* for the owner, since an answer was handed over */
	struct nos_err why; /* and its code, NOS_OK or NOS_DENIED */
	struct nos_answer_news news;

	/* The owner's: */
	uint64_t z;    /* of the last aim, 0: none */
	uint64_t last; /* and the order that it was behind, or NO_ORDER */
	bool took;     /* since then */

	/* The thread's: */
	struct nos_http_client *client;
	struct nos_route route; /* with via */
	uint8_t pin[NOS_HASH_LEN];
	struct nos_carrier carrier;
	struct nos_inquiry inquiry;
	struct nos_attempt attempt;
	size_t url;
	uint8_t hash[NOS_HASH_LEN]; /* of the last answer … */
	struct nos_mono at;	    /* … and when it came */
};

/* ---- the thread ---- */

static bool is_stopped(const struct nos_follow *f)
{
	return __atomic_load_n(&f->stop, __ATOMIC_RELAXED) != 0;
}

/* Until a poll may begin, with Q in the inquiry; false: it is to stop. */
static bool wait_turn(struct nos_follow *f)
{
	pthread_mutex_lock(&f->lock);
	while (!is_stopped(f)) {
		const uint64_t us = f->attempt.earliest.us;
		const struct timespec until = { .tv_sec = (time_t)(us / 1000000),
			.tv_nsec = (long)(us % 1000000) * 1000 };

		if (f->aimed)
			nos_attempt_good(&f->attempt);
		f->aimed = false;
		if (!f->q.len || f->waits)
			pthread_cond_wait(&f->changed, &f->lock);
		else if (!nos_attempt_is_due(&f->attempt))
			pthread_cond_timedwait(&f->changed, &f->lock, &until);
		else
			break;
	}
	f->inquiry.q = f->q;
	f->inquiry.has_after = f->has_after;
	f->inquiry.after = f->after;
	pthread_mutex_unlock(&f->lock);
	return !is_stopped(f);
}

static void hand_over(struct nos_follow *f, struct nos_answer_news *news, const struct nos_err *why)
{
	pthread_mutex_lock(&f->lock);
	f->news = *news;
	f->why = *why;
	f->waits = true;
	pthread_mutex_unlock(&f->lock);
	*news = (struct nos_answer_news){ 0 };
	eventfd_write(f->fd, 1);
}

/* A node that says the same again at once, since an acknowledgement does not reach it or it does
 * not wait, is not asked without end. */
static void pace(struct nos_follow *f)
{
	const struct nos_span body = nos_buf_span(&f->inquiry.answer.body);
	const struct nos_mono now = nos_mono_now();
	uint8_t hash[NOS_HASH_LEN] = { 0 };
	struct nos_err ignored = { 0 };
	bool same =
	    !nos_hash_sha256(&body, 1, hash, &ignored) && memcmp(hash, f->hash, sizeof(hash)) == 0;

	if (same && now.us - f->at.us < 2 * NOS_ATTEMPT_LAST_MS * 1000)
		nos_attempt_failed(&f->attempt, 0, false);
	else
		nos_attempt_good(&f->attempt);
	memcpy(f->hash, hash, sizeof(hash));
	f->at = now;
}

static void poll_once(struct nos_follow *f)
{
	struct nos_inquiry *i = &f->inquiry;
	struct nos_answer_news news = { 0 };
	struct nos_err err = { 0 };

	snprintf(i->url, sizeof(i->url), "%s", f->config.urls[f->url]);
	(void)!nos_inquiry_poll(i, NOS_INQUIRY_WAIT_MAX, ANSWER_MS, &news, &err);
	nos_secret_release(&i->q);
	if (err.code == NOS_OK)
		pace(f);
	if (err.code == NOS_DENIED || news.key_count || news.resync || news.identity)
		hand_over(f, &news, &err);
	else if (err.code)
		nos_attempt_failed(
		    &f->attempt, i->answer.retry_s, err.code != NOS_AWAY && err.code != NOS_BUSY);
	if (err.code == NOS_AWAY)
		f->url = (f->url + 1) % f->config.url_count;
	nos_answer_news_release(&news);
}

static void *run(void *state)
{
	struct nos_follow *f = state;

	while (wait_turn(f))
		poll_once(f);
	return NULL;
}

/* ---- the owner ---- */

static enum nos_code start(struct nos_follow *f, struct nos_err *err)
{
	sigset_t all, before;
	int errnum;

	/* Signals are the owner's: they are to end its waiting. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = pthread_create(&f->thread, NULL, run, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errnum)
		return nos_err_set_errno(err, NOS_INTERNAL, errnum, "a thread");
	pthread_setname_np(f->thread, "follow");
	return NOS_OK;
}

static void drop(struct nos_follow *f)
{
	if (f->fd >= 0)
		close(f->fd);
	nos_route_release(&f->route);
	nos_http_client_free(f->client);
	nos_inquiry_release(&f->inquiry);
	nos_answer_news_release(&f->news);
	nos_secret_release(&f->q);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* Pauses go by the clock that does not jump. */
static void init_lock(struct nos_follow *f)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&f->lock, NULL);
}

enum nos_code nos_follow_new(
    const struct nos_follow_config *config, struct nos_follow **ret, struct nos_err *err)
{
	struct nos_follow *f = calloc(1, sizeof(*f));
	struct nos_http_client_config http = { .ca = config->ca,
		.connect_ms = config->via_count ? NOS_ROUTE_CONNECT_MS : CONNECT_MS,
		.total_ms = ANSWER_MS,
		.answer_max = NOS_INQUIRY_ANSWER_MAX };

	if (!f)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	http.stop = &f->stop;
	f->config = *config;
	f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	init_lock(f);
	nos_inquiry_init(&f->inquiry, &f->carrier);
	snprintf(f->inquiry.source, sizeof(f->inquiry.source), "%s", config->source);
	if (f->fd < 0)
		nos_err_set(err, NOS_INTERNAL, "no descriptor is left");
	if (err->code || nos_http_client_new(&http, &f->client, err)) {
		drop(f);
		return err->code;
	}
	f->carrier = nos_carrier_straight(f->client);
	if (config->trace)
		(void)nos_http_client_via(f->client, nos_str_of(config->trace));
	if (config->via_count) {
		nos_route_init(&f->route, &f->carrier, NULL, config->via, config->via_count);
		memcpy(f->pin, config->pin, sizeof(f->pin));
		f->route.pin = f->pin;
		f->carrier = nos_route_carrier(&f->route);
	}
	if (start(f, err))
		drop(f);
	else
		*ret = f;
	return err->code;
}

void nos_follow_free(struct nos_follow *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	__atomic_store_n(&f->stop, 1, __ATOMIC_RELAXED);
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	drop(f);
}

enum nos_code nos_follow_aim(struct nos_follow *f, const struct nos_keyring *k, struct nos_err *err)
{
	NOS_AUTO(secret) q = { 0 };
	uint64_t last;

	if (!nos_membership_last(k, &last))
		last = NO_ORDER;
	if (f->z == k->z && !f->took && f->last == last)
		return NOS_OK;
	if (nos_derive_static(&k->z_key, NOS_DERIVE_POLL, &q, err))
		return err->code;
	pthread_mutex_lock(&f->lock);
	f->q = q;
	f->has_after = last != NO_ORDER;
	f->after = last;
	f->aimed |= f->z != k->z;
	f->waits &= !f->took;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
	f->z = k->z;
	f->last = last;
	f->took = false;
	return NOS_OK;
}

int nos_follow_fd(const struct nos_follow *f)
{
	return f->fd;
}

enum nos_code nos_follow_take(
    struct nos_follow *f, struct nos_answer_news *ret, struct nos_err *err)
{
	eventfd_t count;

	*ret = (struct nos_answer_news){ 0 };
	if (eventfd_read(f->fd, &count) < 0)
		return NOS_OK;
	pthread_mutex_lock(&f->lock);
	*ret = f->news;
	f->news = (struct nos_answer_news){ 0 };
	*err = f->why;
	pthread_mutex_unlock(&f->lock);
	f->took = true;
	return err->code;
}
