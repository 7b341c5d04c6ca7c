/* SPDX-License-Identifier: MIT */
#include "node/admit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "registry/enrol.h"
#include "registry/registry.h"

struct nos_admit {
	struct nos_admit_config config;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct nos_http_request *queue, **tail; /* guarded by lock, so also: */
	size_t count;
	bool stop;

	struct nos_audit audit; /* the thread's own, so also: */
	uint64_t sources;	/* registered */
};

static void answer(struct nos_admit *a, struct nos_http_request *r)
{
	struct nos_str m1 = { (const char *)r->body.p, r->body.len };
	const struct nos_self *self = nos_card_self(a->config.card);
	char id[NOS_RECORD_ID_MAX];
	struct nos_life life;
	struct nos_err err = { 0 };
	bool made = false;
	enum nos_code code;

	if (!nos_life_open(&life, a->config.store, a->config.vault, &a->audit, self, &err))
		(void)!nos_enrol_answer(&life, self, m1, nos_time_now(), &r->out, &made, id, &err);
	code = err.code;
	if (made)
		nos_metric_set(a->config.metric, NOS_METRIC_SOURCES_HELD, ++a->sources);
	if (!code)
		nos_member_forget(a->config.members, id);
	atomic_fetch_add_explicit(&a->config.metric->registrations[code], 1, memory_order_relaxed);
	if (code) {
		nos_log_line(NOS_LOG_DEBUG, "registration refused: %s", err.text);
		nos_buf_truncate(&r->out, 0);
		a->config.refuse(a->config.state, r, &err);
	} else {
		r->status = 201;
		r->type = "application/jose";
	}
	a->config.answer(a->config.state, r);
}

static enum nos_code count_one(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct nos_admit *a = state;

	(void)key, (void)value, (void)rev, (void)err;
	a->sources++;
	return NOS_OK;
}

static void *run(void *state)
{
	struct nos_admit *a = state;
	struct nos_err err = { 0 };

	if (nos_store_scan(a->config.store, NOS_RECORD_NS, NOS_STR(""), count_one, a, &err))
		nos_log_line(NOS_LOG_WARN, "counting the sources: %s", err.text);
	nos_metric_set(a->config.metric, NOS_METRIC_SOURCES_HELD, a->sources);
	pthread_mutex_lock(&a->lock);
	for (;;) {
		struct nos_http_request *r = a->queue;

		if (!r && a->stop)
			break;
		if (!r) {
			pthread_cond_wait(&a->wake, &a->lock);
			continue;
		}
		a->queue = r->next;
		if (!a->queue)
			a->tail = &a->queue;
		r->next = NULL;
		nos_metric_set(a->config.metric, NOS_METRIC_QUEUE_REGISTER, --a->count);
		pthread_mutex_unlock(&a->lock);
		answer(a, r);
		pthread_mutex_lock(&a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

enum nos_code nos_admit_new(
    const struct nos_admit_config *config, struct nos_admit **ret, struct nos_err *err)
{
	struct nos_admit *a = calloc(1, sizeof(*a));

	if (!a)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	a->config = *config;
	nos_audit_init(&a->audit, config->store, "nos-serve", false);
	a->tail = &a->queue;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->wake, NULL);
	if (pthread_create(&a->thread, NULL, run, a)) {
		pthread_cond_destroy(&a->wake);
		pthread_mutex_destroy(&a->lock);
		free(a);
		return nos_err_set(err, NOS_INTERNAL, "cannot start the registration thread");
	}
	pthread_setname_np(a->thread, "nos-admit");
	*ret = a;
	return NOS_OK;
}

bool nos_admit_submit(struct nos_admit *a, struct nos_http_request *r)
{
	bool room;

	pthread_mutex_lock(&a->lock);
	room = a->count < a->config.limit && !a->stop;
	if (room) {
		r->next = NULL;
		*a->tail = r;
		a->tail = &r->next;
		nos_metric_set(a->config.metric, NOS_METRIC_QUEUE_REGISTER, ++a->count);
		pthread_cond_signal(&a->wake);
	}
	pthread_mutex_unlock(&a->lock);
	return room;
}

void nos_admit_free(struct nos_admit *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->wake);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	pthread_cond_destroy(&a->wake);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
