/* SPDX-License-Identifier: MIT */
/* The address of a broker: mqtt://[USER@]HOST[:1883] or mqtts://[USER@]HOST[:8883]. Pure. */
#ifndef NOS_NET_MQTT_URL_H
#define NOS_NET_MQTT_URL_H

#include "base/err.h"
#include "base/str.h"

#define NOS_MQTT_URL_HOST_MAX 256
#define NOS_MQTT_URL_USER_MAX 128

struct nos_mqtt_url {
	bool tls;
	uint16_t port;
	char host[NOS_MQTT_URL_HOST_MAX]; /* IPv6 without its brackets */
	char user[NOS_MQTT_URL_USER_MAX]; /* as it stands, no %XX; empty: none */
};

/*
 * NOS_USAGE: not such a URL, or one with a password in it, which every list of processes would
 * show. The text of the error quotes nothing of it.
 */
enum nos_code nos_mqtt_url_parse(
    const char *url, struct nos_mqtt_url *ret, struct nos_err *err) NOS_CHECK;

#endif
