/* SPDX-License-Identifier: MIT */
/*
 * What came as a body is opened seal by seal, from the node towards its source: a pack of a relay
 * has a frame in it, and that what came to the relay (nos-wire(7), "Relays"). What is not as it
 * should be is told to whose fault it is. Thread-safe, as ingest/ingest.h is.
 */
#ifndef NOS_INGEST_HOPS_H
#define NOS_INGEST_HOPS_H

#include "ingest/ingest.h"

/* Is a body of this media type, with this query, taken at all? False with the reason in *err. */
bool nos_hops_is_taken(
    const struct nos_ingest *g, struct nos_str media, struct nos_str query, struct nos_err *err);

/*
 * Open the body of job's request: job->relays, and of what is inside member, key, pack, raw and
 * body. On an error those are of who is told so: the relay whose frame is at fault, or who sent
 * what is inside; the relays around it stand in job->relays all the same.
 * NOS_DATA, NOS_MEDIA, NOS_LARGE, NOS_DENIED: it is not taken; NOS_TAG: does not verify, or no such
 * source or key; NOS_IO, NOS_BUSY, NOS_INTERNAL.
 */
enum nos_code nos_hops_open(const struct nos_ingest *g, struct nos_ingest_loop *l,
    struct nos_job *job, struct nos_err *err) NOS_CHECK;

#endif
