/* SPDX-License-Identifier: MIT */
/*
 * Where a lane is when it is here: whoever uses it holds its lock, so that it is not closed
 * meanwhile. Opening and closing take their time, and are done by a thread of its own where others
 * are not to wait.
 */
#ifndef NOS_NODE_BERTH_H
#define NOS_NODE_BERTH_H

#include <pthread.h>

#include "node/lane.h"
#include "node/rulebook.h"

struct nos_berth {
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

void nos_berth_init(struct nos_berth *b, unsigned number, const struct nos_lane_config *config,
    struct nos_rulebook *rules);
/* It is closed, and no thread at work. */
void nos_berth_release(struct nos_berth *b);

/* Errors as nos_lane_open. */
enum nos_code nos_berth_open(struct nos_berth *b, struct nos_err *err) NOS_CHECK;
void nos_berth_close(struct nos_berth *b); /* one that is not here is closed */

/* Either by a thread of its own; then nos_berth_end. False: there is none. */
bool nos_berth_begin(struct nos_berth *b, bool opens);
/* Waits where it is not done. */
void nos_berth_end(struct nos_berth *b);

/* The lane, which stays here until nos_berth_leave; NULL: it is not here. */
struct nos_lane *nos_berth_enter(struct nos_berth *b);
void nos_berth_leave(struct nos_berth *b);

#endif
