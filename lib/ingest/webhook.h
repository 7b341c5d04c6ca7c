/* SPDX-License-Identifier: MIT */
/*
 * Readings of who shows a bearer token: POST /v1/data with Authorization: Bearer TOKEN, under TLS
 * (nos-serve(8), "Webhooks"). The token is looked up in the store each time, by the loop's own
 * handle: one get by a primary key, which costs less than the TLS around it, and a token that was
 * withdrawn a moment ago is seen to be. Thread-safe, as ingest/ingest.h is.
 */
#ifndef NOS_INGEST_WEBHOOK_H
#define NOS_INGEST_WEBHOOK_H

#include "ingest/ingest.h"

/* Does the request show a bearer token, whichever? */
bool nos_webhook_is(const struct nos_http_request *r);

/*
 * What came in plain, whatever became of its request: the job that ends the token that is shown
 * (NOS_JOB_EXPOSED), of no request. NULL: it shows none that is taken, or the store failed, which
 * the log says.
 */
struct nos_job *nos_webhook_expose(struct nos_store *store, struct nos_str authorization);

/* Looked at before the body is read, as nos_ingest_begin. What came in plain is: all there is to
 * say to it is that it does not verify. */
bool nos_webhook_is_taken(
    const struct nos_ingest *g, const struct nos_http_request *r, struct nos_err *err);

/*
 * Fill member, raw and body of the job of such a request; or make it one that ends the token
 * (NOS_JOB_EXPOSED), since it came in plain. NOS_TAG: no such token, or it is not taken any more,
 * or it came in plain; NOS_IO, NOS_BUSY, NOS_INTERNAL, NOS_LARGE.
 */
enum nos_code nos_webhook_open(const struct nos_ingest *g, struct nos_ingest_loop *l,
    struct nos_job *job, struct nos_err *err) NOS_CHECK;

#endif
