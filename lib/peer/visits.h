/* SPDX-License-Identifier: MIT */
/*
 * The visits of other nodes' sources (nos-schemes(7), "Roaming"). A pack under a key that this node
 * has not yet waits here while its home is asked, one source at a time, by a thread of its own:
 * then the pack is taken as any other. What a home refused is not asked again for some seconds, and
 * not many strangers a second are asked for at all, so that nobody can make one node wear out
 * another. Keys that have had their time are dropped.
 */
#ifndef NOS_PEER_VISITS_H
#define NOS_PEER_VISITS_H

#include "cluster/placement.h"
#include "ingest/ingest.h"
#include "node/card.h"
#include "peer/peers.h"
#include "audit/audit.h"

struct nos_visits; /* opaque */

/* Called with r's answer filled: to be sent. */
typedef void nos_visits_answer(void *state, struct nos_http_request *r);

/* Called with a job that is open by now: to be handed to where its lane is. */
typedef void nos_visits_opened(void *state, struct nos_http_request *r, struct nos_job *job);

struct nos_visits_config {
	struct nos_store *store; /* the thread's own from now on; not closed by it */
	const struct nos_vault *vault;
	const struct nos_card *card;
	struct nos_member_table *members;
	struct nos_peers *peers;
	struct nos_ingest *ingest;	 /* by which packs are taken */
	struct nos_placement *placement; /* purges their keys */
	struct nos_metric *metric;
	const char *ca; /* of https; NULL: the system's */
	size_t most;	/* that wait at once */
	void *state;
	nos_visits_answer *answer;
	nos_visits_opened *opened;
};

/* NOS_ABSENT: no such CA file; NOS_INTERNAL. */
enum nos_code nos_visits_new(
    const struct nos_visits_config *config, struct nos_visits **ret, struct nos_err *err) NOS_CHECK;

/* A nos_ingest_visit; state is the visits. */
bool nos_visits_submit(void *state, struct nos_http_request *r, const struct nos_job_visit *visit);

/* Its home says that what it gave of a source, of all where id is empty, counts no longer. store
 * and audit are the caller's own. What is on its way counts no longer either. From any thread. */
enum nos_code nos_visits_revoke(struct nos_visits *v, struct nos_store *store,
    struct nos_audit *audit, uint64_t home, const char *id, struct nos_err *err) NOS_CHECK;

/* The peers are others: keys of sources of a home that is no peer any more are dropped. From any
 * thread. */
void nos_visits_look(struct nos_visits *v);

/* Answer all that wait, and end the thread. From any thread, once. */
void nos_visits_drain(struct nos_visits *v);

/* Once what it handed to the committer is done with. NULL is fine. */
void nos_visits_free(struct nos_visits *v);

#endif
