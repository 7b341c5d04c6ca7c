/* SPDX-License-Identifier: MIT */
/*
 * A request refused: its status and its problem document (json/problem.h), with what a status
 * promises beside it. What does not authenticate looks the same whatever was wrong with it, and
 * carries the nonce for the next try. Thread-safe.
 */
#ifndef NOS_NODE_REFUSE_H
#define NOS_NODE_REFUSE_H

#include "net/http_server.h"
#include "node/card.h"

/* Fill r's answer for an error: a 401 has the node's nonce, a 503 says to come again in a second.
 */
void nos_refuse_request(
    const struct nos_card *card, struct nos_http_request *r, const struct nos_err *err);

/* As above with another status, and the document's closing bracket left to the caller. */
void nos_refuse_open(const struct nos_card *card, struct nos_http_request *r,
    const struct nos_err *err, unsigned status);

/* A status and its document alone; retry_s 0: no Retry-After. */
void nos_refuse_status(
    struct nos_http_request *r, const struct nos_err *err, unsigned status, unsigned retry_s);

/* Is it the method that its path takes? False: refused, and *err says so as well. */
bool nos_refuse_method(struct nos_http_request *r, const char *method, struct nos_err *err);

/* As a wrong tag is, whatever was wrong. */
void nos_refuse_tag(const struct nos_card *card, struct nos_http_request *r);

#endif
