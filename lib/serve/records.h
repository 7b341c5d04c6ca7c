/* SPDX-License-Identifier: MIT */
/*
 * Records read again by who has missed some: GET /v1/records?topic=T&after=N&limit=M, from the
 * request to its answer. A loop admits it and asks the committer, who alone knows the topic's
 * newest record (NOS_JOB_NEWEST); the control thread then goes back through the topic
 * (stream/trail.h). How many are under way is bounded.
 */
#ifndef NOS_SERVE_RECORDS_H
#define NOS_SERVE_RECORDS_H

#include <pthread.h>

#include "lane/job.h"
#include "net/http_server.h"
#include "node/card.h"
#include "serve/readers.h"
#include "store/store.h"

#define NOS_RECORDS_PATH      "/v1/records"
#define NOS_RECORDS_LIMIT     100 /* records of an answer, unless said */
#define NOS_RECORDS_LIMIT_MAX 1000

/* What all threads share. */
struct nos_records {
	const struct nos_card *card;
	bool proxied; /* what is plain here came under TLS to a proxy */
	pthread_mutex_t lock;
	struct nos_readers readers; /* guarded by lock; count 0: nobody, and nothing is there */
	size_t under_way, most;	    /* the first guarded by lock */
};

void nos_records_init(struct nos_records *s, const struct nos_card *card, size_t most);
/* All-zero is fine. */
void nos_records_release(struct nos_records *s);

/* Who may from now on; from any thread. */
void nos_records_allow(struct nos_records *s, const struct nos_readers *readers);

struct nos_records_query {
	struct nos_str topic; /* in the space that was given */
	uint64_t after;
	size_t limit;
};

/* Read topic=T&after=N&limit=M, in any order, topic percent-decoded into space; T alone must be
 * there. NOS_DATA: any other. All that is read comes from strangers. */
enum nos_code nos_records_query(struct nos_str query, char space[static NOS_PROCESSED_TOPIC_MAX],
    struct nos_records_query *ret, struct nos_err *err) NOS_CHECK;

/* Whose topic it is, and of what type. NOS_DATA: no data topic; NOS_ABSENT: of another node. */
enum nos_code nos_records_topic(
    struct nos_str topic, uint64_t node, struct nos_job_newest *ret, struct nos_err *err) NOS_CHECK;

/* May who asks do so? False: the answer is in r, or *err is set. */
bool nos_records_begin(
    struct nos_records *s, struct nos_http_request *r, struct nos_err *err) NOS_CHECK;

/* Of a request that was begun: whose topic it asks for, as the id of its track. */
bool nos_records_track(const struct nos_records *s, const struct nos_http_request *r,
    char ret[static NOS_TRACK_ID_MAX]);

/* A request that was begun: the job that asks the committer; NULL: the answer is in r. */
struct nos_job *nos_records_take(struct nos_records *s, struct nos_http_request *r);

/* The job is back: true: r, which belongs to the caller then, is to be answered by
 * nos_records_answer; false: the answer is in it. */
bool nos_records_found(struct nos_job *job);

/* Answer from the store of the calling thread. NULL: there is none any more. */
void nos_records_answer(struct nos_store *store, struct nos_http_request *r);

#endif
