/* SPDX-License-Identifier: MIT */
/*
 * What waits for the control thread (serve/control.h): requests, of each kind no more than there is
 * room for, and what the thread is told beside them. Any thread submits and tells; one takes.
 */
#ifndef NOS_SERVE_CONTROL_QUEUE_H
#define NOS_SERVE_CONTROL_QUEUE_H

#include <pthread.h>

#include "base/time.h"
#include "net/http_server.h"
#include "node/metric.h"
#include "serve/control.h"

struct nos_control_told {
	bool drain; /* hold no poll from now on */
	bool stop;
	bool keep; /* what is of no lane is this one's to look after by now; told once */
};

struct nos_control_queue {
	size_t works_max, polls_max;
	struct nos_metric *metric; /* is told how many works there are */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct nos_http_request *first, **tail; /* guarded by lock, so also: */
	size_t works;
	size_t polls; /* those that were taken and not answered too */
	struct nos_control_told told;
};

/* It stays where it is until it is released. */
void nos_control_queue_init(
    struct nos_control_queue *q, size_t works, size_t polls, struct nos_metric *metric);
void nos_control_queue_release(struct nos_control_queue *q);

/* Does it cost work when its turn comes? The others wait for news, or read. */
static inline bool nos_control_queue_is_work(enum nos_control_kind kind)
{
	return kind == NOS_CONTROL_REGISTRATION || kind == NOS_CONTROL_ASK ||
	       kind == NOS_CONTROL_PEER;
}

/* By its path. */
enum nos_control_kind nos_control_queue_kind(const struct nos_http_request *r);

/* False: there is no room for one more of its kind. */
bool nos_control_queue_submit(
    struct nos_control_queue *q, struct nos_http_request *r, enum nos_control_kind kind);

/* What is set of what; the rest stays as it is. */
void nos_control_queue_tell(struct nos_control_queue *q, struct nos_control_told what);

/* A poll that was taken. */
void nos_control_queue_answered(struct nos_control_queue *q);

/*
 * The next request, waited for until then; NULL: there is none, and something else is to be done.
 * holds: polls may be held, which a drain ends. *ret_told: what the thread was told; it is to stop
 * once nothing waits any more.
 */
struct nos_http_request *nos_control_queue_next(struct nos_control_queue *q, struct nos_mono until,
    bool holds, struct nos_control_told *ret_told);

#endif
