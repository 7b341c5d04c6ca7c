/* SPDX-License-Identifier: MIT */
/* Certificates made for a test, behind http_stage.h, and a client that speaks TLS to its server. */
#ifndef NOS_TEST_TLS_H
#define NOS_TEST_TLS_H

#include <gnutls/gnutls.h>

#include "base/file.h"
#include "net/tls.h"

#define TAKEN "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static char folder[] = "/tmp/nos-tls-XXXXXX";

/* ---- certificates ---- */

static inline void make_certificate(const char *name)
{
	char command[512];

	snprintf(command, sizeof(command),
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
	    " -subj /CN=%s -keyout %s/%s.key -out %s/%s.pem 2>/dev/null",
	    name, folder, name, folder, name);
	assert_int_equal(system(command), 0);
}

static inline int make_certificates(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	make_certificate("first");
	make_certificate("second");
	return 0;
}

static inline int drop_certificates(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static inline void read_text(const char *name, const char *suffix, struct nos_buf *ret)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s.%s", folder, name, suffix);
	nos_buf_init(ret, NOS_TLS_TEXT_MAX);
	assert_int_equal(nos_file_read(path, NOS_FILE_PLAIN, ret, &err), NOS_OK);
}

/* With a certificate of one name and the key of another: *t NULL makes it. */
static inline enum nos_code show(struct nos_tls **t, const char *certificate, const char *key)
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

static inline struct secure secure_dial(const char *priorities)
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

static inline void secure_send(struct secure *c, const char *text)
{
	size_t len = strlen(text), at = 0;
	ssize_t n;

	for (; at < len; at += (size_t)n) {
		n = gnutls_record_send(c->session, text + at, len - at);
		assert_true(n > 0);
	}
}

/* False at the end of the connection, or where what came is not under the cipher. */
static inline bool secure_more(struct secure *c)
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
static inline struct answer secure_read(struct secure *c)
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

static inline struct answer secure_ask(struct secure *c, const char *text)
{
	secure_send(c, text);
	return secure_read(c);
}

static inline void secure_close(struct secure *c)
{
	gnutls_deinit(c->session);
	gnutls_certificate_free_credentials(c->trust);
	client_close(&c->plain);
}

#endif
