/* SPDX-License-Identifier: MIT */
/* Requests under TLS: as in plain, and what only TLS can get wrong. */
#include "http_stage.h"
#include "tls.h"

static struct nos_tls *tls;

/* ---- a server ---- */

static unsigned port_of(size_t i)
{
	return (unsigned)strtoul(strrchr(nos_http_server_address(server, i), ':') + 1, NULL, 10);
}

/* Beside what config listens on. */
static void serve_tls(struct nos_http_config *config)
{
	config->listen_tls = here;
	config->listen_tls_count = 1;
	assert_int_equal(show(&tls, "first", "first"), NOS_OK);
	config->tls = tls;
	serve(config);
}

static int start_with(unsigned idle_s, unsigned total_s)
{
	struct nos_http_config config = usual();

	config.listen_count = 0;
	config.idle_s = idle_s;
	config.total_s = total_s;
	serve_tls(&config);
	return 0;
}

static int start_tls(void **state)
{
	(void)state;
	return start_with(CLIENT_STUCK_S, CLIENT_STUCK_S);
}

static int start_tls_hurried(void **state)
{
	(void)state;
	return start_with(CLIENT_STUCK_S, 1);
}

static int start_tls_restless(void **state)
{
	(void)state;
	return start_with(1, 1);
}

static int stop_tls(void **state)
{
	if (server)
		stop(state);
	nos_tls_free(tls);
	tls = NULL;
	return 0;
}

/* ---- as in plain ---- */

static void a_request_under_tls_is_answered_from_everywhere(void **state)
{
	static const char *const paths[][2] = {
		{ POST("/now"), "POST /now? 0 [abc]" },
		{ POST("/turn"), "POST /turn? 0 [abc]" },
		{ POST("/later"), "POST /later? 0 [abc]" },
		{ GET("/later"), "GET /later? 0 []" },
		{ GET("/under"), "128 local" },
		{ GET("https://x/now"), "GET /now? 0 []" },
	};
	struct secure c = secure_dial(TAKEN);

	(void)state;
	assert_int_equal(c.status, 0);
	for (size_t round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
			struct answer a = secure_ask(&c, paths[i][0]);

			assert_int_equal(a.status, 200);
			assert_string_equal(a.body, paths[i][1]);
		}
	assert_int_equal(nos_http_server_pending(server), 0);
	secure_close(&c);
}

static void a_hundred_requests_in_one_record_are_answered_in_order(void **state)
{
	struct secure c = secure_dial(TAKEN);
	NOS_AUTO(buf) text = { 0 };

	(void)state;
	nos_buf_init(&text, 1 << 20);
	hundred_add(&text);
	secure_send(&c, text.p);
	for (int i = 0; i < 100; i++) {
		struct answer a = secure_read(&c);

		hundred_assert(i, &a);
	}
	secure_close(&c);
}

static void a_body_in_pieces_under_tls_is_one_body(void **state)
{
	struct secure c = secure_dial("NORMAL:-VERS-ALL:+VERS-TLS1.2");
	struct answer a;

	(void)state;
	assert_int_equal(c.status, 0);
	secure_send(&c, "POST /later HTTP/1.1\r\nHo");
	secure_send(&c, "st: x\r\nContent-Length: 3\r\n\r\n");
	secure_send(&c, "a");
	secure_send(&c, "b");
	a = secure_ask(&c, "c");
	assert_string_equal(a.body, "POST /later? 0 [abc]");
	secure_close(&c);
}

static void a_drained_server_answers_under_tls_what_it_has(void **state)
{
	struct secure held = secure_dial(TAKEN), idle = secure_dial(TAKEN);
	struct answer a;

	(void)state;
	assert_int_equal(secure_ask(&idle, GET("/now")).status, 200);
	secure_send(&held, GET("/hold"));
	wait_held(1);
	nos_http_server_drain(server);
	a = secure_ask(&idle, GET("/now"));
	assert_int_equal(a.status, 503);
	assert_non_null(client_header(a.head, "Connection: close\r\n"));
	assert_false(secure_more(&idle));
	release_held();
	assert_int_equal(secure_read(&held).status, 200);
	assert_false(secure_more(&held));
	secure_close(&held);
	secure_close(&idle);
}

static void a_server_that_ends_sends_its_last_answers_under_tls(void **state)
{
	struct secure c = secure_dial(TAKEN);

	secure_send(&c, GET("/hold"));
	wait_held(1);
	stop(state);
	assert_string_equal(secure_read(&c).body, "GET /hold? 0 []");
	secure_close(&c);
}

static void a_connection_too_many_is_told_so_under_tls(void **state)
{
	struct nos_http_config config = usual();
	struct secure one, two;
	struct answer a;

	(void)state;
	config.listen_count = 0;
	config.connections = 1;
	serve_tls(&config);
	one = secure_dial(TAKEN);
	assert_int_equal(secure_ask(&one, GET("/now")).status, 200);
	two = secure_dial(TAKEN);
	a = secure_ask(&two, GET("/now"));
	assert_int_equal(a.status, 503);
	assert_string_equal(a.body, "busy: too many connections");
	assert_false(secure_more(&two));
	assert_int_equal(secure_ask(&one, GET("/later")).status, 200);
	secure_close(&one);
	secure_close(&two);
}

static void plain_and_tls_are_served_side_by_side(void **state)
{
	struct nos_http_config config = usual();
	struct client plain;
	struct secure c;

	(void)state;
	config.loops = 2;
	serve_tls(&config);
	plain = dial();
	assert_string_equal(ask(&plain, GET("/under")).body, "0 local");
	port = port_of(1);
	c = secure_dial("NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM");
	assert_string_equal(secure_ask(&c, GET("/under")).body, "256 local");
	secure_close(&c);
	client_close(&plain);
}

/* ---- what is slow ---- */

/* By the end of the connection; an alert of TLS may stand before it. */
static bool is_let_go(struct client *c)
{
	while (client_more(c))
		;
	return client_is_over(c) || (c->have && c->in[0] == 21);
}

static void who_stalls_in_the_handshake_is_let_go_without_a_word_in_plain(void **state)
{
	static const char hello[] = { 22, 3, 1, 2, 0, 1 };
	struct client silent = dial(), half = dial();

	(void)state;
	assert_int_equal(send(half.fd, hello, sizeof(hello), 0), sizeof(hello));
	assert_true(is_let_go(&silent));
	assert_true(is_let_go(&half));
	client_close(&silent);
	client_close(&half);
}

static void a_late_request_gets_its_408_under_the_cipher(void **state)
{
	struct secure c = secure_dial(TAKEN), fresh;
	struct answer a;

	(void)state;
	secure_send(&c, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na");
	a = secure_read(&c);
	assert_int_equal(a.status, 408);
	assert_false(secure_more(&c));
	secure_close(&c);
	fresh = secure_dial(TAKEN);
	assert_int_equal(secure_ask(&fresh, GET("/now")).status, 200);
	secure_close(&fresh);
}

/* ---- who is refused ---- */

static void what_is_plain_gets_no_answer_where_tls_is_spoken(void **state)
{
	struct client c = dial();

	(void)state;
	client_send(&c, GET("/now"));
	while (client_more(&c))
		;
	assert_true(c.have == 0 || strncmp(c.in, "HTTP", 4) != 0);
	client_close(&c);
}

static void old_versions_and_ciphers_without_a_whole_tag_are_refused(void **state)
{
	static const char *const refused[] = {
		"NORMAL:-VERS-ALL:+VERS-TLS1.1",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CCM-8",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct secure c = secure_dial(refused[i]);

		assert_int_not_equal(c.status, 0);
		secure_close(&c);
	}
}

/* ---- certificates ---- */

static bool shows(struct secure *c, const char *name)
{
	unsigned count;
	const gnutls_datum_t *der = gnutls_certificate_get_peers(c->session, &count);

	return der && count == 1 && memmem(der->data, der->size, name, strlen(name));
}

static void a_new_certificate_is_for_new_connections(void **state)
{
	struct secure before = secure_dial(TAKEN), after;

	(void)state;
	assert_true(shows(&before, "first"));
	assert_int_equal(show(&tls, "second", "second"), NOS_OK);
	after = secure_dial(TAKEN);
	assert_true(shows(&after, "second"));
	assert_int_equal(secure_ask(&before, GET("/now")).status, 200);
	assert_int_equal(secure_ask(&after, GET("/now")).status, 200);
	secure_close(&before);
	secure_close(&after);
}

static void a_key_that_does_not_fit_is_refused_and_the_old_one_stays(void **state)
{
	struct secure c;

	(void)state;
	assert_int_equal(show(&tls, "second", "first"), NOS_CONFIG);
	assert_string_equal(err.text, "the key is not that of the certificate");
	c = secure_dial(TAKEN);
	assert_true(shows(&c, "first"));
	secure_close(&c);
}

static void what_is_no_certificate_or_no_key_is_named(void **state)
{
	NOS_AUTO(buf) pem = { 0 };
	NOS_AUTO(buf) key = { 0 };
	struct nos_time from, until, now = nos_time_now();
	struct nos_tls *t = NULL;

	(void)state;
	read_text("first", "pem", &pem);
	read_text("first", "key", &key);
	assert_int_equal(nos_tls_new(nos_buf_str(&key), nos_buf_str(&key), &t, &err), NOS_CONFIG);
	assert_non_null(strstr(err.text, "certificate: "));
	assert_int_equal(nos_tls_new(nos_buf_str(&pem), nos_buf_str(&pem), &t, &err), NOS_CONFIG);
	assert_non_null(strstr(err.text, "key: "));
	assert_int_equal(nos_tls_new(NOS_STR(""), NOS_STR(""), &t, &err), NOS_CONFIG);
	assert_int_equal(nos_tls_new(nos_buf_str(&pem), nos_buf_str(&key), &t, &err), NOS_OK);
	nos_tls_span(t, &from, &until);
	assert_true(from.ms <= now.ms && until.ms > now.ms);
	assert_true(until.ms - from.ms == INT64_C(2) * 24 * 3600 * 1000);
	nos_tls_free(t);
}

#define OWN_TLS(f)  cmocka_unit_test_teardown(f, stop_tls)
#define TLS(f)	    cmocka_unit_test_setup_teardown(f, start_tls, stop_tls)
#define HURRIED(f)  cmocka_unit_test_setup_teardown(f, start_tls_hurried, stop_tls)
#define RESTLESS(f) cmocka_unit_test_setup_teardown(f, start_tls_restless, stop_tls)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TLS(a_request_under_tls_is_answered_from_everywhere),
		TLS(a_hundred_requests_in_one_record_are_answered_in_order),
		TLS(a_body_in_pieces_under_tls_is_one_body),
		TLS(a_drained_server_answers_under_tls_what_it_has),
		TLS(a_server_that_ends_sends_its_last_answers_under_tls),
		OWN_TLS(a_connection_too_many_is_told_so_under_tls),
		OWN_TLS(plain_and_tls_are_served_side_by_side),
		RESTLESS(who_stalls_in_the_handshake_is_let_go_without_a_word_in_plain),
		HURRIED(a_late_request_gets_its_408_under_the_cipher),
		TLS(what_is_plain_gets_no_answer_where_tls_is_spoken),
		TLS(old_versions_and_ciphers_without_a_whole_tag_are_refused),
		TLS(a_new_certificate_is_for_new_connections),
		TLS(a_key_that_does_not_fit_is_refused_and_the_old_one_stays),
		cmocka_unit_test(what_is_no_certificate_or_no_key_is_named),
	};

	return cmocka_run_group_tests(tests, make_certificates, drop_certificates);
}
