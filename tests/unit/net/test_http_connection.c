/* SPDX-License-Identifier: MIT */
/* What comes over a connection: in which form it is handed on, what is refused, and when. */
#include "http_stage.h"

/* Refused with the connection, since what follows on it is in doubt or was not read. */
static void what_is_refused_is_refused_before_its_body(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *body;
	} cases[] = {
		{ "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413,
		    "large: the body is over 1000 bytes" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n"
		  "Expect: 100-continue\r\n\r\n",
		    413, "large: the body is over 1000 bytes" },
		{ "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 404,
		    "nowhere" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411,
		    "length: a body needs its Content-Length" },
		{ "GET /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411,
		    "length: a body needs its Content-Length" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\n\r\n", 411,
		    "length: a body needs its Content-Length" },
		{ "PUT /now HTTP/1.1\r\nHost: x\r\n\r\n", 411,
		    "length: a body needs its Content-Length" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
		  "Content-Length: 4\r\n\r\n",
		    400, "data: one Content-Length must be there, and no Transfer-Encoding" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
		  "Content-Length: 3\r\n\r\nabc",
		    400, "data: one Content-Length must be there, and no Transfer-Encoding" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n",
		    400, "data: one Content-Length must be there, and no Transfer-Encoding" },
		{ "GET /now HTTP/1.1\r\n\r\n", 400, "data: one Host header must be there" },
		{ "GET /now HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400,
		    "data: one Host header must be there" },
		{ GET("/now%00"), 400, "data: the path holds a byte that none may hold" },
		{ GET("/now and then"), 400, "data: the path holds a byte that none may hold" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c = dial();
		struct answer a = ask(&c, cases[i].text);

		assert_int_equal(a.status, cases[i].status);
		assert_string_equal(a.body, cases[i].body);
		assert_non_null(client_header(a.head, "Connection: close\r\n"));
		assert_true(client_is_over(&c));
		client_close(&c);
	}
}

static void a_refusal_that_leaves_nothing_unread_keeps_the_connection(void **state)
{
	struct client c = dial();

	(void)state;
	assert_int_equal(ask(&c, GET("/nowhere")).status, 404);
	assert_string_equal(ask(&c, GET("/nowhere") GET("/now")).body, "nowhere");
	assert_string_equal(client_read(&c, true).body, "GET /now? 0 []");
	client_close(&c);
}

static void a_body_up_to_the_limit_comes_whole(void **state)
{
	struct client c = dial();
	char text[2000], body[BODY_MAX + 1];

	(void)state;
	memset(body, 'x', BODY_MAX);
	body[BODY_MAX] = '\0';
	snprintf(text, sizeof(text),
	    "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
	    "Expect: 100-continue\r\n\r\n");
	assert_int_equal(ask(&c, text).status, 100);
	client_send(&c, body);
	snprintf(text, sizeof(text), "POST /later? 0 [%s]", body);
	assert_string_equal(client_read(&c, true).body, text);
	client_close(&c);
}

static void an_answer_over_the_limit_becomes_a_fault(void **state)
{
	struct client c = dial();
	struct answer a = ask(&c, GET("/large"));

	(void)state;
	assert_int_equal(a.status, 500);
	assert_string_equal(a.body, "internal: the answer is too large");
	assert_int_equal(ask(&c, GET("/now")).status, 200);
	client_close(&c);
}

static void an_old_client_needs_no_host_and_is_closed(void **state)
{
	struct client c = dial();

	(void)state;
	assert_string_equal(ask(&c, "GET /now HTTP/1.0\r\n\r\n").body, "GET /now? 0 []");
	assert_true(client_is_over(&c));
	client_close(&c);
}

static void a_path_and_a_query_come_as_they_were_sent(void **state)
{
	struct client c = dial();

	(void)state;
	assert_string_equal(
	    ask(&c, GET("/a%2Fb?x=1&y=%20+&z")).body, "GET /a%2Fb?x=1&y=%20+&z 0 []");
	assert_string_equal(ask(&c, GET("/a+b")).body, "GET /a+b? 0 []");
	assert_string_equal(ask(&c, GET("http://host:1/p?q")).body, "GET /p?q 0 []");
	assert_string_equal(ask(&c, GET("http://host")).body, "GET /? 0 []");
	client_close(&c);
}

static void the_headers_that_count_are_given_in_one_form(void **state)
{
	struct client c = dial();
	struct answer a = ask(&c,
	    "GET /headers HTTP/1.1\r\nhost: x\r\ncontent-type: Application/JSON ; a=b\r\n"
	    "Content-Encoding: gzip\r\nAuthorization: Bearer k\r\nNos-Via: s-1,s-2\r\n\r\n");

	(void)state;
	assert_string_equal(a.body, "application/json||gzip|Bearer k|s-1,s-2");
	/* Nor does an answer let a header in by a value. */
	assert_non_null(client_header(a.head, "X-Broken: a??X-Smuggled: b\r\n"));
	assert_null(client_header(a.head, "X-Smuggled: "));
	assert_string_equal(ask(&c, GET("/headers")).body, "||||");
	client_close(&c);
}

/* The last three libmicrohttpd refuses by itself. */
static void each_authorization_is_shown_whatever_becomes_of_its_request(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *seen;
	} cases[] = {
		{ "GET /now HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a b\r\n\r\n", 200,
		    "Bearer a b\n" },
		{ "GET /nowhere HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\n\r\n", 404, "a\n" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\n\r\n", 411, "a\n" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n",
		    411, "a\n" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\n"
		  "Content-Length: 1001\r\n\r\n",
		    413, "a\n" },
		{ "GET /now HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nauthorization: b\r\n\r\n",
		    400, "a\nb\n" },
		{ "GET /now HTTP/1.1\r\nAuthorization: a\r\n\r\n", 400, "a\n" },
		{ "POST /now HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\n"
		  "Content-Length: three\r\n\r\n",
		    400, "a\n" },
		{ "GET /now HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nno header\r\n\r\n", 400,
		    "a\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c = dial();

		assert_int_equal(ask(&c, cases[i].text).status, cases[i].status);
		wait_seen(cases[i].seen);
		client_close(&c);
	}
}

static void a_charset_that_is_not_utf_8_is_told(void **state)
{
	static const char *const cases[][2] = { { "; charset=utf-8", "" },
		{ ";charset=\"UTF-8\"", "" }, { "; Charset = us-ascii", "" },
		{ "; charset=utf8", "" }, { "; charset=iso-8859-1", "iso-8859-1" },
		{ ";x=y;CHARSET=\"utf-16\"", "utf-16" }, { "; charset=", "''" },
		{ "; charset", "''" }, { "; x=charset", "" } };
	struct client c = dial();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[200], body[100];

		snprintf(text, sizeof(text),
		    "GET /headers HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv%s\r\n\r\n",
		    cases[i][0]);
		snprintf(body, sizeof(body), "text/csv|%s|||", cases[i][1]);
		assert_string_equal(ask(&c, text).body, body);
	}
	client_close(&c);
}

static void a_connection_too_many_is_told_so(void **state)
{
	struct nos_http_config config = usual();
	struct client one, two, three;
	struct answer a;

	(void)state;
	config.connections = 2;
	serve(&config);
	one = dial();
	assert_int_equal(ask(&one, GET("/now")).status, 200);
	two = dial();
	assert_int_equal(ask(&two, GET("/now")).status, 200);
	three = dial();
	a = ask(&three, GET("/now"));
	assert_int_equal(a.status, 503);
	assert_string_equal(a.body, "busy: too many connections");
	assert_non_null(client_header(a.head, "Retry-After: 1\r\n"));
	assert_true(client_is_over(&three));
	client_close(&three);
	/* Those that were here first are served on; and where one leaves, there is room. */
	assert_int_equal(ask(&one, GET("/later")).status, 200);
	ask(&two, "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	assert_true(client_is_over(&two));
	client_close(&two);
	three = dial();
	assert_int_equal(ask(&three, GET("/now")).status, 200);
	client_close(&three);
	client_close(&one);
}

static void a_request_too_many_is_told_so(void **state)
{
	struct nos_http_config config = usual();
	struct client one, two;
	struct answer a;

	(void)state;
	config.requests = 1;
	serve(&config);
	one = dial();
	two = dial();
	client_send(&one, GET("/hold"));
	wait_held(1);
	assert_int_equal(nos_http_server_pending(server), 1);
	a = ask(&two, POST("/now"));
	assert_int_equal(a.status, 503);
	assert_string_equal(a.body, "busy: too many requests at once");
	assert_non_null(client_header(a.head, "Retry-After: 1\r\n"));
	release_held();
	assert_int_equal(client_read(&one, true).status, 200);
	assert_int_equal(ask(&two, POST("/now")).status, 200);
	client_close(&one);
	client_close(&two);
}

static void a_request_that_does_not_come_whole_gets_a_408(void **state)
{
	static const char *const parts[] = {
		"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab",
		"POST /now HTTP/1.1\r\nHost: x\r\n",
		GET("/now") "GET /now HTTP/1.1\r\n",
	};
	struct nos_http_config config = usual();
	struct client c[3], held;
	struct answer a;

	(void)state;
	config.total_s = 1;
	serve(&config);
	held = dial();
	client_send(&held, GET("/hold"));
	wait_held(1);
	for (size_t i = 0; i < 3; i++) {
		c[i] = dial();
		client_send(&c[i], parts[i]);
	}
	assert_int_equal(client_read(&c[2], true).status, 200);
	for (size_t i = 0; i < 3; i++) {
		a = client_read(&c[i], true);
		assert_int_equal(a.status, 408);
		assert_string_equal(a.body, "busy: the request did not come whole in time");
		assert_non_null(client_header(a.head, "Connection: close\r\n"));
		assert_non_null(client_header(a.head, "Date: "));
		assert_true(client_is_over(&c[i]));
		client_close(&c[i]);
	}
	/* One in hand is the server's own delay. */
	release_held();
	assert_int_equal(client_read(&held, true).status, 200);
	client_close(&held);
}

static void a_connection_without_traffic_is_closed(void **state)
{
	struct nos_http_config config = usual();
	struct client c;

	(void)state;
	config.idle_s = 1;
	serve(&config);
	c = dial();
	assert_int_equal(ask(&c, GET("/now")).status, 200);
	assert_true(client_is_over(&c));
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USUAL(what_is_refused_is_refused_before_its_body),
		USUAL(a_refusal_that_leaves_nothing_unread_keeps_the_connection),
		USUAL(a_body_up_to_the_limit_comes_whole),
		USUAL(an_answer_over_the_limit_becomes_a_fault),
		USUAL(an_old_client_needs_no_host_and_is_closed),
		USUAL(a_path_and_a_query_come_as_they_were_sent),
		USUAL(the_headers_that_count_are_given_in_one_form),
		USUAL(a_charset_that_is_not_utf_8_is_told),
		USUAL(each_authorization_is_shown_whatever_becomes_of_its_request),
		OWN(a_connection_too_many_is_told_so),
		OWN(a_request_too_many_is_told_so),
		OWN(a_request_that_does_not_come_whole_gets_a_408),
		OWN(a_connection_without_traffic_is_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
