/* SPDX-License-Identifier: MIT */
/*
 * A thread that listens to a broker for what a node says to all its sources of keys: the last order
 * of each group, the last eviction, what was taken back (nos-wire(7), "MQTT"). Anybody may
 * have published it, so nothing is believed of it but what proves itself, which its owner sees to
 * (scheme/holder.h). The thread knows no keyring. Everything here is for the owner's thread.
 */
#ifndef NOS_SOURCE_LISTENER_H
#define NOS_SOURCE_LISTENER_H

#include "base/buf.h"
#include "base/secret.h"

#define NOS_LISTENER_MESSAGE_MAX 1536 /* bytes; what is longer is none of these */
#define NOS_LISTENER_WAITING_MAX 32   /* messages; over it the oldest go */

struct nos_listener; /* opaque */

/* Nothing of it must outlive the call. */
struct nos_listener_config {
	const char *url;		   /* of the broker (net/mqtt_url.h) */
	const struct nos_secret *password; /* NULL: none */
	const char *ca;			   /* for mqtts; NULL: the system's */
	const char *source;
	uint64_t node;
};

/* Start the thread. nos_mqtt_start was called. What nos_mqtt_new returns. */
enum nos_code nos_listener_new(const struct nos_listener_config *config, struct nos_listener **ret,
    struct nos_err *err) NOS_CHECK;

/* Stop it, within a second or two. NULL is fine. */
void nos_listener_free(struct nos_listener *l);

/* A descriptor that can be read while a message, or word of the broker, waits. */
int nos_listener_fd(const struct nos_listener *l);

/* Take the oldest message into *ret, in place of what it held; false: none waits. */
bool nos_listener_take(struct nos_listener *l, struct nos_buf *ret);

/* Why the broker is not heard; once until it was heard again. False: there is nothing to say. */
bool nos_listener_trouble(struct nos_listener *l, struct nos_err *ret);

#endif
