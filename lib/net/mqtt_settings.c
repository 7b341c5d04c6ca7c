/* SPDX-License-Identifier: MIT */
#include "net/mqtt_settings.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <mosquitto.h>

#include "net/mqtt.h"

#define CA_FOLDER "/etc/ssl/certs"

/* What libmosquitto said to a setting. */
static enum nos_code check(int rc, const char *what, struct nos_err *err)
{
	if (rc == MOSQ_ERR_NOMEM)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	return rc ? nos_err_set(err, NOS_USAGE, "MQTT does not take the %s", what) : NOS_OK;
}

enum nos_code nos_mqtt_settings_new(
    const char *client_id, void *state, struct mosquitto **ret, struct nos_err *err)
{
	errno = 0;
	*ret = mosquitto_new(client_id, true, state);
	if (!*ret)
		return check(errno == ENOMEM ? MOSQ_ERR_NOMEM : MOSQ_ERR_INVAL, "client id", err);
	mosquitto_int_option(*ret, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
	mosquitto_int_option(*ret, MOSQ_OPT_TCP_NODELAY, 1);
	return NOS_OK;
}

enum nos_code nos_mqtt_settings_login(struct mosquitto *lib, const struct nos_mqtt_url *url,
    const struct nos_secret *password, struct nos_err *err)
{
	char text[NOS_SECRET_MAX + 1] = { 0 };
	const char *user = url->user[0] ? url->user : NULL;
	int rc;

	if (password && !user)
		return nos_err_set(err, NOS_USAGE,
		    "a password needs a user in the broker's URL: mqtt://USER@HOST");
	if (password && nos_mqtt_password_check(password, err))
		return err->code;
	if (password)
		memcpy(text, password->bytes, password->len);
	rc = mosquitto_username_pw_set(lib, user, password ? text : NULL);
	explicit_bzero(text, sizeof(text));
	return check(rc, "user", err);
}

enum nos_code nos_mqtt_settings_tls(
    struct mosquitto *lib, const struct nos_mqtt_url *url, const char *ca, struct nos_err *err)
{
	int rc;

	if (!url->tls)
		return NOS_OK;
	if (ca && access(ca, R_OK) < 0)
		return nos_err_set(err, NOS_ABSENT, "no CA file '%s'", ca);
	rc = mosquitto_tls_set(lib, ca, ca ? NULL : CA_FOLDER, NULL, NULL, NULL);
	return rc ? nos_err_set(err, NOS_INTERNAL, "TLS: %s", mosquitto_strerror(rc)) : NOS_OK;
}

enum nos_code nos_mqtt_settings_will(
    struct mosquitto *lib, const char *topic, const char *will, struct nos_err *err)
{
	if (!topic)
		return NOS_OK;
	return check(mosquitto_will_set(lib, topic, (int)strlen(will), will, 1, true), "will", err);
}
