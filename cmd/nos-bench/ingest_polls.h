/* SPDX-License-Identifier: MIT */
/*
 * Long polls for key messages beside a load, in a thread of their own: each is one of the load's
 * sources', proved as a source proves it, and begun again once its time is over.
 */
#ifndef BENCH_INGEST_POLLS_H
#define BENCH_INGEST_POLLS_H

#include <pthread.h>
#include <stdatomic.h>

#include "ingest_load.h"
#include "key/poll.h"

struct ingest_polls_poll; /* opaque */

/* All-zero is valid. To be closed. */
struct ingest_polls {
	const struct ingest_load *load;
	uint16_t port;
	struct ingest_polls_poll *polls;
	size_t count;
	int epoll; /* -1: none */
	pthread_t thread;
	bool runs;
	atomic_bool stop;
	uint8_t nonce[NOS_POLL_NONCE_LEN]; /* the node's last */
	struct nos_err err;		   /* the thread's */
};

/* Begin them. Whether the node holds them all it says itself. NOS_AWAY: it does not answer as it
 * should; NOS_INTERNAL. */
enum nos_code ingest_polls_begin(struct ingest_polls *p, const struct ingest_load *load,
    uint16_t port, size_t count, struct nos_err *err) NOS_CHECK;

/* The thread's own error. */
enum nos_code ingest_polls_end(struct ingest_polls *p, struct nos_err *err) NOS_CHECK;
void ingest_polls_close(struct ingest_polls *p);

#endif
