/* SPDX-License-Identifier: MIT */
/* Requests under TLS: as in plain, and what only TLS can get wrong. */
#include "http_stage.h"

#include <gnutls/gnutls.h>

#include "base/file.h"
#include "net/tls.h"

#define TAKEN "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static char folder[] = "/tmp/nos-tls-XXXXXX";
static struct nos_tls *tls;

/* ---- certificates ---- */

static void make_certificate(const char *name)
{
	char command[512];

	snprintf(command, sizeof(command),
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
	    " -subj /CN=%s -keyout %s/%s.key -out %s/%s.pem 2>/dev/null",
	    name, folder, name, folder, name);
	assert_int_equal(system(command), 0);
}

static int make_certificates(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	make_certificate("first");
	make_certificate("second");
	return 0;
}

static int drop_certificates(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void read_text(const char *name, const char *suffix, struct nos_buf *ret)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s.%s", folder, name, suffix);
	nos_buf_init(ret, NOS_TLS_TEXT_MAX);
	assert_int_equal(nos_file_read(path, NOS_FILE_PLAIN, ret, &err), NOS_OK);
}

/* With a certificate of one name and the key of another: *t NULL makes it. */
static enum nos_code show(struct nos_tls **t, const char *certificate, const char *key)
{
	NOS_AUTO(buf) pem = { 0 };
	NOS_AUTO(buf) secret = { 0 };

	nos_err_clear(&err);
	read_text(certificate, "pem", &pem);
	read_text(key, "key", &secret);
	return *t ? nos_tls_replace(*t, nos_buf_str(&pem), nos_buf_str(&secret), &err)
		  : nos_tls_new(nos_buf_str(&pem), nos_buf_str(&secret), t, &err);
}

/* ---- a client ---- */

struct secure {
	struct client plain;
	gnutls_session_t session;
	gnutls_certificate_credentials_t trust;
	int status; /* of the handshake */
};

static struct secure secure_dial(const char *priorities)
{
	struct secure c = { .plain = dial() };

	gnutls_certificate_allocate_credentials(&c.trust);
	gnutls_init(&c.session, GNUTLS_CLIENT);
	assert_int_equal(gnutls_priority_set_direct(c.session, priorities, NULL), 0);
	gnutls_credentials_set(c.session, GNUTLS_CRD_CERTIFICATE, c.trust);
	gnutls_transport_set_int(c.session, c.plain.fd);
	do
		c.status = gnutls_handshake(c.session);
	while (c.status < 0 && !gnutls_error_is_fatal(c.status));
	return c;
}

static void secure_send(struct secure *c, const char *text)
{
	size_t len = strlen(text), at = 0;
	ssize_t n;

	for (; at < len; at += (size_t)n) {
		n = gnutls_record_send(c->session, text + at, len - at);
		assert_true(n > 0);
	}
}

/* False at the end of the connection, or where what came is not under the cipher. */
static bool secure_more(struct secure *c)
{
	struct client *p = &c->plain;
	ssize_t n;

	do
		n = gnutls_record_recv(c->session, p->in + p->have, sizeof(p->in) - 1 - p->have);
	while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
	if (n <= 0)
		return false;
	p->have += (size_t)n;
	p->in[p->have] = '\0';
	return true;
}

/* What client_read makes of it once it is all there. */
static struct answer secure_read(struct secure *c)
{
	struct answer none = { 0 };
	const char *end, *length;

	for (;;) {
		end = c->plain.have ? strstr(c->plain.in, "\r\n\r\n") : NULL;
		length = end ? client_header(c->plain.in, "Content-Length: ") : NULL;
		if (end &&
		    (size_t)(end + 4 - c->plain.in) + (length ? strtoul(length, NULL, 10) : 0) <=
			c->plain.have)
			return client_read(&c->plain, true);
		if (!secure_more(c))
			return none;
	}
}

static struct answer secure_ask(struct secure *c, const char *text)
{
	secure_send(c, text);
	return secure_read(c);
}

static void secure_close(struct secure *c)
{
	gnutls_deinit(c->session);
	gnutls_certificate_free_credentials(c->trust);
	client_close(&c->plain);
}

/* ---- a server ---- */

static void serve_tls(unsigned idle_s, unsigned total_s)
{
	struct nos_http_config config = usual();

	config.listen_count = 0;
	config.listen_tls = here;
	config.listen_tls_count = 1;
	config.idle_s = idle_s;
	config.total_s = total_s;
	assert_int_equal(show(&tls, "first", "first"), NOS_OK);
	config.tls = tls;
	serve(&config);
}

static int start_tls(void **state)
{
	(void)state;
	serve_tls(CLIENT_STUCK_S, CLIENT_STUCK_S);
	return 0;
}

static int start_tls_hurried(void **state)
{
	(void)state;
	serve_tls(CLIENT_STUCK_S, 1);
	return 0;
}

static int start_tls_restless(void **state)
{
	(void)state;
	serve_tls(1, 1);
	return 0;
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
	static const char *const paths[] = { "/now", "/turn", "/later" };
	struct secure c = secure_dial(TAKEN);
	char want[50];
	NOS_AUTO(buf) text = { 0 };

	(void)state;
	nos_buf_init(&text, 1 << 20);
	for (int i = 0; i < 100; i++)
		nos_buf_addf(&text,
		    "POST %s?%d HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%d", paths[i % 3],
		    i, i < 10 ? 1 : 2, i);
	secure_send(&c, text.p);
	for (int i = 0; i < 100; i++) {
		struct answer a = secure_read(&c);

		snprintf(want, sizeof(want), "POST %s?%d 0 [%d]", paths[i % 3], i, i);
		assert_string_equal(a.body, want);
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
