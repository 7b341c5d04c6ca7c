/* SPDX-License-Identifier: MIT */
/* Many requests at once against the server of http_stage.h, and against sockets that do less. */
#include "net/http_multi.h"

#include "http_stage.h"
#include "net/http_client.h"
#include "port.h"

#define CALLS	   1000
#define ANSWER_MAX 2000
#define LONG_MS	   (CLIENT_STUCK_S * 1000)

static struct nos_http_multi *multi;
static struct nos_http_multi_call calls[CALLS];
static char urls[CALLS][80];

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned count;
} finished = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void finish(void *state, struct nos_http_multi_call *call)
{
	(void)state;
	pthread_mutex_lock(&finished.lock);
	call->user = call;
	finished.count++;
	pthread_cond_broadcast(&finished.changed);
	pthread_mutex_unlock(&finished.lock);
}

static void wait_finished(unsigned count)
{
	pthread_mutex_lock(&finished.lock);
	while (finished.count < count)
		pthread_cond_wait(&finished.changed, &finished.lock);
	pthread_mutex_unlock(&finished.lock);
}

static void make(unsigned at_once)
{
	const struct nos_http_multi_config config = {
		.connect_ms = LONG_MS, .at_once = at_once, .thread_name = "multi", .done = finish
	};

	finished.count = 0;
	assert_int_equal(nos_http_multi_new(&config, &multi, &err), NOS_OK);
}

/* Call i, with its number as the body. */
static struct nos_http_multi_call *call_of(size_t i, unsigned to, const char *path)
{
	static char bodies[CALLS][8];
	struct nos_http_multi_call *c = &calls[i];

	snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%u%s", to, path);
	snprintf(bodies[i], sizeof(bodies[i]), "%zu", i);
	*c = (struct nos_http_multi_call){ .url = urls[i],
		.media = "a/b",
		.body = nos_str_bytes(nos_str_of(bodies[i])),
		.total_ms = LONG_MS };
	nos_buf_init(&c->answer, ANSWER_MAX);
	return c;
}

static void release(size_t count)
{
	for (size_t i = 0; i < count; i++)
		nos_buf_release(&calls[i].answer);
}

static void assert_answered(size_t i, const char *path)
{
	char want[64];

	snprintf(want, sizeof(want), "POST %s? 0 [%zu]", path, i);
	assert_int_equal(calls[i].err.code, NOS_OK);
	assert_int_equal(calls[i].status, 200);
	assert_string_equal(calls[i].media_came, "text/plain");
	assert_buf(&calls[i].answer, want);
}

static void a_thousand_calls_in_one_list_are_each_answered_by_their_own(void **state)
{
	(void)state;
	make(20);
	for (size_t i = 0; i < CALLS; i++) {
		call_of(i, port, i % 2 ? "/later" : "/now");
		if (i)
			calls[i - 1].next = &calls[i];
	}
	nos_http_multi_submit(multi, &calls[0]);
	wait_finished(CALLS);
	for (size_t i = 0; i < CALLS; i++)
		assert_answered(i, i % 2 ? "/later" : "/now");
	nos_http_multi_free(multi);
	release(CALLS);
}

static void *submit_some(void *number)
{
	const size_t from = (size_t)(uintptr_t)number;

	for (size_t i = from; i < from + CALLS / 4; i++)
		nos_http_multi_submit(multi, call_of(i, port, "/now"));
	return NULL;
}

static void threads_may_hand_in_calls_at_the_same_time(void **state)
{
	pthread_t threads[4];

	(void)state;
	make(20);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, submit_some,
				     (void *)(uintptr_t)(i * (CALLS / 4))),
		    0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	wait_finished(CALLS);
	for (size_t i = 0; i < CALLS; i++)
		assert_answered(i, "/now");
	nos_http_multi_free(multi);
	release(CALLS);
}

static void one_that_ends_does_so_once_all_calls_are_done(void **state)
{
	(void)state;
	make(2);
	for (size_t i = 0; i < 50; i++)
		nos_http_multi_submit(multi, call_of(i, port, "/later"));
	nos_http_multi_free(multi);
	assert_int_equal(finished.count, 50);
	for (size_t i = 0; i < 50; i++)
		assert_answered(i, "/later");
	release(50);
	nos_http_multi_free(NULL);
}

static void a_connection_serves_one_call_after_the_other(void **state)
{
	static const char text[] = "HTTP/1.1 200 Yes\r\nContent-Length: 1\r\n\r\nx";
	unsigned to;
	int fd = bind_any(&to);
	struct client c = { 0 };

	(void)state;
	assert_int_equal(listen(fd, 5), 0);
	make(1);
	for (size_t i = 0; i < 3; i++)
		nos_http_multi_submit(multi, call_of(i, to, "/"));
	c.fd = accept(fd, NULL, NULL);
	for (unsigned i = 0; i < 3; i++) {
		/* A request reads as an answer does. */
		client_read(&c, true);
		client_send(&c, text);
		wait_finished(i + 1);
		assert_buf(&calls[i].answer, "x");
	}
	client_close(&c);
	close(fd);
	nos_http_multi_free(multi);
	release(3);
}

static void a_connection_that_the_other_has_closed_is_made_anew(void **state)
{
	static const char text[] = "HTTP/1.1 200 Yes\r\nContent-Length: 1\r\n\r\nx";
	unsigned to;
	int fd = bind_any(&to);

	(void)state;
	assert_int_equal(listen(fd, 5), 0);
	make(1);
	for (unsigned i = 0; i < 3; i++) {
		struct client c = { 0 };

		nos_http_multi_submit(multi, call_of(i, to, "/"));
		c.fd = accept(fd, NULL, NULL);
		client_read(&c, true);
		client_send(&c, text);
		client_close(&c);
		wait_finished(i + 1);
		assert_int_equal(calls[i].err.code, NOS_OK);
	}
	close(fd);
	nos_http_multi_free(multi);
	release(3);
}

static void who_is_not_there_is_away_and_named(void **state)
{
	unsigned to;
	int fd = bind_any(&to); /* nobody listens */
	char want[100];

	(void)state;
	make(1);
	nos_http_multi_submit(multi, call_of(0, to, "/a?token=secret"));
	wait_finished(1);
	snprintf(want, sizeof(want), "http://127.0.0.1:%u/a: not reached: Connection refused", to);
	assert_int_equal(calls[0].err.code, NOS_AWAY);
	assert_string_equal(calls[0].err.text, want);
	assert_int_equal(calls[0].status, 0);
	calls[1] = (struct nos_http_multi_call){ .url = "file:///etc/passwd", .media = "a/b" };
	nos_http_multi_submit(multi, &calls[1]);
	wait_finished(2);
	assert_int_equal(calls[1].err.code, NOS_USAGE);
	nos_http_multi_free(multi);
	close(fd);
	release(1);
}

static void an_answer_over_the_limit_is_refused(void **state)
{
	(void)state;
	make(1);
	call_of(0, port, "/now")->answer.max = 15;
	call_of(1, port, "/now")->answer.max = 16;
	calls[0].next = &calls[1];
	nos_http_multi_submit(multi, calls);
	wait_finished(2);
	assert_int_equal(calls[0].err.code, NOS_AWAY);
	assert_non_null(strstr(calls[0].err.text, ": the answer is over 15 bytes"));
	assert_answered(1, "/now");
	nos_http_multi_free(multi);
	release(2);
}

static void one_that_is_not_answered_and_one_that_gets_no_turn_are_given_up_in_time(void **state)
{
	unsigned to;
	int fd = bind_any(&to);

	(void)state;
	/* The system takes the connection, and nobody else. */
	assert_int_equal(listen(fd, 5), 0);
	make(1);
	call_of(0, to, "/")->total_ms = 50;
	nos_http_multi_submit(multi, &calls[0]);
	wait_finished(1);
	assert_int_equal(calls[0].err.code, NOS_AWAY);
	assert_non_null(strstr(calls[0].err.text, "timed out"));
	nos_http_multi_submit(multi, call_of(1, to, "/"));
	call_of(2, to, "/")->total_ms = 50;
	nos_http_multi_submit(multi, &calls[2]);
	wait_finished(2);
	assert_int_equal(calls[2].err.code, NOS_AWAY);
	assert_non_null(strstr(calls[2].err.text, "no turn in time"));
	/* Both of its connections end with it. */
	close(fd);
	wait_finished(3);
	assert_int_equal(calls[1].err.code, NOS_AWAY);
	nos_http_multi_free(multi);
	release(3);
}

static int first(void **state)
{
	/* A proxy of the environment must not stand between us and the server. */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	return nos_http_client_start(&err) ? -1 : usual_start(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_calls_in_one_list_are_each_answered_by_their_own),
		cmocka_unit_test(threads_may_hand_in_calls_at_the_same_time),
		cmocka_unit_test(one_that_ends_does_so_once_all_calls_are_done),
		cmocka_unit_test(a_connection_serves_one_call_after_the_other),
		cmocka_unit_test(a_connection_that_the_other_has_closed_is_made_anew),
		cmocka_unit_test(who_is_not_there_is_away_and_named),
		cmocka_unit_test(an_answer_over_the_limit_is_refused),
		cmocka_unit_test(
		    one_that_is_not_answered_and_one_that_gets_no_turn_are_given_up_in_time),
	};

	return cmocka_run_group_tests(tests, first, stop);
}
