/* SPDX-License-Identifier: MIT */
/*
 * The control thread: all of a key's life that is not a reading. Registrations (lifecycle/enrol.h)
 * and asks (serve/word.h) cost a millisecond of public-key work each, which must not hold up
 * readings; polls (serve/polls.h) wait for what there is to say. Records are read again here too
 * (serve/records.h), since neither loops nor committer have the time. Its queues are bounded. Now
 * and then it looks after the node itself (serve/upkeep.h), where lane 0 is here.
 */
#ifndef NOS_SERVE_CONTROL_H
#define NOS_SERVE_CONTROL_H

#include "cluster/placement.h"
#include "net/http_server.h"
#include "node/card.h"
#include "node/metric.h"
#include "peer/abroad.h"
#include "lifecycle/member.h"
#include "self/vault.h"
#include "store/store.h"

struct nos_control; /* opaque */

/* Called with r's answer filled: to be sent. */
typedef void nos_control_answer(void *state, struct nos_http_request *r);

struct nos_control_config {
	struct nos_store *store; /* the thread's own from now on; not closed by it */
	const struct nos_vault *vault;
	struct nos_card *card;
	struct nos_member_table *members; /* what is held of who registers anew counts no longer */
	struct nos_placement *placement;  /* asks go to a committer, and are answered by it */
	struct nos_abroad *abroad;	  /* answers other nodes; NULL: none is known */
	struct nos_metric *metric;
	size_t works; /* registrations, asks and other nodes' requests that wait at once */
	size_t polls; /* in hand at once */
	bool looks;   /* for news also where no poll is held: no committer may be here that does */
	void *state;
	nos_control_answer *answer;
};

enum nos_code nos_control_new(const struct nos_control_config *config, struct nos_control **ret,
    struct nos_err *err) NOS_CHECK;

enum nos_control_kind {
	NOS_CONTROL_REGISTRATION,
	NOS_CONTROL_ASK,     /* nos_word_is_ask */
	NOS_CONTROL_POLL,    /* its path, query and proof have their form */
	NOS_CONTROL_PEER,    /* where there is an abroad */
	NOS_CONTROL_RECORDS, /* nos_records_found; bounded by who admits them */
};

/* False: there is no room for one more of its kind. From any thread. */
bool nos_control_submit(
    struct nos_control *c, struct nos_http_request *r, enum nos_control_kind kind);

/* Look after the node soon: this one is who does. From any thread. */
void nos_control_keep_up(struct nos_control *c);

/* Answer all polls, and hold none from now on. From any thread. */
void nos_control_drain(struct nos_control *c);

/* Answer all that wait, end the thread. NULL is fine. */
void nos_control_free(struct nos_control *c);

#endif
