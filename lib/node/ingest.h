/* SPDX-License-Identifier: MIT */
/*
 * POST /v1/data (nos-wire(7)): from a request to a job that the committer can store, and from a job
 * that is stored, or refused, to the answer with its receipt. Thread-safe; a loop brings its own
 * store and working memory.
 */
#ifndef NOS_NODE_INGEST_H
#define NOS_NODE_INGEST_H

#include <stdatomic.h>

#include "node/card.h"
#include "node/job.h"
#include "node/lap.h"
#include "node/limit.h"
#include "node/metric.h"
#include "registry/vault.h"

struct nos_harbour; /* node/harbour.h */
struct nos_visits;  /* node/visits.h */

/* What is the same for all loops; read-only but for the atomic. */
struct nos_ingest {
	const struct nos_card *card;
	const struct nos_vault *vault;
	const struct nos_limit *limits;
	struct nos_member_table *members;
	struct nos_metric *metric;
	struct nos_maps *maps;		   /* NULL: none */
	const struct nos_harbour *harbour; /* NULL: all is of one lane, which is here */
	struct nos_visits *visits; /* who asks a visitor's home; NULL: there are no visitors */
	bool anonymous;		   /* readings without a seal are taken */
	unsigned proxy_bits;	   /* of the TLS of a proxy before what is plain; 0: none */
	atomic_uint_least64_t key_period_ms; /* of the rules in force */
};

/* A loop's own. */
struct nos_ingest_loop {
	struct nos_store *store;
	struct nos_scan header, reading;
	struct nos_job_shelf jobs;
	struct nos_lap lap;
	bool visiting; /* its packs have waited for their home's word already */
	bool kept;     /* out: the last request waits for it, and is in its hands */
};

void nos_ingest_loop_init(
    struct nos_ingest_loop *l, struct nos_store *store, struct nos_metric *metric);
/* Once the jobs that it took are freed. */
void nos_ingest_loop_release(struct nos_ingest_loop *l);

/* What the TLS that a request came under is worth by itself; all-zero: it came plain. */
struct nos_rule_security nos_ingest_tls(
    const struct nos_ingest *g, const struct nos_http_request *r);

/* Looked at before the body is read: false with the reason in *err. */
bool nos_ingest_begin(
    const struct nos_ingest *g, const struct nos_http_request *r, struct nos_err *err);

/* The job for the committer, or NULL: the answer is in r, to be sent now, unless l->kept says that
 * another has the request. One whose lane is elsewhere is to be freed, and its request sent there.
 */
struct nos_job *nos_ingest_take(
    struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_http_request *r);

/* Fill the answer of a job that came back from the committer. */
void nos_ingest_answer(struct nos_ingest *g, struct nos_job *job);

#endif
