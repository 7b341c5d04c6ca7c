/* SPDX-License-Identifier: MIT */
/* HTTP requests against a server of our own, a thread that says what each test wants said. */
#include "net/http_client.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "port.h"

#define ANSWER_MAX 1000

/* One connection, with a request and an answer in each round. */
struct server {
	int fd;
	pthread_t thread;
	pthread_t client; /* gets SIGUSR1 instead of an answer, when there is none */
	const char *answer;
	unsigned rounds;
	char request[4096]; /* the last one */
	char url[64];
};

static volatile sig_atomic_t stop;
static struct nos_err err;
static struct nos_http_answer answer;
static struct nos_http_client *client;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static size_t body_length(const char *request)
{
	const char *at = strcasestr(request, "\r\nContent-Length:");

	return at ? strtoul(at + 17, NULL, 10) : 0;
}

static void read_request(struct server *s, int fd)
{
	size_t len = 0;
	const char *end = NULL;

	s->request[0] = '\0';
	while (!end || len < (size_t)(end + 4 - s->request) + body_length(s->request)) {
		ssize_t n = read(fd, s->request + len, sizeof(s->request) - 1 - len);

		if (n <= 0)
			return;
		len += (size_t)n;
		s->request[len] = '\0';
		end = strstr(s->request, "\r\n\r\n");
	}
}

static void *serve(void *state)
{
	struct server *s = state;
	int fd = accept(s->fd, NULL, NULL);
	char end;

	for (unsigned i = 0; i < s->rounds; i++) {
		read_request(s, fd);
		if (s->answer)
			send(fd, s->answer, strlen(s->answer), MSG_NOSIGNAL);
		else
			pthread_kill(s->client, SIGUSR1);
	}
	if (!s->answer)
		while (read(fd, &end, 1) > 0)
			;
	close(fd);
	return NULL;
}

static void bind_server(struct server *s)
{
	unsigned port;

	s->fd = bind_any(&port);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", port);
}

static void start_server(struct server *s, const char *text, unsigned rounds)
{
	*s = (struct server){ .answer = text, .rounds = rounds, .client = pthread_self() };
	bind_server(s);
	assert_int_equal(listen(s->fd, 5), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end_server(struct server *s)
{
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	close(s->fd);
}

/* One request to a server that answers with text. */
static enum nos_code get(struct server *s, const char *text)
{
	enum nos_code code;

	start_server(s, text, 1);
	code = nos_http_client_send(client, s->url, NULL, NULL, &answer, &err);
	end_server(s);
	return code;
}

static void a_get_brings_status_media_and_body(void **state)
{
	struct server s;

	(void)state;
	assert_int_equal(
	    get(&s, "HTTP/1.1 404 No\r\nContent-Type: Application/Problem+JSON ; charset=utf-8\r\n"
		    "Content-Length: 2\r\n\r\n{}"),
	    NOS_OK);
	assert_int_equal(answer.status, 404);
	assert_string_equal(answer.media, "application/problem+json");
	assert_string_equal(answer.receipt, "");
	assert_int_equal(answer.retry_s, 0);
	assert_buf(&answer.body, "{}");
	assert_ptr_equal(strstr(s.request, "GET / HTTP/1.1\r\n"), s.request);
	assert_null(strcasestr(s.request, "\r\nAccept-Encoding:"));
	assert_null(strcasestr(s.request, "\r\nContent-Type:"));
}

static void a_post_sends_its_body_at_once_under_its_media_type(void **state)
{
	char text[2000];
	struct nos_span body = { (const uint8_t *)text, sizeof(text) };
	struct server s;

	(void)state;
	memset(text, 'x', sizeof(text));
	start_server(&s, "HTTP/1.1 202 Yes\r\nContent-Length: 0\r\n\r\n", 1);
	assert_int_equal(
	    nos_http_client_send(client, s.url, "application/x-ndjson", &body, &answer, &err),
	    NOS_OK);
	end_server(&s);
	assert_int_equal(answer.status, 202);
	assert_int_equal(answer.body.len, 0);
	assert_ptr_equal(strstr(s.request, "POST / HTTP/1.1\r\n"), s.request);
	assert_non_null(strstr(s.request, "\r\nContent-Type: application/x-ndjson\r\n"));
	assert_non_null(strstr(s.request, "\r\nContent-Length: 2000\r\n"));
	assert_null(strcasestr(s.request, "\r\nExpect:"));
	assert_int_equal(strspn(strstr(s.request, "\r\n\r\n") + 4, "x"), sizeof(text));
}

static void an_empty_post_is_a_post(void **state)
{
	struct nos_span body = { NULL, 0 };
	struct server s;

	(void)state;
	start_server(&s, "HTTP/1.1 204 Yes\r\n\r\n", 1);
	assert_int_equal(nos_http_client_send(client, s.url, NULL, &body, &answer, &err), NOS_OK);
	end_server(&s);
	assert_ptr_equal(strstr(s.request, "POST "), s.request);
	assert_non_null(strstr(s.request, "\r\nContent-Length: 0\r\n"));
	assert_null(strcasestr(s.request, "\r\nContent-Type:"));
}

static void an_authorization_goes_with_its_request_and_with_no_other(void **state)
{
	struct nos_http_client_request r = { .authorization = "Nos AQID" };
	struct server s;

	(void)state;
	start_server(&s, "HTTP/1.1 200 Yes\r\nContent-Length: 0\r\n\r\n", 1);
	r.url = s.url;
	assert_int_equal(nos_http_client_exchange(client, &r, &answer, &err), NOS_OK);
	end_server(&s);
	assert_ptr_equal(strstr(s.request, "GET / "), s.request);
	assert_non_null(strstr(s.request, "\r\nAuthorization: Nos AQID\r\n"));
	assert_int_equal(get(&s, "HTTP/1.1 200 Yes\r\nContent-Length: 0\r\n\r\n"), NOS_OK);
	assert_null(strcasestr(s.request, "\r\nAuthorization:"));
	r.url = "http://127.0.0.1:1";
	r.authorization = "Nos a\r\nX: b";
	assert_int_equal(nos_http_client_exchange(client, &r, &answer, &err), NOS_USAGE);
	nos_err_clear(&err);
}

static void the_relays_that_it_has_passed_go_with_each_request_until_it_is_told_otherwise(
    void **state)
{
	char longer[NOS_HTTP_VIA_MAX + 2] = { 0 };
	struct server s;

	(void)state;
	assert_true(nos_http_client_via(client, NOS_STR("s-1,s-2")));
	memset(longer, 'x', NOS_HTTP_VIA_MAX + 1);
	assert_false(nos_http_client_via(client, nos_str_of(longer)));
	assert_int_equal(get(&s, "HTTP/1.1 200 Yes\r\nContent-Length: 0\r\n\r\n"), NOS_OK);
	assert_non_null(strstr(s.request, "\r\nNos-Via: s-1,s-2\r\n"));
	assert_true(nos_http_client_via(client, NOS_STR("")));
	assert_int_equal(get(&s, "HTTP/1.1 200 Yes\r\nContent-Length: 0\r\n\r\n"), NOS_OK);
	assert_null(strcasestr(s.request, "\r\nNos-Via:"));
}

static void a_connection_is_kept_from_request_to_request(void **state)
{
	struct nos_span body = { (const uint8_t *)"1", 1 };
	struct server s;

	(void)state;
	/* The server takes one connection alone: on a second one nothing would answer. */
	start_server(&s, "HTTP/1.1 200 Yes\r\nContent-Length: 1\r\n\r\nx", 3);
	assert_int_equal(nos_http_client_send(client, s.url, NULL, NULL, &answer, &err), NOS_OK);
	assert_int_equal(nos_http_client_send(client, s.url, "a/b", &body, &answer, &err), NOS_OK);
	assert_int_equal(nos_http_client_send(client, s.url, NULL, NULL, &answer, &err), NOS_OK);
	end_server(&s);
	assert_buf(&answer.body, "x");
	assert_ptr_equal(strstr(s.request, "GET "), s.request);
}

#define RECEIPT(lines) "HTTP/1.1 200 Yes\r\n" lines "Content-Length: 0\r\n\r\n"

static void a_receipt_is_taken_once_in_any_case_of_its_name(void **state)
{
	static const char long_value[] =
	    RECEIPT("Nos-Receipt: "
		    "0123456789012345678901234567890123456789012345678901234567890123"
		    "0123456789012345678901234567890123456789012345678901234567890123\r\n");
	static const char *const none[] = {
		RECEIPT("Nos-Receipt: a\r\nnos-receipt: a\r\n"),
		RECEIPT("Nos-Receipt: a\r\nNos-Receipt: a\r\nNos-Receipt: a\r\n"),
		RECEIPT("Nos-Receipt:\r\n"),
		RECEIPT("Nos-Receipts: a\r\n"),
		RECEIPT("Nos-Receipt: a\tb\r\n"),
		long_value,
	};
	struct server s;

	(void)state;
	assert_int_equal(get(&s, RECEIPT("nOS-rECEIPT:  abc_DEF-1 \r\n")), NOS_OK);
	assert_string_equal(answer.receipt, "abc_DEF-1");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(get(&s, none[i]), NOS_OK);
		assert_string_equal(answer.receipt, "");
	}
}

static void what_an_interim_answer_says_does_not_count(void **state)
{
	struct server s;

	(void)state;
	assert_int_equal(
	    get(&s, "HTTP/1.1 103 Hints\r\nNos-Receipt: a\r\n\r\n" RECEIPT("Nos-Receipt: b\r\n")),
	    NOS_OK);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.receipt, "b");
}

static void retry_after_is_read_in_seconds(void **state)
{
	struct server s;

	(void)state;
	assert_int_equal(
	    get(&s, "HTTP/1.1 503 No\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n"), NOS_OK);
	assert_int_equal(answer.status, 503);
	assert_int_equal(answer.retry_s, 17);
}

static void a_redirect_is_not_followed(void **state)
{
	struct server s;

	(void)state;
	assert_int_equal(
	    get(&s,
		"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
	    NOS_OK);
	assert_int_equal(answer.status, 302);
}

static void an_answer_over_the_limit_is_refused_and_one_at_it_is_taken(void **state)
{
	char text[100 + ANSWER_MAX + 2];
	int head;
	struct server s;

	(void)state;
	for (int more = 0; more < 2; more++) {
		head =
		    snprintf(text, sizeof(text), "HTTP/1.1 200 Yes\r\nConnection: close\r\n\r\n");
		memset(text + head, 'x', (size_t)(ANSWER_MAX + more));
		text[head + ANSWER_MAX + more] = '\0';
		assert_int_equal(get(&s, text), more ? NOS_AWAY : NOS_OK);
		assert_true(answer.body.len <= ANSWER_MAX);
		assert_int_equal(strspn(answer.body.p, "x"), answer.body.len);
	}
	assert_non_null(strstr(err.text, ": the answer is over 1000 bytes"));
}

static void an_answer_that_is_broken_off_is_no_answer(void **state)
{
	struct server s;

	(void)state;
	assert_int_equal(get(&s, "HTTP/1.1 200 Yes\r\nContent-Length: 10\r\n\r\nhalf"), NOS_AWAY);
	assert_int_equal(err.code, NOS_AWAY);
	assert_int_equal(answer.status, 0);
	assert_int_equal(get(&s, ""), NOS_AWAY);
	assert_int_equal(get(&s, "SSH-2.0-nothing\r\n"), NOS_AWAY);
}

static void a_refused_port_is_named_without_user_and_query(void **state)
{
	struct server s = { 0 };
	char url[200], text[200];

	(void)state;
	bind_server(&s); /* nobody listens on it, and nobody else can have it */
	snprintf(url, sizeof(url), "http://me:secret@%s/a?token=secret", s.url + 7);
	assert_int_equal(nos_http_client_send(client, url, NULL, NULL, &answer, &err), NOS_AWAY);
	snprintf(text, sizeof(text), "%s/a: not reached: Connection refused", s.url);
	assert_string_equal(err.text, text);
	close(s.fd);
}

static void what_is_no_http_url_is_wrong_usage(void **state)
{
	static const char *const urls[] = { "", "127.0.0.1:1", "file:///etc/passwd", "ftp://a/",
		"http://", "http://a:port/", "httpx://a/" };

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		nos_err_clear(&err);
		assert_int_equal(
		    nos_http_client_send(client, urls[i], NULL, NULL, &answer, &err), NOS_USAGE);
		assert_int_equal(err.code, NOS_USAGE);
	}
}

static void the_stop_flag_ends_a_request_under_way_and_any_later_one(void **state)
{
	struct server s;

	(void)state;
	/* The server sends a signal where the answer should be, and waits for the client to go. */
	assert_int_equal(get(&s, NULL), NOS_BUSY);
	assert_int_equal(
	    nos_http_client_send(client, "http://127.0.0.1:1", NULL, NULL, &answer, &err),
	    NOS_BUSY);
	assert_string_equal(err.text, "http://127.0.0.1:1: stopped");
	stop = 0;
}

#define LONG_MS 3600000

/* A server that never answers must be given up within an hour. */
static void give_up(uint64_t total_ms, uint64_t limit_ms, uint64_t own_ms)
{
	struct nos_http_client_request r = { .total_ms = own_ms };
	struct nos_http_client_config config = {
		.connect_ms = 10000, .total_ms = total_ms, .answer_max = 1
	};
	struct nos_http_client *hasty;
	struct server s;

	assert_int_equal(nos_http_client_new(&config, &hasty, &err), NOS_OK);
	nos_http_client_limit(hasty, limit_ms);
	start_server(&s, NULL, 1);
	r.url = s.url;
	assert_int_equal(nos_http_client_exchange(hasty, &r, &answer, &err), NOS_AWAY);
	assert_non_null(strstr(err.text, "timed out"));
	nos_http_client_free(hasty);
	end_server(&s);
	stop = 0;
}

static void an_answer_that_does_not_come_in_time_is_given_up(void **state)
{
	(void)state;
	give_up(50, 0, 0);
	give_up(LONG_MS, 0, 50); /* a request's own time */
}

static void a_limit_makes_the_wait_for_an_answer_shorter_and_never_longer(void **state)
{
	(void)state;
	give_up(LONG_MS, 50, 0);
	give_up(50, LONG_MS, 0);
}

static void a_ca_file_that_is_not_there_is_said_at_once(void **state)
{
	struct nos_http_client_config config = { .ca = "/nowhere/ca.pem" };
	struct nos_http_client *none = NULL;

	(void)state;
	assert_int_equal(nos_http_client_new(&config, &none, &err), NOS_ABSENT);
	assert_null(none);
}

static void a_query_value_is_escaped_byte_by_byte(void **state)
{
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	nos_buf_init(&b, 100);
	nos_http_client_escape(&b, NOS_STR("aZ09-._~ /?&=+%\0\xc3\xa4"));
	assert_buf(&b, "aZ09-._~%20%2F%3F%26%3D%2B%25%00%C3%A4");
}

static int start(void **state)
{
	struct nos_http_client_config config = {
		.connect_ms = 10000, .total_ms = 20000, .answer_max = ANSWER_MAX, .stop = &stop
	};

	(void)state;
	/* A proxy of the environment would stand between us and the server. */
	setenv("no_proxy", "*", 1);
	signal(SIGUSR1, on_signal);
	nos_buf_init(&answer.body, 1 << 20);
	return nos_http_client_start(&err) || nos_http_client_new(&config, &client, &err) ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	nos_http_client_free(client);
	nos_buf_release(&answer.body);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_get_brings_status_media_and_body),
		cmocka_unit_test(a_post_sends_its_body_at_once_under_its_media_type),
		cmocka_unit_test(an_empty_post_is_a_post),
		cmocka_unit_test(an_authorization_goes_with_its_request_and_with_no_other),
		cmocka_unit_test(
		    the_relays_that_it_has_passed_go_with_each_request_until_it_is_told_otherwise),
		cmocka_unit_test(a_connection_is_kept_from_request_to_request),
		cmocka_unit_test(a_receipt_is_taken_once_in_any_case_of_its_name),
		cmocka_unit_test(what_an_interim_answer_says_does_not_count),
		cmocka_unit_test(retry_after_is_read_in_seconds),
		cmocka_unit_test(a_redirect_is_not_followed),
		cmocka_unit_test(an_answer_over_the_limit_is_refused_and_one_at_it_is_taken),
		cmocka_unit_test(an_answer_that_is_broken_off_is_no_answer),
		cmocka_unit_test(a_refused_port_is_named_without_user_and_query),
		cmocka_unit_test(what_is_no_http_url_is_wrong_usage),
		cmocka_unit_test(the_stop_flag_ends_a_request_under_way_and_any_later_one),
		cmocka_unit_test(an_answer_that_does_not_come_in_time_is_given_up),
		cmocka_unit_test(a_limit_makes_the_wait_for_an_answer_shorter_and_never_longer),
		cmocka_unit_test(a_ca_file_that_is_not_there_is_said_at_once),
		cmocka_unit_test(a_query_value_is_escaped_byte_by_byte),
	};
	return cmocka_run_group_tests(tests, start, end);
}
