/* SPDX-License-Identifier: MIT */
/*
 * Polls for key messages (nos-wire(7), GET /v1/sources/{id}/keys): proved, answered at once where
 * there is something to say, else held until there is, or their time is over. Belongs to one thread
 * and its store.
 */
#ifndef NOS_SERVE_POLLS_H
#define NOS_SERVE_POLLS_H

#include "ingest/exchange.h"
#include "net/http_server.h"
#include "node/card.h"
#include "lifecycle/life.h"

/* Called with r's answer filled: to be sent. */
typedef void nos_polls_answer(void *state, struct nos_http_request *r);

struct nos_polls_poll; /* opaque */

struct nos_polls {
	const struct nos_card *card;
	void *state;
	nos_polls_answer *answer;
	struct nos_polls_poll *first, *last; /* held, in the order in which they came */
	size_t count;
	bool closed; /* none is held any more */
};

/* Take a poll whose path, query and proof have their form (ingest/exchange.h). life: as its store
 * has it, outside a group of changes: what the source lacks is issued, in a group of its own. */
void nos_polls_take(struct nos_polls *p, struct nos_life *life, struct nos_http_request *r);

/*
 * The store has changed: answer each that is held and for whose source there is something to say
 * now. A record is read only where it is another than it was; with all, each, since the node's life
 * or identity is another. False: the store failed, and it is to be called again.
 */
bool nos_polls_look(struct nos_polls *p, struct nos_life *life, bool all);

/* Answer those whose time is over. */
void nos_polls_expire(struct nos_polls *p, struct nos_mono now);

/* Answer all that are held, and hold none from now on. */
void nos_polls_close(struct nos_polls *p);

#endif
