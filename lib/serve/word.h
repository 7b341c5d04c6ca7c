/* SPDX-License-Identifier: MIT */
/*
 * A source's word on its keys, from a request to a job for the committer and back to an answer:
 * acknowledgements (POST /v1/sources/{id}/acks) and asks (POST /v1/sources/{id}/resync,
 * nos-wire(7), "Keys"). Each refusal of what does not authenticate is the same.
 */
#ifndef NOS_SERVE_WORD_H
#define NOS_SERVE_WORD_H

#include "lane/job.h"
#include "node/card.h"
#include "lifecycle/life.h"

/* The job of an acknowledgement, or NULL: the answer is in r. Reads no store; thread-safe. */
struct nos_job *nos_word_take_ack(
    const struct nos_card *card, const char *id, struct nos_http_request *r);

/* Has r's body the form of an ask? Otherwise the answer is in r. Costs nothing. */
bool nos_word_is_ask(struct nos_http_request *r);

/*
 * The job of an ask, once it has verified and the public-key work is done; NULL: the answer is in
 * r, also where the last ask came once more. life: as the store has it; its store is read, by the
 * thread that it belongs to.
 */
struct nos_job *nos_word_take_ask(const struct nos_card *card, const struct nos_life *life,
    const char *id, struct nos_http_request *r);

/* Fill the answer of a job of either kind that came back from the committer. */
void nos_word_answer(const struct nos_card *card, struct nos_job *job);

#endif
