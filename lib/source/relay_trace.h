/* SPDX-License-Identifier: MIT */
/*
 * Which relays a request has passed: the header Nos-Via, "s-0011,s-2233", to which each adds
 * itself. By it two relays that name each other do not pass a request on for ever. It proves
 * nothing, and a node does not look at it: how far a pack has come its seals say. Pure.
 */
#ifndef NOS_SOURCE_RELAY_TRACE_H
#define NOS_SOURCE_RELAY_TRACE_H

#include "net/http_client.h"

/* May relay id pass it on? NOS_AWAY: it has passed as many as it may, or has been here, which
 * is no fault of the request's: another way may be shorter; NOS_DATA: trace cannot be. */
enum nos_code nos_relay_trace_check(
    struct nos_str trace, const char *id, struct nos_err *err) NOS_CHECK;

/* The requests that follow have passed those of trace, which was checked, and relay id. */
void nos_relay_trace_set(struct nos_http_client *c, struct nos_str trace, const char *id);

#endif
