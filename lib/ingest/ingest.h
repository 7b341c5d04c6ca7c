/* SPDX-License-Identifier: MIT */
/*
 * POST /v1/data (nos-wire(7)): from a request to a job that the committer can store, and from a job
 * that is stored, or refused, to the answer with its receipt. Thread-safe; a loop brings its own
 * store and working memory.
 */
#ifndef NOS_INGEST_INGEST_H
#define NOS_INGEST_INGEST_H

#include <stdatomic.h>

#include "lane/job.h"
#include "node/card.h"
#include "node/lap.h"
#include "node/limit.h"
#include "node/metric.h"
#include "self/vault.h"

struct nos_placement; /* cluster/placement.h */

/* Takes a request whose pack needs a key of its source's home: it is taken anew once that is known.
 * False: there is no room. From any thread. */
typedef bool nos_ingest_visit(
    void *state, struct nos_http_request *r, const struct nos_job_visit *visit);

/* What is the same for all loops; read-only but for the atomic. */
struct nos_ingest {
	const struct nos_card *card;
	const struct nos_vault *vault;
	const struct nos_limit *limits;
	struct nos_member_table *members;
	struct nos_metric *metric;
	struct nos_maps *maps;		       /* NULL: none */
	const struct nos_placement *placement; /* NULL: all is of one lane, which is here */
	nos_ingest_visit *visit;	       /* NULL: there are no visitors */
	void *visit_state;
	bool anonymous;	     /* readings without a seal are taken */
	unsigned proxy_bits; /* of the TLS of a proxy before what is plain; 0: none */
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
