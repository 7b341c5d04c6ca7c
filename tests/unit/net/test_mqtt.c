/* SPDX-License-Identifier: MIT */
/* Publishing to a real mosquitto, and to sockets that play a bad one. */
#include "net/mqtt.h"

#include <inttypes.h>
#include <poll.h>

#include <mosquitto.h>

#include "broker.h"

#define PATIENCE_S 300 /* whoever hangs is ended by SIGALRM */

/* What came back; tags are given from 0 on. */
struct seen {
	uint64_t acked;
	bool disorder;
	unsigned ups, downs;
	struct nos_err last;
};

/* A subscriber; payloads are expected to count from 0 on. */
struct sub {
	struct mosquitto *lib;
	bool ready, disorder, retained;
	unsigned got;
	char topic[100], payload[100];
};

static struct nos_err err;
static struct broker broker;

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

static struct nos_mqtt *client(struct seen *s, const char *url, struct nos_mqtt_config config)
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

static void wait_turn(struct nos_mqtt *m, const struct seen *s)
{
	unsigned turns = s->ups + s->downs;

	while (s->ups + s->downs == turns)
		nos_mqtt_wait(m, -1, 1000);
	/* wait comes back at each of them. */
	assert_int_equal(s->ups + s->downs, turns + 1);
}

static void publish(struct nos_mqtt *m, uint64_t tag)
{
	char text[24];
	size_t len = (size_t)snprintf(text, sizeof(text), "%" PRIu64, tag);

	assert_int_equal(nos_mqtt_publish(m, "nos/n", (struct nos_span){ (uint8_t *)text, len },
			     false, tag, &err),
	    NOS_OK);
}

/* All that has room, up to the message end, which is not sent. */
static void burst(struct nos_mqtt *m, uint64_t *sent, uint64_t end)
{
	unsigned room = nos_mqtt_room(m), flight = nos_mqtt_in_flight(m);

	nos_mqtt_cork(m, true);
	for (; room && *sent < end; room--, flight++)
		publish(m, (*sent)++);
	nos_mqtt_cork(m, false);
	assert_int_equal(nos_mqtt_in_flight(m), flight);
	assert_true(!nos_mqtt_room(m) || nos_mqtt_room(m) == room);
}

static void on_message(struct mosquitto *lib, void *state, const struct mosquitto_message *message)
{
	struct sub *s = state;
	char want[24];

	(void)lib;
	snprintf(want, sizeof(want), "%u", s->got++);
	snprintf(s->topic, sizeof(s->topic), "%s", message->topic);
	snprintf(
	    s->payload, sizeof(s->payload), "%.*s", message->payloadlen, (char *)message->payload);
	s->disorder |= strcmp(s->payload, want) != 0;
	s->retained = message->retain;
}

static void on_subscribed(struct mosquitto *lib, void *state, int id, int n, const int *qos)
{
	struct sub *s = state;

	(void)lib, (void)id, (void)n, (void)qos;
	s->ready = true;
}

static void subscribe(struct sub *s, const char *topic)
{
	*s = (struct sub){ .lib = mosquitto_new(NULL, true, s) };
	mosquitto_message_callback_set(s->lib, on_message);
	mosquitto_subscribe_callback_set(s->lib, on_subscribed);
	assert_int_equal(mosquitto_connect(s->lib, "127.0.0.1", (int)broker.port, 60), 0);
	assert_int_equal(mosquitto_subscribe(s->lib, NULL, topic, 1), 0);
	while (!s->ready)
		assert_int_equal(mosquitto_loop(s->lib, 1000, 1), 0);
}

static void unsubscribe(struct sub *s)
{
	mosquitto_disconnect(s->lib);
	mosquitto_destroy(s->lib);
}

static void ten_thousand_messages_arrive_and_are_acknowledged_in_order(void **state)
{
	const uint64_t n = 10000;
	struct seen seen;
	struct sub sub;
	struct nos_mqtt *m = client(&seen, broker.url, (struct nos_mqtt_config){ .window = 500 });
	uint64_t sent = 0;

	(void)state;
	subscribe(&sub, "nos/#");
	wait_turn(m, &seen);
	assert_int_equal(nos_mqtt_room(m), 500);
	while (seen.acked < n || sub.got < n) {
		burst(m, &sent, n);
		nos_mqtt_wait(m, mosquitto_socket(sub.lib), 1000);
		assert_int_equal(mosquitto_loop(sub.lib, 0, 1), 0);
	}
	assert_int_equal(seen.acked, n);
	assert_int_equal(sub.got, n);
	assert_false(seen.disorder);
	assert_false(sub.disorder);
	assert_int_equal(nos_mqtt_in_flight(m), 0);
	assert_int_equal(seen.ups, 1);
	assert_int_equal(seen.downs, 0);
	nos_mqtt_disconnect(m);
	nos_mqtt_free(m);
	unsubscribe(&sub);
}

static void a_broker_that_ends_in_the_middle_costs_no_message_and_no_order(void **state)
{
	static const int numbers[] = { SIGTERM, SIGKILL, SIGTERM };
	const uint64_t n = 5000;
	struct seen seen;
	struct nos_mqtt *m = client(&seen, broker.url, (struct nos_mqtt_config){ .window = 300 });
	uint64_t sent = 0;
	unsigned ends = 0;

	(void)state;
	while (seen.acked < n) {
		/* A broker that stands still acknowledges nothing: the whole window is in flight.
		 */
		bool end = ends < 3 && seen.acked >= n / 4 * (ends + 1) && nos_mqtt_room(m);

		if (end)
			kill(broker.pid, SIGSTOP);
		burst(m, &sent, n);
		if (end) {
			broker_end(&broker, numbers[ends++]);
			wait_turn(m, &seen);
			assert_int_equal(seen.downs, ends);
			assert_int_equal(nos_mqtt_room(m), 0);
			assert_true(nos_mqtt_in_flight(m) > 0);
			broker_run(&broker);
		}
		nos_mqtt_wait(m, -1, 1000);
	}
	assert_int_equal(ends, 3);
	assert_int_equal(seen.acked, n);
	assert_false(seen.disorder);
	assert_int_equal(nos_mqtt_in_flight(m), 0);
	assert_true(seen.ups >= 4);
	nos_mqtt_free(m);
}

static void a_break_in_the_midst_of_a_burst_loses_nothing(void **state)
{
	struct seen seen;
	struct nos_mqtt *m = client(&seen, broker.url, (struct nos_mqtt_config){ 0 });
	uint64_t sent = 0;

	(void)state;
	wait_turn(m, &seen);
	burst(m, &sent, 10);
	/* Unseen by the client, which waits not once in between. */
	broker_end(&broker, SIGKILL);
	burst(m, &sent, 20);
	assert_int_equal(nos_mqtt_in_flight(m), 20);
	broker_run(&broker);
	while (seen.acked < 20)
		nos_mqtt_wait(m, -1, 1000);
	assert_false(seen.disorder);
	assert_int_equal(seen.downs >= 1, 1);
	nos_mqtt_free(m);
}

/* The first message that a new subscriber of topic gets: a retained one, else a marker of its own.
 */
static void first_of(struct sub *s, const char *topic)
{
	subscribe(s, topic);
	mosquitto_publish(s->lib, NULL, topic, 6, "marker", 1, false);
	while (!s->got)
		assert_int_equal(mosquitto_loop(s->lib, 1000, 1), 0);
	unsubscribe(s);
}

static void the_will_is_published_unless_one_disconnects(void **state)
{
	static const struct {
		const char *topic, *id, *log, *first;
	} rows[] = {
		{ "will/freed", "freed", "Client freed closed its connection", "gone" },
		{ "will/left", "left", "Client left disconnected", "marker" },
	};
	struct seen seen;
	struct sub sub;

	(void)state;
	for (size_t left = 0; left < 2; left++) {
		struct nos_mqtt_config config = { .will_topic = rows[left].topic, .will = "gone" };
		struct nos_mqtt *m;

		config.client_id = rows[left].id;
		m = client(&seen, broker.url, config);
		wait_turn(m, &seen);
		assert_int_equal(seen.ups, 1);
		if (left)
			nos_mqtt_disconnect(m);
		nos_mqtt_free(m);
		/* What the broker does about the will, it does in the same step. */
		broker_says(&broker, rows[left].log);
		first_of(&sub, rows[left].topic);
		assert_string_equal(sub.payload, rows[left].first);
		assert_int_equal(sub.retained, !left);
	}
}

static void after_a_disconnect_nothing_connects_any_more(void **state)
{
	struct seen seen;
	struct nos_mqtt *m = client(&seen, broker.url, (struct nos_mqtt_config){ 0 });

	(void)state;
	wait_turn(m, &seen);
	nos_mqtt_disconnect(m);
	nos_mqtt_wait(m, -1, 0);
	nos_mqtt_wait(m, -1, 1);
	assert_int_equal(nos_mqtt_room(m), 0);
	assert_int_equal(seen.ups, 1);
	assert_int_equal(seen.downs, 0);
	assert_int_equal(
	    nos_mqtt_publish(m, "nos/n", (struct nos_span){ 0 }, false, 0, &err), NOS_AWAY);
	nos_mqtt_disconnect(m);
	nos_mqtt_free(m);
}

static void waiting_ends_when_the_wake_up_descriptor_is_readable(void **state)
{
	struct seen seen;
	struct nos_mqtt *m = client(&seen, broker.url, (struct nos_mqtt_config){ 0 });
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	wait_turn(m, &seen);
	assert_int_equal(write(fds[1], "", 1), 1);
	nos_mqtt_wait(m, fds[0], 2u * PATIENCE_S * 1000);
	assert_int_equal(seen.downs, 0);
	close(fds[0]);
	close(fds[1]);
	nos_mqtt_disconnect(m);
	nos_mqtt_free(m);
}

static void what_is_no_topic_is_refused_and_not_in_flight(void **state)
{
	static const char *const topics[] = { "a/#", "+", "", "\xff" };
	struct seen seen;
	struct nos_mqtt *m = client(&seen, broker.url, (struct nos_mqtt_config){ 0 });
	struct nos_span none = { 0 };

	(void)state;
	wait_turn(m, &seen);
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		assert_int_equal(nos_mqtt_publish(m, topics[i], none, false, 9, &err), NOS_DATA);
	assert_int_equal(nos_mqtt_in_flight(m), 0);
	assert_int_equal(nos_mqtt_publish(m, "nos/empty", none, false, 0, &err), NOS_OK);
	while (!seen.acked)
		nos_mqtt_wait(m, -1, 1000);
	assert_false(seen.disorder);
	nos_mqtt_free(m);
}

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

/* A broker beside the common one, with files of its own that command makes in its folder. */
static void start_own(struct broker *own, const char *scheme, const char *command, const char *more)
{
	char line[600];

	broker_folder(own);
	snprintf(line, sizeof(line), "cd %s && %s", own->folder, command);
	assert_int_equal(system(line), 0);
	broker_start(own, scheme, more);
}

static void end_own(struct broker *own)
{
	broker_end(own, SIGTERM);
	broker_clean(own);
}

static void user_and_password_open_the_door_and_wrong_ones_do_not(void **state)
{
	static const struct nos_secret passwords[] = { { 4, "shut" }, { 4, "open" } };
	struct broker own = { 0 };
	struct seen seen;

	(void)state;
	start_own(&own, "mqtt://me@", "touch users && mosquitto_passwd -b users me open",
	    "allow_anonymous false\npassword_file %s/users\n");
	for (unsigned right = 0; right < 2; right++) {
		struct nos_mqtt_config config = { .password = &passwords[right] };
		struct nos_mqtt *m = client(&seen, own.url, config);

		wait_turn(m, &seen);
		assert_int_equal(seen.ups, right);
		assert_int_equal(seen.last.code, right ? NOS_OK : NOS_DENIED);
		nos_mqtt_free(m);
	}
	end_own(&own);
}

static void over_tls_the_certificate_and_its_name_are_checked(void **state)
{
	struct broker own = { 0 };
	struct nos_mqtt_config config = { .window = 50 };
	struct nos_mqtt *m;
	struct seen seen;
	char ca[80], other[80];
	uint64_t sent = 0;

	(void)state;
	start_own(&own, "mqtts://",
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=nos"
	    " -addext subjectAltName=IP:127.0.0.1 -keyout key -out cert 2>/dev/null",
	    "allow_anonymous true\ncertfile %s/cert\nkeyfile %s/key\n");
	snprintf(ca, sizeof(ca), "%s/cert", own.folder);
	snprintf(other, sizeof(other), "mqtts://localhost:%u", own.port);

	m = client(&seen, own.url, config);
	wait_turn(m, &seen);
	assert_int_equal(seen.downs, 1);
	assert_string_equal(seen.last.text, "broker: TLS: certificate verify failed");
	nos_mqtt_free(m);

	config.ca = ca;
	m = client(&seen, other, config);
	wait_turn(m, &seen);
	assert_int_equal(seen.downs, 1);
	assert_non_null(strstr(seen.last.text, "verif"));
	nos_mqtt_free(m);

	m = client(&seen, own.url, config);
	while (seen.acked < 1000) {
		burst(m, &sent, 1000);
		nos_mqtt_wait(m, -1, 1000);
	}
	assert_false(seen.disorder);
	assert_int_equal(seen.ups, 1);
	assert_int_equal(seen.downs, 0);
	nos_mqtt_disconnect(m);
	nos_mqtt_free(m);
	end_own(&own);
}

static int start(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	alarm(PATIENCE_S);
	nos_mqtt_start();
	setenv("PATH", "/usr/bin:/bin:/usr/sbin:/usr/local/sbin:/usr/local/bin", 1);
	broker_folder(&broker);
	broker_start(&broker, "mqtt://", "allow_anonymous true\n");
	return 0;
}

static int end(void **state)
{
	(void)state;
	broker_end(&broker, SIGTERM);
	broker_clean(&broker);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_messages_arrive_and_are_acknowledged_in_order),
		cmocka_unit_test(a_broker_that_ends_in_the_middle_costs_no_message_and_no_order),
		cmocka_unit_test(a_break_in_the_midst_of_a_burst_loses_nothing),
		cmocka_unit_test(the_will_is_published_unless_one_disconnects),
		cmocka_unit_test(after_a_disconnect_nothing_connects_any_more),
		cmocka_unit_test(waiting_ends_when_the_wake_up_descriptor_is_readable),
		cmocka_unit_test(what_is_no_topic_is_refused_and_not_in_flight),
		cmocka_unit_test(a_refused_connection_is_told_once_for_each_attempt),
		cmocka_unit_test(each_refusal_of_a_broker_has_its_words),
		cmocka_unit_test(one_that_hangs_up_before_it_answers_is_told_and_tried_again),
		cmocka_unit_test(acknowledged_out_of_order_they_are_told_in_order),
		cmocka_unit_test(what_is_wrong_in_the_settings_is_said_at_once),
		cmocka_unit_test(user_and_password_open_the_door_and_wrong_ones_do_not),
		cmocka_unit_test(over_tls_the_certificate_and_its_name_are_checked),
	};
	return cmocka_run_group_tests(tests, start, end);
}
