/* SPDX-License-Identifier: MIT */
/*
 * Registrations, on a thread of their own, since each costs a millisecond of public-key work that
 * must not hold up readings (registry/enrol.h). The queue is bounded.
 */
#ifndef NOS_NODE_ADMIT_H
#define NOS_NODE_ADMIT_H

#include "net/http_server.h"
#include "node/card.h"
#include "node/metric.h"
#include "registry/member.h"
#include "registry/vault.h"
#include "store/store.h"

struct nos_admit; /* opaque */

/* Called with r's answer filled: to be sent. */
typedef void nos_admit_answer(void *state, struct nos_http_request *r);

struct nos_admit_config {
	struct nos_store *store; /* the thread's own from now on; not closed by it */
	const struct nos_vault *vault;
	const struct nos_card *card;
	struct nos_member_table *members; /* what is held of who registers anew counts no longer */
	struct nos_metric *metric;
	size_t limit; /* that wait at once */
	void *state;
	nos_admit_answer *answer;
	/* Fill r for an error. */
	void (*refuse)(void *state, struct nos_http_request *r, const struct nos_err *err);
};

enum nos_code nos_admit_new(
    const struct nos_admit_config *config, struct nos_admit **ret, struct nos_err *err) NOS_CHECK;

/* False: the queue is full. From any thread. */
bool nos_admit_submit(struct nos_admit *a, struct nos_http_request *r);

/* Answer all that wait, end the thread. NULL is fine. */
void nos_admit_free(struct nos_admit *a);

#endif
