/* SPDX-License-Identifier: MIT */
/* By which password publishers are known to the broker: it may be another from some moment on.
 * Thread-safe. */
#ifndef NOS_LANE_LOGIN_H
#define NOS_LANE_LOGIN_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/secret.h"

/* Holds a secret: release it. */
struct nos_login {
	pthread_mutex_t lock;
	struct nos_secret password; /* guarded by lock; empty: none */
	atomic_uint_least64_t age;  /* so often was it replaced */
};

void nos_login_init(struct nos_login *l);
void nos_login_release(struct nos_login *l);

/* False: it is the one that was there. */
bool nos_login_replace(struct nos_login *l, const struct nos_secret *password);

/* To be asked whether it is another by now, without a lock. */
uint64_t nos_login_age(const struct nos_login *l);

/* The password, empty where there is none, and its age. */
uint64_t nos_login_get(struct nos_login *l, struct nos_secret *ret);

#endif
