/* SPDX-License-Identifier: MIT */
#include "net/mqtt_url.h"

#include "../test.h"

static struct nos_err err;

static void a_broker_s_url_falls_into_its_parts(void **state)
{
	static const struct {
		const char *url, *host, *user;
		bool tls;
		unsigned port;
	} rows[] = {
		{ "mqtt://a", "a", "", false, 1883 },
		{ "mqtts://a", "a", "", true, 8883 },
		{ "mqtt://a/", "a", "", false, 1883 },
		{ "mqtt://127.0.0.1:1", "127.0.0.1", "", false, 1 },
		{ "mqtts://me@broker.example:65535", "broker.example", "me", true, 65535 },
		{ "mqtt://me@home@a", "a", "me@home", false, 1883 },
		{ "mqtt://[::1]", "::1", "", false, 1883 },
		{ "mqtt://me@[fe80::1%eth0]:99/", "fe80::1%eth0", "me", false, 99 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nos_mqtt_url u;

		assert_int_equal(nos_mqtt_url_parse(rows[i].url, &u, &err), NOS_OK);
		assert_string_equal(u.host, rows[i].host);
		assert_string_equal(u.user, rows[i].user);
		assert_int_equal(u.tls, rows[i].tls);
		assert_int_equal(u.port, rows[i].port);
	}
}

static void what_is_no_broker_s_url_is_refused(void **state)
{
	static const char *const urls[] = { "", "a", "a:1883", "http://a", "mqtt:a", "mqtt://",
		"mqtt:///", "mqtt://:1", "mqtt://a:", "mqtt://a:0", "mqtt://a:65536", "mqtt://a:1x",
		"mqtt://@a", "mqtt://me@", "mqtt://a/b", "mqtt://a//", "mqtt://a?b", "mqtt://[::1",
		"mqtt://[]", "mqtt://[::1]1", "mqtt://::1", "mqtt://a b", "MQTT://a" };

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct nos_mqtt_url u;

		nos_err_clear(&err);
		if (nos_mqtt_url_parse(urls[i], &u, &err) != NOS_USAGE)
			fail_msg("'%s' was taken", urls[i]);
		assert_int_equal(err.code, NOS_USAGE);
	}
}

static void a_password_in_the_url_is_refused_with_the_remedy_and_not_shown(void **state)
{
	struct nos_mqtt_url u;

	(void)state;
	assert_int_equal(nos_mqtt_url_parse("mqtt://me:hunter2@a", &u, &err), NOS_USAGE);
	assert_non_null(strstr(err.text, "--mqtt-password"));
	assert_null(strstr(err.text, "hunter2"));
	assert_int_equal(nos_mqtt_url_parse("mqtt://me:hunter/2@a", &u, &err), NOS_USAGE);
	assert_null(strstr(err.text, "hunter"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broker_s_url_falls_into_its_parts),
		cmocka_unit_test(what_is_no_broker_s_url_is_refused),
		cmocka_unit_test(a_password_in_the_url_is_refused_with_the_remedy_and_not_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
