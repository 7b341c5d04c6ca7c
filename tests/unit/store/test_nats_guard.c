/* SPDX-License-Identifier: MIT */
/* Whom a NATS server lets in, and whom a store takes for its server. */
#include "nkeys.h"
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

/* ---- who is known by an operator's word ---- */

static struct {
	struct nkeys_key chief, account, system, other, user, second;
} who;

static void settings(char more[static 4 * NKEYS_JWT_MAX], const char *of_account)
{
	nkeys_settings(&who.chief, &who.account, of_account, &who.system, more, 4 * NKEYS_JWT_MAX);
}

static void start_with_an_operator(void)
{
	char more[4 * NKEYS_JWT_MAX];

	nkeys_make(&who.chief, NKEYS_OPERATOR, 1);
	nkeys_make(&who.account, NKEYS_ACCOUNT, 2);
	nkeys_make(&who.system, NKEYS_ACCOUNT, 3);
	nkeys_make(&who.other, NKEYS_ACCOUNT, 4);
	nkeys_make(&who.user, NKEYS_USER, 5);
	nkeys_make(&who.second, NKEYS_USER, 6);
	settings(more, NKEYS_SAYS_ACCOUNT);
	servers_start(1, more);
	servers_url(url, sizeof(url), "nats", "");
}

/* In path: that the account says it is the user, with this seed. */
static void put_creds(
    const char *name, const struct nkeys_key *account, long since, long until, const char *seed)
{
	char jwt[NKEYS_JWT_MAX], text[2 * NKEYS_JWT_MAX];

	nkeys_say(account, &who.user, NKEYS_SAYS_USER, since, until, jwt);
	nkeys_creds(jwt, seed, text, sizeof(text));
	put_file(name, text, 0600);
}

/* The server does not let us in, and nothing of them is said. */
static void are_refused(void)
{
	char want[200];

	snprintf(want, sizeof(want), "store: %s does not let us in: look at --store-creds",
	    url + strlen("nats://"));
	assert_int_equal(opening(path, NULL), NOS_DENIED);
	assert_string_equal(err.text, want);
}

static void have_no_form(void)
{
	char want[200];

	snprintf(want, sizeof(want),
	    "%s: neither credentials of NATS nor two lines, a name and a password", path);
	assert_int_equal(opening(path, NULL), NOS_CONFIG);
	assert_string_equal(err.text, want);
}

static void credentials_of_nats_let_in_whom_they_name_and_nobody_else(void **state)
{
	struct nos_store_where where = { .url = url, .creds = path };

	(void)state;
	start_with_an_operator();
	put_creds("good", &who.account, 1, 0, who.user.seed);
	nos_store_close(servers_store(&where));
	assert_int_equal(opening(path, NULL), NOS_OK);
	assert_int_equal(opening(NULL, NULL), NOS_DENIED);
	put_creds("seed", &who.account, 1, 0, who.second.seed); /* another's */
	are_refused();
	put_creds("account", &who.other, 1, 0, who.user.seed); /* that nobody knows */
	are_refused();
	put_creds("late", &who.account, 1, 2, who.user.seed); /* since 1970 */
	are_refused();
	put_file("lines", "me\na b c\n", 0600);
	are_refused();
	assert_int_equal(servers_stop(), 0);
}

static void credentials_that_were_cut_or_bent_are_told_from_those_that_are_refused(void **state)
{
	(void)state;
	start_with_an_operator();
	put_file("none", "-----BEGIN NATS USER JWT-----\n", 0600);
	have_no_form();
	put_file("cut", "-----BEGIN NATS USER JWT-----\na.b.c\n", 0600);
	have_no_form();
	put_creds("empty", &who.account, 1, 0, "");
	have_no_form();
	put_creds("public", &who.account, 1, 0, who.user.public);
	have_no_form();
	who.user.seed[20] = who.user.seed[20] == 'A' ? 'B' : 'A';
	put_creds("bent", &who.account, 1, 0, who.user.seed);
	have_no_form();
	assert_int_equal(servers_stop(), 0);
}

/* They are read again, so that new ones can be put in their place. */
static void a_connection_that_breaks_comes_back_with_the_credentials_as_they_are_then(void **state)
{
	char more[4 * NKEYS_JWT_MAX], creds[sizeof(path)];
	const struct nos_store_where where = { .url = url, .creds = creds };
	struct nos_store *s;
	uint64_t rev;

	(void)state;
	start_with_an_operator();
	put_creds("creds", &who.account, 1, 0, who.user.seed);
	memcpy(creds, path, sizeof(creds));
	s = servers_store(&where);
	servers_kill(0);
	/* Those that it has are none any more. */
	settings(more, NKEYS_SAYS_REVOKED);
	servers_settings(0, more);
	put_creds("creds", &who.account, 9, 0, who.user.seed);
	servers_run(0);
	do {
		nos_err_clear(&err);
		(void)!nos_store_get(s, "ns", NOS_STR("key"), NULL, &rev, &err);
		assert_true(servers_live());
	} while (err.code == NOS_BUSY || err.code == NOS_AWAY);
	assert_int_equal(err.code, NOS_ABSENT);
	nos_store_close(s);
	put_creds("old", &who.account, 1, 0, who.user.seed);
	are_refused();
	assert_int_equal(servers_stop(), 0);
}

/* ---- who it is that they reach ---- */

#define ENTRY nos_str_bytes(NOS_STR("entry"))

static enum nos_code count_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	uint64_t *count = state;

	(void)entry, (void)e;
	assert_int_equal(position, ++*count);
	return NOS_OK;
}

/* Read by what stands in the stream from one call to the next. */
static void has_entries(struct nos_store *s, uint64_t count)
{
	uint64_t n = 0;

	nos_err_clear(&err);
	assert_int_equal(nos_store_read(s, "entries", 0, 100, count_entry, &n, &err), NOS_OK);
	assert_int_equal(n, count);
}

/* The server that was killed is there again, with other settings. */
static void comes_back(const char *more)
{
	servers_settings(0, more);
	servers_run(0);
}

/* Until appending is answered so, and then what was said. */
static void append_until(struct nos_store *s, enum nos_code code, const char *says)
{
	const uint64_t end_us = nos_mono_now().us + SERVERS_WAIT_US;

	do {
		nos_err_clear(&err);
		(void)!nos_store_append(s, "entries", nos_time_now(), ENTRY, NULL, &err);
		assert_true(servers_live() && nos_mono_now().us < end_us);
	} while (err.code != code || !strstr(err.text, says));
}

#define LETS_IN(password) "authorization { user: me, password: \"" password "\" }"

static void servers_that_refuse_us_for_a_while_have_us_again_once_they_let_us_in(void **state)
{
	const struct nos_store_where where = { .url = url, .creds = path };
	struct nos_store *s;
	bool changed = false;

	(void)state;
	servers_start(1, LETS_IN("first"));
	servers_url(url, sizeof(url), "nats", "");
	put_file("creds", "me\nfirst\n", 0600);
	s = servers_store(&where);
	append_until(s, NOS_OK, "");
	has_entries(s, 1);
	servers_kill(0);
	comes_back(LETS_IN("second"));
	append_until(s, NOS_BUSY, "does not let us in any more: look at --store-creds");
	nos_err_clear(&err);
	assert_int_equal(nos_store_changed(s, &changed, &err), NOS_OK);
	put_file("creds", "me\nsecond\n", 0600);
	append_until(s, NOS_OK, "");
	assert_int_equal(nos_store_changed(s, &changed, &err), NOS_OK);
	assert_true(changed);
	has_entries(s, 2);
	nos_store_close(s);
	assert_int_equal(servers_stop(), 0);
}

static bool is_there(struct nos_store *s)
{
	uint64_t first, last;

	nos_err_clear(&err);
	return nos_store_bounds(s, "entries", &first, &last, &err) == NOS_OK;
}

static void append_at(struct nos_store *s, uint64_t want)
{
	uint64_t position = 0;

	nos_err_clear(&err);
	assert_int_equal(
	    nos_store_append(s, "entries", nos_time_now(), ENTRY, &position, &err), NOS_OK);
	assert_int_equal(position, want);
}

static void a_group_in_whose_middle_servers_refuse_us_is_given_up_and_the_next_goes_on(void **state)
{
	const struct nos_store_where where = { .url = url, .creds = path };
	struct nos_store *s;

	(void)state;
	servers_start(1, LETS_IN("first"));
	servers_url(url, sizeof(url), "nats", "");
	put_file("creds", "me\nfirst\n", 0600);
	s = servers_store(&where);
	assert_int_equal(nos_store_begin(s, &err), NOS_OK);
	append_at(s, 1);
	assert_int_equal(nos_store_settle(s, &err), NOS_OK);
	servers_kill(0);
	append_at(s, 2); /* it is on its way, for all that is known */
	comes_back(LETS_IN("second"));
	assert_int_equal(nos_store_commit(s, &err), NOS_BUSY);
	assert_non_null(strstr(err.text, "does not let us in any more"));
	put_file("creds", "me\nsecond\n", 0600);
	while (!is_there(s))
		assert_true(servers_live());
	assert_int_equal(nos_store_begin(s, &err), NOS_OK);
	append_at(s, 2);
	assert_int_equal(nos_store_commit(s, &err), NOS_OK);
	has_entries(s, 2);
	nos_store_close(s);
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
	servers.ports[0] = (int)port_free();
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
	servers.ports[0] = (int)port_free();
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
		cmocka_unit_test(credentials_of_nats_let_in_whom_they_name_and_nobody_else),
		cmocka_unit_test(
		    credentials_that_were_cut_or_bent_are_told_from_those_that_are_refused),
		cmocka_unit_test(
		    a_connection_that_breaks_comes_back_with_the_credentials_as_they_are_then),
		cmocka_unit_test(
		    servers_that_refuse_us_for_a_while_have_us_again_once_they_let_us_in),
		cmocka_unit_test(
		    a_group_in_whose_middle_servers_refuse_us_is_given_up_and_the_next_goes_on),
		cmocka_unit_test(a_server_is_known_by_its_authority_and_its_name),
		cmocka_unit_test(
		    a_server_that_takes_too_little_or_is_away_is_named_with_the_remedy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
