/* SPDX-License-Identifier: MIT */
/* What MQTT's client does about bad settings, and about sockets that play a bad broker. */
#include <poll.h>

#include "mqtt.h"
#include "port.h"

static void a_refused_connection_is_told_once_for_each_attempt(void **state)
{
	struct seen seen;
	char url[60];
	unsigned port;
	int fd = bind_any(&port);
	struct nos_mqtt *m;

	(void)state;
	snprintf(url, sizeof(url), "mqtt://127.0.0.1:%u", port);
	m = client(&seen, url, (struct nos_mqtt_config){ 0 });
	for (unsigned i = 1; i <= 3; i++) {
		wait_turn(m, &seen);
		assert_int_equal(seen.downs, i);
		assert_int_equal(seen.last.code, NOS_AWAY);
		assert_string_equal(seen.last.text, "broker: Connection refused");
	}
	assert_int_equal(seen.ups, 0);
	nos_mqtt_free(m);
	close(fd);
}

/* Take the connection of m on a listening socket. */
static int take(struct nos_mqtt *m, int listener)
{
	struct pollfd fd = { .fd = listener, .events = POLLIN };

	while (poll(&fd, 1, 0) == 0)
		nos_mqtt_wait(m, listener, 1000);
	return accept(listener, NULL, NULL);
}

static int listen_any(char url[static 60], const char *scheme)
{
	unsigned port;
	int fd = bind_any(&port);

	assert_int_equal(listen(fd, 5), 0);
	snprintf(url, 60, "%s127.0.0.1:%u", scheme, port);
	return fd;
}

static void each_refusal_of_a_broker_has_its_words(void **state)
{
	static const char *const words[] = { NULL, "broker: refused MQTT 3.1.1",
		"broker: refused the client id", "broker: not available",
		"broker: refused the user or password", "broker: refused the user or password",
		"broker: refused, code 6" };
	char url[60];
	int listener = listen_any(url, "mqtt://");

	(void)state;
	for (unsigned code = 1; code <= 6; code++) {
		const uint8_t connack[] = { 0x20, 2, 0, (uint8_t)code };
		struct seen seen;
		struct nos_mqtt *m = client(&seen, url, (struct nos_mqtt_config){ 0 });
		int fd = take(m, listener);

		assert_int_equal(write(fd, connack, 4), 4);
		wait_turn(m, &seen);
		assert_int_equal(seen.downs, 1);
		assert_string_equal(seen.last.text, words[code]);
		assert_int_equal(seen.last.code, code == 4 || code == 5 ? NOS_DENIED : NOS_AWAY);
		nos_mqtt_free(m);
		close(fd);
	}
	close(listener);
}

static void what_speaks_another_protocol_is_told_so(void **state)
{
	static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
	char url[60];
	int listener = listen_any(url, "mqtt://"), fd;
	struct seen seen;
	struct nos_mqtt *m = client(&seen, url, (struct nos_mqtt_config){ 0 });

	(void)state;
	/* Its second byte, 'T', counts 84 more to come. */
	fd = take(m, listener);
	assert_int_equal(write(fd, answer, sizeof(answer)), sizeof(answer));
	assert_int_equal(write(fd, answer, sizeof(answer)), sizeof(answer));
	wait_turn(m, &seen);
	assert_string_equal(seen.last.text, "broker: does not speak MQTT 3.1.1");
	nos_mqtt_free(m);
	close(fd);
	close(listener);
}

static void one_that_hangs_up_before_it_answers_is_told_and_tried_again(void **state)
{
	static const char *const schemes[] = { "mqtt://", "mqtts://" };
	char url[60];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int listener = listen_any(url, schemes[i]);
		struct seen seen;
		struct nos_mqtt *m = client(&seen, url, (struct nos_mqtt_config){ 0 });

		for (unsigned n = 1; n <= 2; n++) {
			close(take(m, listener));
			wait_turn(m, &seen);
			assert_int_equal(seen.downs, n);
			assert_int_equal(seen.last.code, NOS_AWAY);
		}
		assert_int_equal(seen.ups, 0);
		nos_mqtt_free(m);
		close(listener);
	}
}

static void acknowledged_out_of_order_they_are_told_in_order(void **state)
{
	static const uint8_t connack[] = { 0x20, 2, 0, 0 };
	/* the second, one that never was, the second again, the first, the third */
	static const uint8_t pubacks[] = { 0x40, 2, 0, 2, 0x40, 2, 0, 9, 0x40, 2, 0, 2, 0x40, 2, 0,
		1, 0x40, 2, 0, 3 };
	char url[60];
	int listener = listen_any(url, "mqtt://"), fd;
	struct seen seen;
	struct nos_mqtt *m = client(&seen, url, (struct nos_mqtt_config){ .window = 3 });
	uint64_t sent = 0;

	(void)state;
	fd = take(m, listener);
	assert_int_equal(write(fd, connack, sizeof(connack)), sizeof(connack));
	wait_turn(m, &seen);
	assert_int_equal(seen.ups, 1);
	burst(m, &sent, 3);
	assert_int_equal(nos_mqtt_room(m), 0);
	assert_int_equal(write(fd, pubacks, sizeof(pubacks)), sizeof(pubacks));
	while (seen.acked < 3)
		nos_mqtt_wait(m, -1, 1000);
	assert_false(seen.disorder);
	assert_int_equal(seen.downs, 0);
	nos_mqtt_free(m);
	close(fd);
	close(listener);
}

static void what_is_wrong_in_the_settings_is_said_at_once(void **state)
{
	static const struct nos_secret password = { 2, "pw" }, odd = { 2, "p" };
	static const struct {
		struct nos_mqtt_config config;
		enum nos_code code;
	} rows[] = {
		{ { .url = "http://a" }, NOS_USAGE },
		{ { .url = "mqtt://me:pw@a" }, NOS_USAGE },
		{ { .url = "mqtt://a", .password = &password }, NOS_USAGE },
		{ { .url = "mqtt://me@a", .password = &odd }, NOS_USAGE },
		{ { .url = "mqtts://a", .ca = "/nowhere/ca.pem" }, NOS_ABSENT },
		{ { .url = "mqtt://a", .will_topic = "a/#", .will = "" }, NOS_USAGE },
		{ { .url = "mqtt://a", .client_id = "\xff" }, NOS_USAGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nos_mqtt_config config = rows[i].config;
		struct nos_mqtt *m = NULL;

		config.window = 1;
		config.keepalive_s = 60;
		config.client_id = config.client_id ? config.client_id : "nos";
		nos_err_clear(&err);
		assert_int_equal(nos_mqtt_new(&config, &m, &err), rows[i].code);
		assert_int_equal(err.code, rows[i].code);
		assert_null(m);
	}
}

static int start(void **state)
{
	(void)state;
	start_client();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refused_connection_is_told_once_for_each_attempt),
		cmocka_unit_test(each_refusal_of_a_broker_has_its_words),
		cmocka_unit_test(what_speaks_another_protocol_is_told_so),
		cmocka_unit_test(one_that_hangs_up_before_it_answers_is_told_and_tried_again),
		cmocka_unit_test(acknowledged_out_of_order_they_are_told_in_order),
		cmocka_unit_test(what_is_wrong_in_the_settings_is_said_at_once),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
