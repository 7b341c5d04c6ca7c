/* SPDX-License-Identifier: MIT */
/* Whom a NATS server lets in, and whom a store takes for its server. */
#include "servers.h"

static struct nos_err err;
static char url[100], path[80], ca[80];

static void put_file(const char *name, const char *text, mode_t mode)
{
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", servers.folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static enum nos_code opening(const char *creds, const char *authority)
{
	const struct nos_store_where where = { url, creds, authority };
	struct nos_store *s = NULL;

	nos_err_clear(&err);
	(void)!nos_store_open(&where, false, &s, &err);
	nos_store_close(s);
	return err.code;
}

static void a_name_and_a_password_are_read_from_a_file_that_is_secret(void **state)
{
	struct nos_store_where where = { .url = url, .creds = path };

	(void)state;
	servers_start(1, "authorization { user: me, password: \"a b c\" }");
	servers_url(url, sizeof(url), "nats", "");
	put_file("creds", "me\na b c\n", 0600);
	nos_store_close(servers_store(&where));
	assert_int_equal(opening(path, NULL), NOS_OK);
	assert_int_equal(opening(NULL, NULL), NOS_DENIED);
	put_file("wrong", "me\nother\n", 0600);
	assert_int_equal(opening(path, NULL), NOS_DENIED);
	assert_null(strstr(err.text, "other"));
	put_file("short", "me\n", 0600);
	assert_int_equal(opening(path, NULL), NOS_CONFIG);
	put_file("shown", "me\na b c\n", 0644);
	assert_int_equal(opening(path, NULL), NOS_DENIED);
	assert_int_equal(servers_stop(), 0);
}

static void make_certificate(void)
{
	char command[600];

	snprintf(command, sizeof(command),
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
	    " -subj /CN=localhost -addext subjectAltName=DNS:localhost"
	    " -keyout %s/key.pem -out %s/cert.pem 2>/dev/null",
	    servers.folder, servers.folder);
	assert_int_equal(system(command), 0);
	snprintf(ca, sizeof(ca), "%s/cert.pem", servers.folder);
}

static void a_server_is_known_by_its_authority_and_its_name(void **state)
{
	struct nos_store_where where = { .url = url, .ca = ca };
	char more[300];

	(void)state;
	servers_start(0, "");
	servers.count = 1;
	servers.ports[0] = servers_port();
	make_certificate();
	snprintf(more, sizeof(more), "tls { cert_file: \"%s/cert.pem\", key_file: \"%s/key.pem\" }",
	    servers.folder, servers.folder);
	servers_settings(0, more);
	servers_run(0);
	snprintf(url, sizeof(url), "tls://localhost:%d", servers.ports[0]);
	nos_store_close(servers_store(&where));
	assert_int_equal(opening(NULL, ca), NOS_OK);
	assert_int_equal(opening(NULL, NULL), NOS_AWAY); /* an authority that nobody knows */
	assert_int_equal(opening(NULL, "/nowhere"), NOS_CONFIG);
	snprintf(url, sizeof(url), "tls://127.0.0.1:%d", servers.ports[0]);
	assert_int_equal(opening(NULL, ca), NOS_AWAY); /* another's name */
	snprintf(url, sizeof(url), "nats://localhost:%d", servers.ports[0]);
	assert_int_equal(opening(NULL, ca), NOS_USAGE);
	assert_int_equal(servers_stop(), 0);
}

static void a_server_that_takes_too_little_or_is_away_is_named_with_the_remedy(void **state)
{
	(void)state;
	servers_start(0, "");
	servers.count = 1;
	servers.ports[0] = servers_port();
	servers_settings(0, "max_payload: 1MB");
	servers_url(url, sizeof(url), "nats", "");
	assert_int_equal(opening(NULL, NULL), NOS_AWAY);
	assert_non_null(strstr(err.text, url + strlen("nats://")));
	servers_run(0);
	while (opening(NULL, NULL) == NOS_AWAY)
		assert_true(servers_live());
	assert_int_equal(err.code, NOS_CONFIG);
	assert_non_null(strstr(err.text, "max_payload: 8MB"));
	assert_int_equal(servers_stop(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_and_a_password_are_read_from_a_file_that_is_secret),
		cmocka_unit_test(a_server_is_known_by_its_authority_and_its_name),
		cmocka_unit_test(
		    a_server_that_takes_too_little_or_is_away_is_named_with_the_remedy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
