/* SPDX-License-Identifier: MIT */
#include "source/listener.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net/mqtt.h"

#define KEEPALIVE_S 60
#define WAIT_MS	    60000

struct message {
	size_t len;
	uint8_t bytes[NOS_LISTENER_MESSAGE_MAX];
};

struct nos_listener {
	pthread_t thread;
	pthread_mutex_t lock;
	int fd;	     /* an eventfd: something waits for the owner */
	int stop_fd; /* and one for the thread: it is to end */

	/* Guarded by lock: */
	struct message waiting[NOS_LISTENER_WAITING_MAX]; /* a ring */
	size_t first, count;
	bool is_trouble;
	struct nos_err trouble;

	/* The thread's: */
	struct nos_mqtt *mqtt;
	bool said; /* that the broker is not heard */
};

/* ---- the thread ---- */

static void heard(void *state, struct nos_str payload)
{
	struct nos_listener *l = state;
	struct message *m;

	if (!payload.len || payload.len > NOS_LISTENER_MESSAGE_MAX)
		return;
	pthread_mutex_lock(&l->lock);
	if (l->count == NOS_LISTENER_WAITING_MAX) {
		l->first = (l->first + 1) % NOS_LISTENER_WAITING_MAX;
		l->count--;
	}
	m = &l->waiting[(l->first + l->count++) % NOS_LISTENER_WAITING_MAX];
	m->len = payload.len;
	memcpy(m->bytes, payload.p, payload.len);
	pthread_mutex_unlock(&l->lock);
	eventfd_write(l->fd, 1);
}

static void turned(void *state, bool connected, const struct nos_err *err)
{
	struct nos_listener *l = state;

	if (!connected && !l->said) {
		pthread_mutex_lock(&l->lock);
		l->is_trouble = true;
		l->trouble = *err;
		pthread_mutex_unlock(&l->lock);
		eventfd_write(l->fd, 1);
	}
	l->said = !connected;
}

static void *run(void *state)
{
	struct nos_listener *l = state;
	eventfd_t count;

	while (eventfd_read(l->stop_fd, &count) < 0)
		nos_mqtt_wait(l->mqtt, l->stop_fd, WAIT_MS);
	nos_mqtt_disconnect(l->mqtt);
	return NULL;
}

/* ---- the owner ---- */

static enum nos_code start(struct nos_listener *l, struct nos_err *err)
{
	sigset_t all, before;
	int errnum;

	/* Signals are the owner's: they are to end its waiting. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = pthread_create(&l->thread, NULL, run, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errnum)
		return nos_err_set_errno(err, NOS_INTERNAL, errnum, "a thread");
	pthread_setname_np(l->thread, "listener");
	return NOS_OK;
}

static void drop(struct nos_listener *l)
{
	nos_mqtt_free(l->mqtt);
	if (l->fd >= 0)
		close(l->fd);
	if (l->stop_fd >= 0)
		close(l->stop_fd);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* It publishes nothing, so nothing is ever acknowledged. */
static void acked(void *state, uint64_t tag)
{
	(void)state, (void)tag;
}

static enum nos_code open_broker(
    struct nos_listener *l, const struct nos_listener_config *c, struct nos_err *err)
{
	char id[64], topic[NOS_MQTT_HEAR_MAX];
	const struct nos_mqtt_config mqtt = { .url = c->url,
		.password = c->password,
		.ca = c->ca,
		.client_id = id,
		.window = 1,
		.keepalive_s = KEEPALIVE_S,
		.state = l,
		.acked = acked,
		.turned = turned,
		.hear = topic,
		.heard = heard };

	snprintf(id, sizeof(id), "nos-%s", c->source);
	snprintf(topic, sizeof(topic), "nos/%" PRIu64 "/keys/+", c->node);
	return nos_mqtt_new(&mqtt, &l->mqtt, err);
}

enum nos_code nos_listener_new(
    const struct nos_listener_config *config, struct nos_listener **ret, struct nos_err *err)
{
	struct nos_listener *l = calloc(1, sizeof(*l));

	if (!l)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	pthread_mutex_init(&l->lock, NULL);
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->fd < 0 || l->stop_fd < 0)
		nos_err_set(err, NOS_INTERNAL, "no descriptor is left");
	if (err->code || open_broker(l, config, err) || start(l, err))
		drop(l);
	else
		*ret = l;
	return err->code;
}

void nos_listener_free(struct nos_listener *l)
{
	if (!l)
		return;
	eventfd_write(l->stop_fd, 1);
	pthread_join(l->thread, NULL);
	drop(l);
}

int nos_listener_fd(const struct nos_listener *l)
{
	return l->fd;
}

bool nos_listener_take(struct nos_listener *l, struct nos_buf *ret)
{
	eventfd_t count;
	bool is;

	nos_buf_truncate(ret, 0);
	pthread_mutex_lock(&l->lock);
	is = l->count > 0;
	if (is) {
		const struct message *m = &l->waiting[l->first];

		nos_buf_add(ret, m->bytes, m->len);
		l->first = (l->first + 1) % NOS_LISTENER_WAITING_MAX;
		l->count--;
	}
	/* What waits still is told again. */
	if (!l->count && !l->is_trouble)
		(void)!eventfd_read(l->fd, &count);
	pthread_mutex_unlock(&l->lock);
	return is;
}

bool nos_listener_trouble(struct nos_listener *l, struct nos_err *ret)
{
	bool is;

	pthread_mutex_lock(&l->lock);
	is = l->is_trouble;
	if (is)
		*ret = l->trouble;
	l->is_trouble = false;
	pthread_mutex_unlock(&l->lock);
	return is;
}
