/* SPDX-License-Identifier: MIT */
/*
 * Where a lane is when it is here: whoever uses it holds its lock, so that it is not closed
 * meanwhile. Opening and closing take their time, and are done by a thread of its own where others
 * are not to wait.
 */
#ifndef NOS_CLUSTER_HOSTED_H
#define NOS_CLUSTER_HOSTED_H

#include <pthread.h>

#include "lane/lane.h"
#include "lane/rulebook.h"

struct nos_hosted {
	unsigned number;
	const struct nos_lane_config *config;
	struct nos_rulebook *rules;
	void (*ended)(void *state); /* from the thread that opened or closed it */
	void *state;

	pthread_mutex_t lock;
	struct nos_lane *lane; /* guarded by lock; NULL: it is not here */
	atomic_bool here;
	atomic_uint_least64_t until_us; /* as in nos_ledger_config, where lanes are shared */

	/* Of who opens and closes. */
	pthread_t thread;
	bool at_work, opens;
	atomic_bool done;
	struct nos_err err; /* why it was not opened, once done */
};

void nos_hosted_init(struct nos_hosted *h, unsigned number, const struct nos_lane_config *config,
    struct nos_rulebook *rules);
/* It is closed, and no thread at work. */
void nos_hosted_release(struct nos_hosted *h);

/* Errors as nos_lane_open. */
enum nos_code nos_hosted_open(struct nos_hosted *h, struct nos_err *err) NOS_CHECK;
void nos_hosted_close(struct nos_hosted *h); /* one that is not here is closed */

/* Either by a thread of its own; then nos_hosted_end. False: there is none. */
bool nos_hosted_begin(struct nos_hosted *h, bool opens);
/* Waits where it is not done. */
void nos_hosted_end(struct nos_hosted *h);

/* The lane, which stays here until nos_hosted_leave; NULL: it is not here. */
struct nos_lane *nos_hosted_enter(struct nos_hosted *h);
void nos_hosted_leave(struct nos_hosted *h);

#endif
