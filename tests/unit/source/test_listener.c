/* SPDX-License-Identifier: MIT */
/* Listening to a real mosquitto. */
#include <poll.h>

#include "../net/broker.h"
#include "../net/mqtt.h"
#include "source/listener.h"

static struct broker broker;
static struct nos_buf message;

static struct nos_listener *listen_to(const char *url)
{
	const struct nos_listener_config config = {
		.url = url, .source = "s-7f3a09c2e1", .node = 1
	};
	struct nos_listener *l = NULL;

	nos_err_clear(&err);
	if (nos_listener_new(&config, &l, &err))
		fail_msg("%s", err.text);
	return l;
}

/* Until something is there for the owner. */
static void wait_for(struct nos_listener *l)
{
	struct pollfd p = { .fd = nos_listener_fd(l), .events = POLLIN };

	assert_int_equal(poll(&p, 1, PATIENCE_S * 1000), 1);
}

static bool is_quiet(struct nos_listener *l)
{
	struct pollfd p = { .fd = nos_listener_fd(l), .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static void assert_heard(struct nos_listener *l, const char *text)
{
	while (!nos_listener_take(l, &message))
		wait_for(l);
	assert_buf(&message, text);
}

/* A publisher; what it says was acknowledged. */
struct node {
	struct nos_mqtt *mqtt;
	struct seen seen;
	uint64_t said;
};

static void node_connect(struct node *n)
{
	*n = (struct node){ 0 };
	n->mqtt = client(&n->seen, broker.url, (struct nos_mqtt_config){ .client_id = "node" });
	wait_turn(n->mqtt, &n->seen);
	assert_int_equal(n->seen.ups, 1);
}

static void node_says(struct node *n, const char *topic, struct nos_str text, bool retain)
{
	assert_int_equal(
	    nos_mqtt_publish(n->mqtt, topic, nos_str_bytes(text), retain, n->said, &err), NOS_OK);
	for (n->said++; n->seen.acked < n->said;)
		nos_mqtt_wait(n->mqtt, -1, 1000);
}

static void node_leave(struct node *n)
{
	nos_mqtt_disconnect(n->mqtt);
	nos_mqtt_free(n->mqtt);
}

static void what_was_said_last_and_what_is_said_now_is_heard_of_this_node_alone(void **state)
{
	struct nos_listener *l;
	struct nos_err why;
	struct node n;

	(void)state;
	node_connect(&n);
	node_says(&n, "nos/1/keys/3", NOS_STR("older"), true);
	node_says(&n, "nos/1/keys/3", NOS_STR("retained"), true);
	l = listen_to(broker.url);
	assert_heard(l, "retained");
	node_says(&n, "nos/2/keys/3", NOS_STR("another node"), false);
	node_says(&n, "nos/1/kind/s-1/t", NOS_STR("a record"), false);
	node_says(&n, "nos/1/keys/evict-3", NOS_STR("evict"), false);
	node_says(&n, "nos/1/keys/invalid", NOS_STR("in\0valid"), false);
	assert_heard(l, "evict");
	while (!nos_listener_take(l, &message))
		wait_for(l);
	assert_int_equal(message.len, 8);
	assert_true(is_quiet(l));
	assert_false(nos_listener_trouble(l, &why));
	nos_listener_free(l);
	node_says(&n, "nos/1/keys/3", NOS_STR(""), true);
	node_leave(&n);
}

static void the_oldest_go_where_nobody_takes_them_and_what_is_too_long_is_not_kept(void **state)
{
	static char longest[NOS_LISTENER_MESSAGE_MAX + 1];
	const unsigned over = NOS_LISTENER_WAITING_MAX + 5;
	struct nos_listener *l = listen_to(broker.url);
	struct node n;
	char text[16];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	node_connect(&n);
	/* Until it has subscribed. */
	while (is_quiet(l))
		node_says(&n, "nos/1/keys/3", NOS_STR("there"), false);
	assert_heard(l, "there");
	while (nos_listener_take(l, &message))
		;
	node_says(&n, "nos/1/keys/3", (struct nos_str){ longest, sizeof(longest) }, false);
	node_says(&n, "nos/1/keys/3", NOS_STR(""), false);
	for (unsigned i = 0; i < over; i++) {
		snprintf(text, sizeof(text), "%u", i);
		node_says(&n, "nos/1/keys/3", nos_str_of(text), false);
	}
	/* All of it has come once the last has, which is the newest of those that wait. */
	do
		assert_true(nos_listener_take(l, &message) || (wait_for(l), true));
	while (!nos_str_is(nos_buf_str(&message), text));
	assert_true(is_quiet(l));
	node_leave(&n);
	nos_listener_free(l);
}

static void a_broker_that_is_not_there_is_said_once_and_heard_when_it_is_back(void **state)
{
	struct nos_listener *l = listen_to(broker.url);
	struct nos_err why = { 0 };
	struct node n;

	(void)state;
	node_connect(&n);
	node_says(&n, "nos/1/keys/3", NOS_STR("before"), true);
	assert_heard(l, "before");
	node_leave(&n);
	broker_end(&broker, SIGTERM);
	wait_for(l);
	assert_false(nos_listener_take(l, &message));
	assert_true(nos_listener_trouble(l, &why));
	assert_int_equal(why.code, NOS_AWAY);
	assert_false(nos_listener_trouble(l, &why));
	broker_run(&broker);
	/* What was retained comes again. */
	assert_heard(l, "before");
	nos_listener_free(l);
}

static void a_broker_that_was_never_there_is_no_error_and_one_that_cannot_be_is(void **state)
{
	const struct nos_listener_config config = {
		.url = "http://127.0.0.1", .source = "s-7f3a09c2e1", .node = 1
	};
	struct nos_listener *l = listen_to("mqtt://127.0.0.1:1");
	struct nos_err why = { 0 };

	(void)state;
	wait_for(l);
	assert_true(nos_listener_trouble(l, &why));
	assert_int_equal(why.code, NOS_AWAY);
	nos_listener_free(l);
	assert_int_equal(nos_listener_new(&config, &l, &err), NOS_USAGE);
	nos_listener_free(NULL);
}

static int start(void **state)
{
	(void)state;
	start_client();
	setenv("PATH", "/usr/bin:/bin:/usr/sbin:/usr/local/sbin:/usr/local/bin", 1);
	nos_buf_init(&message, NOS_LISTENER_MESSAGE_MAX);
	broker_folder(&broker);
	broker_start(&broker, "mqtt://", "allow_anonymous true\n");
	return 0;
}

static int end(void **state)
{
	(void)state;
	broker_end(&broker, SIGTERM);
	broker_clean(&broker);
	nos_buf_release(&message);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_was_said_last_and_what_is_said_now_is_heard_of_this_node_alone),
		cmocka_unit_test(
		    the_oldest_go_where_nobody_takes_them_and_what_is_too_long_is_not_kept),
		cmocka_unit_test(a_broker_that_is_not_there_is_said_once_and_heard_when_it_is_back),
		cmocka_unit_test(
		    a_broker_that_was_never_there_is_no_error_and_one_that_cannot_be_is),
	};

	return cmocka_run_group_tests(tests, start, end);
}
