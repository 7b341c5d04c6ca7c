/* SPDX-License-Identifier: MIT */
/*
 * What a relay answers: its own refusals as problem documents, and the answers of others, which it
 * passes back as they came. Nothing is sent here; the request is its holder's. Pure.
 */
#ifndef NOS_SOURCE_RELAY_REPLY_H
#define NOS_SOURCE_RELAY_REPLY_H

#include "net/http_client.h"
#include "net/http_server.h"
#include "source/answer.h"

#define NOS_RELAY_REPLY_RETRY_S 1 /* with a 503, where nobody said more */

/* A refusal: the status of its code, and Retry-After with a 503, of retry_s or, 0, as above. */
void nos_relay_reply_error(struct nos_http_request *r, const struct nos_err *err, uint64_t retry_s);

/* The node is not reached: away, with the cause, which stands last in the text however many relays
 * say the same of each other. */
void nos_relay_reply_away(struct nos_http_request *r, const struct nos_err *why);

/* To a relay whose request waited too long (source/relay_queue.h): away, so that it takes its next
 * way. */
void nos_relay_reply_late(struct nos_http_request *r);

/* As above with a status of its own, and Retry-After where retry_s is not 0. */
void nos_relay_reply_status(
    struct nos_http_request *r, const struct nos_err *err, unsigned status, uint64_t retry_s);

/* Another's answer: status, type, body, receipt, Retry-After. */
void nos_relay_reply_pass(struct nos_http_request *r, const struct nos_http_answer *a);

/* What the node answered to the pack within a frame; a->status is not 0. */
void nos_relay_reply_hop(struct nos_http_request *r, const struct nos_answer_hop *a);

/*
 * Into the document of a node the name of this relay, in place of one that another put there; all
 * else stays byte for byte. NOS_DATA: it is no such document.
 */
enum nos_code nos_relay_reply_name(struct nos_buf *b, struct nos_str document, struct nos_str relay,
    struct nos_err *err) NOS_CHECK;

#endif
