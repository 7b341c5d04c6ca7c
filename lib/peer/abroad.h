/* SPDX-License-Identifier: MIT */
/*
 * A node among other nodes: whom it knows (peer/peers.h), whose sources visit it (peer/visits.h),
 * whom it tells of its own (peer/teller.h), and what it answers (peer/peering.h). Made, drained and
 * freed by one thread.
 */
#ifndef NOS_PEER_ABROAD_H
#define NOS_PEER_ABROAD_H

#include "peer/peers.h"
#include "peer/visits.h"
#include "lifecycle/life.h"

struct nos_abroad; /* opaque */

struct nos_abroad_config {
	struct nos_store_where store;	 /* URL */
	struct nos_visits_config visits; /* but for store and peers */
};

/* NOS_ABSENT: no such CA file; what nos_store_open returns; NOS_INTERNAL. */
enum nos_code nos_abroad_new(const struct nos_abroad_config *config,
    const struct nos_peers_list *peers, struct nos_abroad **ret, struct nos_err *err) NOS_CHECK;

/* The peers are these from now on. From the thread that made it. */
void nos_abroad_replace(struct nos_abroad *a, const struct nos_peers_list *peers);

struct nos_visits *nos_abroad_visits(struct nos_abroad *a);

/* Fill the answer to another node's request. life is the caller's own. */
void nos_abroad_answer(struct nos_abroad *a, struct nos_life *life, struct nos_http_request *r);

/* Answer who waits, tell nobody any more. NULL is fine, so also below. */
void nos_abroad_drain(struct nos_abroad *a);

/* Once the committer is done. */
void nos_abroad_free(struct nos_abroad *a);

#endif
