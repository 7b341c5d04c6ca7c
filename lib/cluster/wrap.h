/* SPDX-License-Identifier: MIT */
/* A request and its answer as the bytes that go to another nos-serve and back. Pure; thread-safe.
 */
#ifndef NOS_CLUSTER_WRAP_H
#define NOS_CLUSTER_WRAP_H

#include "net/http_server.h"

/* Append what came with r: all but loop and since. */
void nos_wrap_request(struct nos_buf *b, const struct nos_http_request *r);

/* The same; its views are of text. NOS_DATA: not one. */
enum nos_code nos_wrap_request_decode(
    struct nos_span text, struct nos_http_request *ret, struct nos_err *err) NOS_CHECK;

/* Append r's answer. Its type and the names of its headers must be of those that are known. */
void nos_wrap_answer(struct nos_buf *b, const struct nos_http_request *r);

/* Put it into another request's, whose answer is empty. NOS_DATA: not one, and ret is as it was. */
enum nos_code nos_wrap_answer_decode(
    struct nos_span text, struct nos_http_request *ret, struct nos_err *err) NOS_CHECK;

#endif
