/* SPDX-License-Identifier: MIT */
/* Publishing to a real mosquitto. */
#include <mosquitto.h>

#include "broker.h"
#include "mqtt.h"

/* A subscriber; payloads are expected to count from 0 on. */
struct sub {
	struct mosquitto *lib;
	bool ready, disorder, retained;
	unsigned got;
	char topic[100], payload[100];
};

static struct broker broker;

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

static void hear(void *state, struct nos_str payload)
{
	(void)state, (void)payload;
}

static void what_is_heard_is_heard_at_the_quality_that_was_asked_for(void **state)
{
	static const char *const said[] = { "listener 0 nos/heard", "listener 1 nos/heard" };
	struct broker own = { 0 };
	struct seen seen;

	(void)state;
	start_own(&own, "mqtt://", "true", "allow_anonymous true\nlog_type subscribe\n");
	for (unsigned qos = 0; qos < 2; qos++) {
		struct nos_mqtt_config config = {
			.client_id = "listener", .hear = "nos/heard", .hear_qos = qos, .heard = hear
		};
		struct nos_mqtt *m = client(&seen, own.url, config);

		wait_turn(m, &seen);
		/* Nothing is between it and its end: what was to be sent is sent. */
		nos_mqtt_disconnect(m);
		broker_says(&own, said[qos]);
		nos_mqtt_free(m);
	}
	end_own(&own);
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
	start_client();
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
		cmocka_unit_test(what_is_heard_is_heard_at_the_quality_that_was_asked_for),
		cmocka_unit_test(user_and_password_open_the_door_and_wrong_ones_do_not),
		cmocka_unit_test(over_tls_the_certificate_and_its_name_are_checked),
	};
	return cmocka_run_group_tests(tests, start, end);
}
