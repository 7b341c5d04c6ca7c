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

#define LARGE 70 /* values of the largest size: more than a scan holds */

static enum nos_code count_large(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	size_t *count = state;
	char want[24];

	(void)rev, (void)e;
	snprintf(want, sizeof(want), "%03zu", (*count)++);
	assert_true(nos_str_is(key, want));
	assert_int_equal(value.len, NOS_STORE_VALUE_MAX);
	assert_int_equal(value.p[0], value.p[value.len - 1]);
	assert_int_equal(value.p[0], key.p[2]);
	return NOS_OK;
}

static void a_scan_of_more_than_it_holds_leaves_none_out(void **state)
{
	const struct nos_store_where where = { .url = url };
	char *value = malloc(NOS_STORE_VALUE_MAX), key[24];
	struct nos_store *s;
	size_t count = 0;

	(void)state;
	servers_start(1, "");
	servers_url(url, sizeof(url), "nats", "");
	s = servers_store(&where);
	nos_err_clear(&err);
	assert_int_equal(nos_store_begin(s, &err), NOS_OK);
	for (size_t i = LARGE; i-- > 0;) {
		snprintf(key, sizeof(key), "%03zu", i);
		memset(value, key[2], NOS_STORE_VALUE_MAX);
		assert_int_equal(
		    nos_store_put(s, "large", nos_str_of(key),
			(struct nos_str){ value, NOS_STORE_VALUE_MAX }, NOS_STORE_ANY, NULL, &err),
		    NOS_OK);
	}
	assert_int_equal(nos_store_commit(s, &err), NOS_OK);
	assert_int_equal(
	    nos_store_scan(s, "large", NOS_STR(""), count_large, &count, &err), NOS_OK);
	assert_int_equal(count, LARGE);
	nos_store_close(s);
	free(value);
	assert_int_equal(servers_stop(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_and_a_password_are_read_from_a_file_that_is_secret),
		cmocka_unit_test(a_scan_of_more_than_it_holds_leaves_none_out),
		cmocka_unit_test(a_server_is_known_by_its_authority_and_its_name),
		cmocka_unit_test(
		    a_server_that_takes_too_little_or_is_away_is_named_with_the_remedy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
