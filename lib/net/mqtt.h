/* SPDX-License-Identifier: MIT */
/*
 * Publishing over MQTT 3.1.1 with QoS 1 (libmosquitto), driven by the thread that owns it: nothing
 * happens outside nos_mqtt_wait, nos_mqtt_publish and nos_mqtt_disconnect, and no other thread may
 * touch it. What is in flight when a broker goes away is sent again, in order, once it is back.
 * Connecting never blocks but for the resolver. SIGPIPE must be ignored (nos_start does it).
 */
#ifndef NOS_NET_MQTT_H
#define NOS_NET_MQTT_H

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

/* Messages in flight at most: ids are 16 bits and wrap unseen. */
#define NOS_MQTT_WINDOW_MAX 20000

#define NOS_MQTT_HEAR_MAX 128 /* bytes of the topic or filter that is heard, with its NUL */

struct nos_mqtt; /* opaque */

struct nos_mqtt_config {
	const char *url;		   /* mqtt_url.h */
	const struct nos_secret *password; /* NULL: none; libmosquitto keeps a copy, never wiped */
	const char *ca;			   /* file for mqtts; NULL: the system's */
	const char *client_id;
	unsigned window; /* messages that are not acknowledged, 1 … NOS_MQTT_WINDOW_MAX; half of
			  * them, rounded up, at the broker at once */
	unsigned keepalive_s;	/* 5 … 65535 */
	const char *will_topic; /* NULL: none; retained, QoS 1 */
	const char *will;

	void *state;
	/* Both may publish, and must not free. */
	/* The broker has acknowledged what was published under tag; once, in the order of
	 * publishing. */
	void (*acked)(void *state, uint64_t tag);
	/*
	 * Connected (err NULL) or gone, once for each attempt that fails; wait tries again after
	 * 0.2 to 30 s, growing and jittered. NOS_DENIED: the broker refused the user or password;
	 * NOS_AWAY: not reached, not there after 10 s, broken off, not good in its certificate.
	 */
	void (*turned)(void *state, bool connected, const struct nos_err *err);
	const char *hear;  /* a topic to subscribe to, or a filter; NULL: none */
	unsigned hear_qos; /* 0 or 1: what it sends is acknowledged, and may come again */
	/* A message came on it, maybe a retained one; payload is good until this returns. May call
	 * nothing of this file.
	 */
	void (*heard)(void *state, struct nos_str payload);
};

/* Once in main, before threads. */
void nos_mqtt_start(void);

/* NOS_USAGE: MQTT's library takes no such password. */
enum nos_code nos_mqtt_password_check(
    const struct nos_secret *password, struct nos_err *err) NOS_CHECK;

/*
 * Connects in the first wait. Nothing of *config must outlive the call but state. NOS_USAGE: not
 * such a URL, a password without a user, or a client id or will that MQTT does not take;
 * NOS_ABSENT: no such CA file; NOS_INTERNAL: out of memory, or no TLS.
 */
enum nos_code nos_mqtt_new(
    const struct nos_mqtt_config *config, struct nos_mqtt **ret, struct nos_err *err) NOS_CHECK;

/* Another password, empty: none. A connection that stands is left in good order and made anew by
 * it; one that is still to be made is tried at once. NOS_USAGE as above, and nothing has changed
 * then.
 */
enum nos_code nos_mqtt_login(
    struct nos_mqtt *m, const struct nos_secret *password, struct nos_err *err) NOS_CHECK;

/* Without a disconnect the broker publishes the will. NULL is fine. */
void nos_mqtt_free(struct nos_mqtt *m);

/* How many more may be published now: 0 while not connected. Changes in publish and wait alone. */
unsigned nos_mqtt_room(const struct nos_mqtt *m);
unsigned nos_mqtt_in_flight(const struct nos_mqtt *m);

/*
 * Hand one message over, QoS 1. tag comes back in acked. Only while nos_mqtt_room says so. NOS_OK:
 * it is in flight, also when the connection breaks at this very moment: then it is sent again.
 * Otherwise it was not taken. NOS_DATA: not a topic, or too long, for MQTT; NOS_AWAY: there is no
 * room; NOS_INTERNAL: out of memory.
 */
enum nos_code nos_mqtt_publish(struct nos_mqtt *m, const char *topic, struct nos_span payload,
    bool retain, uint64_t tag, struct nos_err *err) NOS_CHECK;

/* Around a burst of publishes: fewer, fuller segments (TCP_CORK). */
void nos_mqtt_cork(struct nos_mqtt *m, bool on);

/*
 * Do what is to be done on the socket, for at most wait_ms, or until wake_fd (-1: none) is
 * readable; acked and turned are called from here. Returns early once something was acknowledged,
 * the connection turned, or a signal came.
 */
void nos_mqtt_wait(struct nos_mqtt *m, int wake_fd, unsigned wait_ms);

/*
 * Disconnect in good order, for at most a second: the will is not published. Final: wait connects
 * no more. acked may be called once more from here, turned is not.
 */
void nos_mqtt_disconnect(struct nos_mqtt *m);

#endif
