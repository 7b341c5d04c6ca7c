/* SPDX-License-Identifier: MIT */
/* Answers: from where they come, in which order, to whom, and until the end. */
#include "http_stage.h"

#define MANY	300 /* connections at once */
#define THREADS 4
#define ROUNDS	20

static void a_request_is_answered_in_the_handler_at_the_turn_and_by_another_thread(void **state)
{
	static const char *const paths[][2] = {
		{ POST("/now"), "POST /now? 0 [abc]" },
		{ POST("/turn"), "POST /turn? 0 [abc]" },
		{ POST("/later"), "POST /later? 0 [abc]" },
		{ GET("/now"), "GET /now? 0 []" },
		{ GET("/turn"), "GET /turn? 0 []" },
		{ GET("/later"), "GET /later? 0 []" },
	};
	struct client c = dial();

	(void)state;
	for (size_t round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
			struct answer a = ask(&c, paths[i][0]);

			assert_int_equal(a.status, 200);
			assert_string_equal(a.body, paths[i][1]);
			assert_non_null(client_header(a.head, "Content-Type: text/plain\r\n"));
			assert_non_null(client_header(a.head, "Date: "));
		}
	assert_int_equal(nos_http_server_pending(server), 0);
	client_close(&c);
}

static void a_hundred_requests_in_one_write_are_answered_in_order(void **state)
{
	struct client c = dial();
	NOS_AUTO(buf) text = { 0 };

	(void)state;
	nos_buf_init(&text, 1 << 20);
	hundred_add(&text);
	client_send(&c, text.p);
	for (int i = 0; i < 100; i++) {
		struct answer a = client_read(&c, true);

		hundred_assert(i, &a);
	}
	client_close(&c);
}

static void a_head_has_the_length_and_no_body(void **state)
{
	struct client c = dial();
	struct answer a;

	(void)state;
	client_send(&c, "HEAD /now HTTP/1.1\r\nHost: x\r\n\r\n");
	a = client_read(&c, false);
	assert_int_equal(a.status, 200);
	assert_non_null(client_header(a.head, "Content-Length: 15\r\n"));
	assert_string_equal(ask(&c, GET("/now")).body, "GET /now? 0 []");
	assert_int_equal(ask(&c, GET("/empty")).status, 204);
	assert_string_equal(ask(&c, GET("/now")).body, "GET /now? 0 []");
	client_close(&c);
}

static void a_drained_server_answers_what_it_has_and_takes_no_more(void **state)
{
	struct client held = dial(), idle = dial(), half = dial();
	struct answer a;

	(void)state;
	assert_int_equal(ask(&idle, GET("/now")).status, 200);
	client_send(&half, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
			   "Expect: 100-continue\r\n\r\n");
	assert_int_equal(client_read(&half, true).status, 100);
	client_send(&held, GET("/hold"));
	wait_held(1);
	nos_http_server_drain(server);
	a = ask(&idle, GET("/now"));
	assert_int_equal(a.status, 503);
	assert_non_null(client_header(a.head, "Connection: close\r\n"));
	assert_true(client_is_over(&idle));
	a = ask(&half, "abc");
	assert_int_equal(a.status, 503);
	assert_true(client_is_over(&half));
	assert_int_equal(client_dial("127.0.0.1", port), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(nos_http_server_pending(server), 1);
	release_held();
	a = client_read(&held, true);
	assert_int_equal(a.status, 200);
	assert_non_null(client_header(a.head, "Connection: close\r\n"));
	assert_true(client_is_over(&held));
	assert_int_equal(nos_http_server_pending(server), 0);
	client_close(&held);
	client_close(&idle);
	client_close(&half);
}

static void a_server_that_ends_sends_its_last_answers(void **state)
{
	struct client c = dial();

	client_send(&c, GET("/hold"));
	wait_held(1);
	stop(state);
	assert_string_equal(client_read(&c, true).body, "GET /hold? 0 []");
	assert_true(client_is_over(&c));
	client_close(&c);
	usual_start(state);
}

static void a_client_that_leaves_costs_its_answer_alone(void **state)
{
	struct client gone = dial(), reset = dial(), stays = dial();
	struct linger hard = { .l_onoff = 1 };

	(void)state;
	client_send(&gone, GET("/hold"));
	client_send(&reset, GET("/hold"));
	wait_held(2);
	setsockopt(reset.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	client_close(&gone);
	client_close(&reset);
	client_send(&stays, GET("/hold"));
	wait_held(3);
	release_held();
	assert_int_equal(client_read(&stays, true).status, 200);
	assert_int_equal(nos_http_server_pending(server), 0);
	assert_int_equal(ask(&stays, GET("/later")).status, 200);
	client_close(&stays);
}

/* Returns the number of right answers. */
static void *many_at_once(void *number)
{
	static const char *const paths[] = { "/now", "/turn", "/later", "/later" };
	struct client *c = calloc(MANY / THREADS, sizeof(*c));
	uintptr_t good = 0;
	char text[200];

	for (size_t i = 0; i < MANY / THREADS; i++)
		c[i].fd = client_dial("127.0.0.1", port);
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < MANY / THREADS; i++) {
			snprintf(text, sizeof(text),
			    "POST %s?%zu HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
			    paths[(i + round) % 4], i);
			client_send(&c[i], text);
		}
		for (size_t i = 0; i < MANY / THREADS; i++) {
			struct answer a = client_read(&c[i], true);

			snprintf(text, sizeof(text), "POST %s?%zu ", paths[(i + round) % 4], i);
			good += a.status == 200 && !strncmp(a.body, text, strlen(text)) &&
				strstr(a.body, "[abc]");
		}
	}
	for (size_t i = 0; i < MANY / THREADS; i++)
		client_close(&c[i]);
	free(c);
	(void)number;
	return (void *)good;
}

static void hundreds_of_connections_from_many_threads_are_all_answered(void **state)
{
	struct nos_http_config config = usual();
	pthread_t threads[THREADS];
	uintptr_t good = 0;
	void *got;

	(void)state;
	config.loops = 2;
	serve(&config);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_at_once, NULL), 0);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &got);
		good += (uintptr_t)got;
	}
	assert_int_equal(good, MANY * ROUNDS);
	assert_int_equal(nos_http_server_pending(server), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USUAL(a_request_is_answered_in_the_handler_at_the_turn_and_by_another_thread),
		USUAL(a_hundred_requests_in_one_write_are_answered_in_order),
		USUAL(a_head_has_the_length_and_no_body),
		USUAL(a_drained_server_answers_what_it_has_and_takes_no_more),
		USUAL(a_server_that_ends_sends_its_last_answers),
		USUAL(a_client_that_leaves_costs_its_answer_alone),
		OWN(hundreds_of_connections_from_many_threads_are_all_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
