/* SPDX-License-Identifier: MIT */
/* A client as the tests of MQTT use it. */
#ifndef NOS_TEST_MQTT_H
#define NOS_TEST_MQTT_H

#include "net/mqtt.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "../test.h"

#define PATIENCE_S 300 /* whoever hangs is ended by SIGALRM */

/* What came back; tags are given from 0 on. */
struct seen {
	uint64_t acked;
	bool disorder;
	unsigned ups, downs;
	struct nos_err last;
};

static struct nos_err err;

static void on_acked(void *state, uint64_t tag)
{
	struct seen *s = state;

	s->disorder |= tag != s->acked;
	s->acked++;
}

static void on_turned(void *state, bool connected, const struct nos_err *why)
{
	struct seen *s = state;

	assert_int_equal(connected, !why);
	if (connected) {
		s->ups++;
		return;
	}
	s->downs++;
	s->last = *why;
}

static inline struct nos_mqtt *client(
    struct seen *s, const char *url, struct nos_mqtt_config config)
{
	struct nos_mqtt *m = NULL;

	*s = (struct seen){ 0 };
	config.url = url;
	config.client_id = config.client_id ? config.client_id : "nos";
	config.window = config.window ? config.window : 1000;
	config.keepalive_s = 60;
	config.state = s;
	config.acked = on_acked;
	config.turned = on_turned;
	if (nos_mqtt_new(&config, &m, &err))
		fail_msg("%s", err.text);
	assert_int_equal(nos_mqtt_room(m), 0);
	return m;
}

static inline void wait_turn(struct nos_mqtt *m, const struct seen *s)
{
	unsigned turns = s->ups + s->downs;

	while (s->ups + s->downs == turns)
		nos_mqtt_wait(m, -1, 1000);
	/* wait comes back at each of them. */
	assert_int_equal(s->ups + s->downs, turns + 1);
}

static inline void publish(struct nos_mqtt *m, uint64_t tag)
{
	char text[24];
	size_t len = (size_t)snprintf(text, sizeof(text), "%" PRIu64, tag);

	assert_int_equal(nos_mqtt_publish(m, "nos/n", (struct nos_span){ (uint8_t *)text, len },
			     false, tag, &err),
	    NOS_OK);
}

/* All that has room, up to the message end, which is not sent. */
static inline void burst(struct nos_mqtt *m, uint64_t *sent, uint64_t end)
{
	unsigned room = nos_mqtt_room(m), flight = nos_mqtt_in_flight(m);

	nos_mqtt_cork(m, true);
	for (; room && *sent < end; room--, flight++)
		publish(m, (*sent)++);
	nos_mqtt_cork(m, false);
	assert_int_equal(nos_mqtt_in_flight(m), flight);
	assert_true(!nos_mqtt_room(m) || nos_mqtt_room(m) == room);
}

static inline void start_client(void)
{
	signal(SIGPIPE, SIG_IGN);
	alarm(PATIENCE_S);
	nos_mqtt_start();
}

#endif
