/* SPDX-License-Identifier: MIT */
/*
 * What became of a load: each record is held against the reading that it is of, as a subscriber of
 * QoS 1 gets it, and as it stands in the store behind the run.
 */
#ifndef BENCH_INGEST_TALLY_H
#define BENCH_INGEST_TALLY_H

#include <pthread.h>
#include <stdatomic.h>

#include "ingest_load.h"
#include "net/mqtt.h"

/* How often each reading of a load was met. */
struct ingest_tally {
	const struct ingest_load *load;
	uint8_t *met; /* of each reading, up to 255 */
	uint64_t distinct, again;
};

/* For the load as it is sealed now. *t is all-zero. NOS_INTERNAL alone. */
enum nos_code ingest_tally_open(
    struct ingest_tally *t, const struct ingest_load *load, struct nos_err *err) NOS_CHECK;
void ingest_tally_release(struct ingest_tally *t);

/* Go through the processed streams of all lanes behind store->after, which moves on to their ends.
 * What the store gives. */
enum nos_code ingest_tally_store(
    struct ingest_tally *t, struct ingest_store *store, struct nos_err *err) NOS_CHECK;

/* A subscriber, in a thread of its own. */
struct ingest_heard {
	struct ingest_tally tally;
	struct nos_mqtt *mqtt;
	pthread_t thread;
	bool runs;
	atomic_bool stop, stands;
	atomic_uint_least64_t count;	   /* readings that came, each once */
	const atomic_uint_least64_t *sent; /* of each pack: when (ingest_post.h) */
	uint64_t bytes, cpu_ns;		   /* of records; of the thread. So also: */
	struct bench_sample took;	   /* from the first byte of a pack to a record of it, ms */
	struct nos_err err;
};

/* Until the subscription stands. All but count is to be read behind ingest_heard_end. *h is
 * all-zero; close it, also after an error. NOS_AWAY; NOS_BUSY: stopped; NOS_INTERNAL. */
enum nos_code ingest_heard_begin(struct ingest_heard *h, const char *mqtt,
    const struct ingest_load *load, const atomic_uint_least64_t *sent,
    struct nos_err *err) NOS_CHECK;

/* The thread's own error. */
enum nos_code ingest_heard_end(struct ingest_heard *h, struct nos_err *err) NOS_CHECK;
void ingest_heard_close(struct ingest_heard *h);

#endif
