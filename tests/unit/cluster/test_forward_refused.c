/* SPDX-License-Identifier: MIT */
/* Requests that another node does not answer, or must not handle. */
#include "forward_stage.h"

#include "../net/port.h"
#include "cluster/wrap.h"

static void assert_away(const char *text)
{
	struct client c = dial();
	struct answer a = ask(&c, text);

	assert_int_equal(a.status, 503);
	assert_non_null(client_header(a.head, "Retry-After: 1\r\n"));
	assert_non_null(client_header(a.head, "Content-Type: application/problem+json\r\n"));
	assert_non_null(strstr(a.body, "away"));
	assert_null(strstr(a.body, "127.0.0.1"));
	client_close(&c);
}

static void a_node_that_is_not_there_is_away(void **state)
{
	(void)state;
	url = "http://127.0.0.1:1";
	assert_away(POST("/now"));
	url = "no URL";
	assert_away(POST("/now"));
	url = far_url;
}

static void a_node_of_another_key_is_away_and_handles_nothing(void **state)
{
	struct nos_forward *own = in;

	(void)state;
	in = make(OTHER, NOS_FORWARD_MS);
	atomic_store(&handled, 0);
	assert_away(POST("/now"));
	assert_int_equal(atomic_load(&handled), 0);
	nos_forward_free(in);
	in = own;
}

static void an_answer_that_was_changed_on_its_way_is_none(void **state)
{
	(void)state;
	atomic_store(&spoil, true);
	assert_away(POST("/now"));
	assert_away(POST("/later"));
	atomic_store(&spoil, false);
}

static void a_node_that_does_not_answer_in_time_is_away(void **state)
{
	struct nos_forward *patient = out;
	char text[64];
	unsigned port;
	int fd = bind_any(&port);

	(void)state;
	/* The system takes the connection, and nobody else. */
	assert_int_equal(listen(fd, 5), 0);
	snprintf(text, sizeof(text), "http://127.0.0.1:%u", port);
	out = make(KEY, 50);
	url = text;
	assert_away(POST("/now"));
	nos_forward_free(out);
	out = patient;
	url = far_url;
	close(fd);
}

/* What came to the far one of a request to the near one. */
static void capture(const char *text)
{
	struct client c = dial();

	nos_buf_init(&came, 1 << 20);
	atomic_store(&keep, true);
	assert_int_equal(ask(&c, text).status, 202);
	atomic_store(&keep, false);
	client_close(&c);
}

static unsigned post_to_far(struct nos_span body)
{
	const struct nos_http_client_config config = {
		.connect_ms = 10000, .total_ms = CLIENT_STUCK_S * 1000, .answer_max = OUT_MAX
	};
	struct nos_http_answer answer = { 0 };
	struct nos_http_client *client;
	char where[100];

	snprintf(where, sizeof(where), "%sv1/forward", far_url);
	nos_buf_init(&answer.body, OUT_MAX);
	assert_int_equal(nos_http_client_new(&config, &client, &err), NOS_OK);
	assert_int_equal(
	    nos_http_client_send(client, where, NOS_FORWARD_MEDIA, &body, &answer, &err), NOS_OK);
	nos_http_client_free(client);
	nos_buf_release(&answer.body);
	return answer.status;
}

static void what_came_once_is_not_handled_when_it_comes_again(void **state)
{
	(void)state;
	atomic_store(&handled, 0);
	capture(POST("/now"));
	assert_int_equal(atomic_exchange(&handled, 0), 1);
	assert_int_equal(post_to_far(nos_buf_span(&came)), 403);
	came.p[came.len - 1] ^= 1;
	assert_int_equal(post_to_far(nos_buf_span(&came)), 403);
	assert_int_equal(post_to_far((struct nos_span){ (const uint8_t *)"abc", 3 }), 403);
	assert_int_equal(post_to_far((struct nos_span){ (const uint8_t *)"", 0 }), 403);
	assert_int_equal(atomic_load(&handled), 0);
	nos_buf_release(&came);
}

static void what_was_forwarded_is_not_forwarded_once_more(void **state)
{
	(void)state;
	atomic_store(&handled, 0);
	assert_away(POST(NOS_FORWARD_PATH));
	assert_int_equal(atomic_load(&handled), 0);
	assert_away(POST("/on"));
	assert_int_equal(atomic_load(&handled), 1);
}

static void who_leaves_before_the_answer_costs_it_alone(void **state)
{
	const struct nos_http_request r = { .method = NOS_STR("GET"), .path = NOS_STR("/hold") };
	struct client c = { .fd = client_dial("127.0.0.1", far_port) }, again = dial();
	NOS_AUTO(parcel) parcel = { 0 };
	NOS_AUTO(vault) vault = { 0 };
	NOS_AUTO(buf) b = { 0 };
	struct nos_parcel_id id;
	char head[100];

	(void)state;
	nos_buf_init(&b, 1000);
	assert_int_equal(nos_vault_decode(nos_str_of(KEY), &vault, &err), NOS_OK);
	assert_int_equal(nos_parcel_init(&parcel, &vault, nos_time_now(), &err), NOS_OK);
	nos_parcel_begin(&b, nos_time_now());
	nos_wrap_request(&b, &r);
	assert_int_equal(nos_parcel_seal(&parcel, NULL, &b, &id, &err), NOS_OK);
	snprintf(head, sizeof(head),
	    "POST " NOS_FORWARD_PATH " HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", b.len);
	client_send(&c, head);
	assert_int_equal(send(c.fd, b.p, b.len, MSG_NOSIGNAL), b.len);
	wait_held(1);
	client_close(&c);
	release_held();
	assert_int_equal(ask(&again, GET("/now")).status, 202);
	client_close(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_that_is_not_there_is_away),
		cmocka_unit_test(a_node_of_another_key_is_away_and_handles_nothing),
		cmocka_unit_test(an_answer_that_was_changed_on_its_way_is_none),
		cmocka_unit_test(a_node_that_does_not_answer_in_time_is_away),
		cmocka_unit_test(what_came_once_is_not_handled_when_it_comes_again),
		cmocka_unit_test(what_was_forwarded_is_not_forwarded_once_more),
		cmocka_unit_test(who_leaves_before_the_answer_costs_it_alone),
	};

	if (nos_http_client_start(&err))
		return 1;
	return cmocka_run_group_tests(tests, start, stop);
}
