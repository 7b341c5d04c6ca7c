/* SPDX-License-Identifier: MIT */
/*
 * What libmosquitto is told of a client before it connects: who it is, whom it trusts, and what the
 * broker is to say once it is gone. Belongs to the thread that owns the client.
 */
#ifndef NOS_NET_MQTT_SETTINGS_H
#define NOS_NET_MQTT_SETTINGS_H

#include "base/err.h"
#include "base/secret.h"
#include "net/mqtt_url.h"

struct mosquitto;

/* One that speaks MQTT 3.1.1 and waits for no segment to fill; state is given to its callbacks. To
 * be destroyed by mosquitto_destroy. NOS_USAGE: MQTT takes no such id; NOS_INTERNAL: out of memory.
 */
enum nos_code nos_mqtt_settings_new(
    const char *client_id, void *state, struct mosquitto **ret, struct nos_err *err) NOS_CHECK;

/* The URL's user and a password, NULL: none. libmosquitto keeps a copy, never wiped. NOS_USAGE: a
 * password without a user, or such that MQTT does not take. */
enum nos_code nos_mqtt_settings_login(struct mosquitto *lib, const struct nos_mqtt_url *url,
    const struct nos_secret *password, struct nos_err *err) NOS_CHECK;

/* Where the URL has TLS: the authorities of a file, NULL: the system's. NOS_ABSENT: no such file;
 * NOS_INTERNAL: no TLS. */
enum nos_code nos_mqtt_settings_tls(struct mosquitto *lib, const struct nos_mqtt_url *url,
    const char *ca, struct nos_err *err) NOS_CHECK;

/* Retained, QoS 1; topic NULL: none. NOS_USAGE: MQTT does not take it. */
enum nos_code nos_mqtt_settings_will(
    struct mosquitto *lib, const char *topic, const char *will, struct nos_err *err) NOS_CHECK;

#endif
