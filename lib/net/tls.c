/* SPDX-License-Identifier: MIT */
#include "net/tls.h"

#include <pthread.h>
#include <stdlib.h>

#include "net/tls_pair.h"

struct nos_tls {
	pthread_mutex_t lock;
	struct nos_tls_pair *pair; /* guarded by lock */
};

enum nos_code nos_tls_new(
    struct nos_str certificates, struct nos_str key, struct nos_tls **ret, struct nos_err *err)
{
	struct nos_tls *t = calloc(1, sizeof(*t));

	if (!t)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (nos_tls_pair_read(certificates, key, &t->pair, err)) {
		free(t);
		return err->code;
	}
	pthread_mutex_init(&t->lock, NULL);
	*ret = t;
	return NOS_OK;
}

enum nos_code nos_tls_replace(
    struct nos_tls *t, struct nos_str certificates, struct nos_str key, struct nos_err *err)
{
	struct nos_tls_pair *pair, *before;

	if (nos_tls_pair_read(certificates, key, &pair, err))
		return err->code;
	pthread_mutex_lock(&t->lock);
	before = t->pair;
	t->pair = pair;
	pthread_mutex_unlock(&t->lock);
	nos_tls_pair_drop(before);
	return NOS_OK;
}

struct nos_tls_pair *nos_tls_hold(struct nos_tls *t)
{
	struct nos_tls_pair *ret;

	pthread_mutex_lock(&t->lock);
	ret = t->pair;
	atomic_fetch_add(&ret->holders, 1);
	pthread_mutex_unlock(&t->lock);
	return ret;
}

void nos_tls_span(struct nos_tls *t, struct nos_time *ret_from, struct nos_time *ret_until)
{
	struct nos_tls_pair *pair = nos_tls_hold(t);

	*ret_from = pair->from;
	*ret_until = pair->until;
	nos_tls_pair_drop(pair);
}

void nos_tls_free(struct nos_tls *t)
{
	if (!t)
		return;
	nos_tls_pair_drop(t->pair);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
