/* SPDX-License-Identifier: MIT */
/* Requests that another node answers. */
#include "forward_stage.h"

static void a_request_is_answered_by_another_node_as_if_it_had_come_there_by_itself(void **state)
{
	struct client c = dial();
	struct answer a;

	(void)state;
	a = ask(&c, "POST /now?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
		    "Content-Type: A/B;charset=latin1\r\nContent-Encoding: gzip\r\n"
		    "Authorization: Nos abc\r\nNos-Via: s-1,s-2\r\n\r\nabcd");
	assert_int_equal(a.status, 202);
	assert_string_equal(a.body, "POST /now?a=b a/b|latin1|gzip|Nos abc|s-1,s-2 0 1 4 abcd");
	assert_non_null(client_header(a.head, "Content-Type: application/json\r\n"));
	assert_string_equal(ask(&c, GET("/now")).body, "GET /now? |||| 0 1 0 ");
	assert_string_equal(ask(&c, POST("/later")).body, "POST /later? |||| 0 1 3 abc");
	a = ask(&c, GET("/empty"));
	assert_int_equal(a.status, 204);
	assert_null(client_header(a.head, "Content-Type: "));
	client_close(&c);
}

static void what_an_answer_says_beside_its_body_comes_back_too(void **state)
{
	struct client c = dial();
	struct answer a = ask(&c, POST("/refused"));

	(void)state;
	assert_int_equal(a.status, 503);
	assert_non_null(client_header(a.head, "Content-Type: application/problem+json\r\n"));
	assert_non_null(client_header(a.head, "Nos-Receipt: abc\r\n"));
	assert_non_null(client_header(a.head, "Retry-After: 7\r\n"));
	assert_non_null(client_header(a.head, "Allow: GET\r\n"));
	assert_non_null(client_header(a.head, "WWW-Authenticate: Bearer\r\n"));
	assert_non_null(client_header(a.head, "Date: "));
	client_close(&c);
}

static void what_the_other_does_not_take_is_refused_as_it_would_be_there(void **state)
{
	struct client c = dial();
	struct answer a = ask(&c, GET("/nowhere"));

	(void)state;
	assert_int_equal(a.status, 404);
	assert_string_equal(a.body, "nowhere");
	client_close(&c);
}

/* Posts a body of so many bytes; its answer's status, and of its body the last byte. */
static unsigned post_bytes(size_t len, char *ret_last)
{
	const struct nos_http_client_config config = {
		.connect_ms = 10000, .total_ms = CLIENT_STUCK_S * 1000, .answer_max = 2 * OUT_MAX
	};
	struct nos_http_answer answer = { 0 };
	struct nos_http_client *client;
	struct nos_span body = { malloc(len), len };
	char where[64];

	memset((uint8_t *)(uintptr_t)body.p, 'x', len);
	snprintf(where, sizeof(where), "http://127.0.0.1:%u/now", near_port);
	nos_buf_init(&answer.body, 2 * OUT_MAX);
	assert_int_equal(nos_http_client_new(&config, &client, &err), NOS_OK);
	assert_int_equal(nos_http_client_send(client, where, "a/b", &body, &answer, &err), NOS_OK);
	*ret_last = answer.body.p[answer.body.len - 1];
	nos_http_client_free(client);
	nos_buf_release(&answer.body);
	free((uint8_t *)(uintptr_t)body.p);
	return answer.status;
}

static void a_body_at_the_limit_of_the_other_is_taken_and_one_over_it_is_not(void **state)
{
	char last;

	(void)state;
	assert_int_equal(post_bytes(BODY_MAX, &last), 202);
	assert_int_equal(last, 'x');
	assert_int_equal(post_bytes(BODY_MAX + 1, &last), 413);
	assert_int_equal(last, 's'); /* "large: the body is over 70000 bytes" */
}

static void an_answer_that_is_too_large_is_an_error_of_the_other(void **state)
{
	struct client c = dial();
	struct answer a = ask(&c, GET("/large"));

	(void)state;
	assert_int_equal(a.status, 500);
	assert_non_null(strstr(a.body, "the answer is too large"));
	client_close(&c);
}

static void a_node_that_ends_waits_for_the_answers_to_what_it_has_sent(void **state)
{
	struct client c = dial();
	struct nos_forward *first = out;

	(void)state;
	client_send(&c, GET("/hold"));
	wait_held(1);
	out = make(KEY, NOS_FORWARD_MS);
	release_held();
	nos_forward_free(first);
	assert_int_equal(client_read(&c, true).status, 202);
	client_close(&c);
}

static void a_thousand_requests_at_once_each_get_their_own_answer(void **state)
{
	struct client *c = calloc(MANY, sizeof(*c));
	char text[100], want[100];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		c[i] = dial();
		snprintf(text, sizeof(text), "GET %s?%d HTTP/1.1\r\nHost: x\r\n\r\n",
		    i % 2 ? "/later" : "/now", i);
		client_send(&c[i], text);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(want, sizeof(want), "GET %s?%d |||| 0 1 0 ", i % 2 ? "/later" : "/now", i);
		assert_string_equal(client_read(&c[i], true).body, want);
		client_close(&c[i]);
	}
	assert_int_equal(nos_http_server_pending(near), 0);
	assert_int_equal(nos_http_server_pending(far), 0);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_request_is_answered_by_another_node_as_if_it_had_come_there_by_itself),
		cmocka_unit_test(what_an_answer_says_beside_its_body_comes_back_too),
		cmocka_unit_test(what_the_other_does_not_take_is_refused_as_it_would_be_there),
		cmocka_unit_test(a_body_at_the_limit_of_the_other_is_taken_and_one_over_it_is_not),
		cmocka_unit_test(an_answer_that_is_too_large_is_an_error_of_the_other),
		cmocka_unit_test(a_node_that_ends_waits_for_the_answers_to_what_it_has_sent),
		cmocka_unit_test(a_thousand_requests_at_once_each_get_their_own_answer),
	};

	if (nos_http_client_start(&err))
		return 1;
	return cmocka_run_group_tests(tests, start, stop);
}
