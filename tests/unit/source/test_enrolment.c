/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "net/url.h"
#include "source/enrolment.h"

#define TOKEN "q1Jm0x7o2m0cJQ3xq0m3TA"

static const char good[] =
    "{\"v\":1,\"id\":\"t-5c01d2aa90\",\"token\":\"" TOKEN "\",\"url\":\"http://127.0.0.1:8080\","
    "\"node\":1,\"pin\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"scheme\":\"pairwise\","
    "\"kind\":\"weather-station\",\"expires\":1764115200}";

static void an_enrolment_is_read(void **state)
{
	struct nos_enrolment e;
	struct nos_err err = { 0 };

	(void)state;
	assert_int_equal(nos_enrolment_decode(nos_str_of(good), &e, &err), NOS_OK);
	assert_string_equal(e.id, "t-5c01d2aa90");
	assert_false(e.open);
	assert_hex(e.token.bytes, e.token.len, "ab5266d31ee8da6d1c250df1ab49b74c");
	assert_string_equal(e.url, "http://127.0.0.1:8080");
	assert_string_equal(e.scheme, "pairwise");
	assert_string_equal(e.kind, "weather-station");
	assert_int_equal(e.node, 1);
	assert_int_equal(e.expires.ms, 1764115200000);
	nos_enrolment_release(&e);
	assert_int_equal(e.token.len, 0);
}

/* good with from replaced by to gives code, and nothing of the token in its text. */
static void try(const char *from, const char *to, enum nos_code code)
{
	const char *at = strstr(good, from);
	struct nos_enrolment e;
	struct nos_err err = { 0 };
	struct nos_buf b;

	assert_non_null(at);
	nos_buf_init(&b, 4096);
	nos_buf_add(&b, good, (size_t)(at - good));
	nos_buf_add_text(&b, to);
	nos_buf_add_text(&b, at + strlen(from));
	if (nos_enrolment_decode(nos_buf_str(&b), &e, &err) != code)
		fail_msg("'%s' for '%s' gives '%s'", to, from, err.text);
	assert_null(strstr(err.text, "q1Jm"));
	nos_enrolment_release(&e);
	nos_buf_release(&b);
}

static void a_bearer_token_is_told_that_it_does_not_register(void **state)
{
	const struct nos_str line = NOS_STR("{\"v\":1,\"id\":\"t-5c01d2aa90\",\"bearer\":true}");
	struct nos_enrolment e;
	struct nos_err err = { 0 };

	(void)state;
	assert_int_equal(nos_enrolment_decode(line, &e, &err), NOS_DATA);
	assert_non_null(strstr(err.text, "does not register"));
}

static void an_enrolment_that_is_not_whole_is_refused(void **state)
{
	(void)state;
	try("\"v\":1,", "", NOS_DATA);
	try("\"v\":1", "\"v\":2", NOS_CONFIG);
	try("\"v\":1", "\"v\":\"1\"", NOS_DATA);
	try("t-5c01d2aa90", "../c01d2aa90", NOS_DATA);
	try("t-5c01d2aa90", "t-5C01d2aa90", NOS_DATA);
	try(TOKEN, TOKEN "=", NOS_DATA);
	try(TOKEN, "", NOS_DATA);
	try("http://127.0.0.1:8080", "ftp://127.0.0.1", NOS_DATA);
	try("http://127.0.0.1:8080", "http://user:word@127.0.0.1", NOS_DATA);
	try("\"node\":1", "\"node\":0", NOS_DATA);
	try("\"pin\":\"A", "\"pin\":\"", NOS_DATA);
	try("pairwise", "dinosaur", NOS_CONFIG);
	try("weather-station", "weather/station", NOS_DATA);
	try("1764115200", "\"soon\"", NOS_DATA);
	try("}", "", NOS_DATA);
	try("\"node\":1", "\"node\":1,\"replaces\":\"../x\"", NOS_DATA);
	try("\"node\":1", "\"node\":1,\"x\":[[[[[1]]]]]", NOS_DATA);
	try("\"node\":1", "\"node\":1,\"group\":\"up/there\"", NOS_DATA);
	try("\"node\":1", "\"node\":1,\"group\":7", NOS_DATA);
	try("\"node\":1", "\"node\":1,\"group\":\"g\",\"shared\":1", NOS_DATA);
	try("\"node\":1", "\"node\":1,\"shared\":true", NOS_DATA);
}

static void an_enrolment_into_a_group_names_it(void **state)
{
	static const char line[] =
	    "{\"v\":1,\"id\":\"t-5c01d2aa90\",\"url\":\"http://h\",\"node\":1,"
	    "\"pin\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"scheme\":"
	    "\"dipietro\",\"group\":\"roof\",\"shared\":true,\"expires\":1}";
	struct nos_enrolment e;
	struct nos_err err = { 0 };

	(void)state;
	assert_int_equal(nos_enrolment_decode(nos_str_of(line), &e, &err), NOS_OK);
	assert_string_equal(e.group, "roof");
	assert_true(e.shared);
	nos_enrolment_release(&e);
}

static void what_is_not_known_is_passed_over_and_what_may_be_absent_is(void **state)
{
	(void)state;
	try("\"v\":1", "\"v\":1,\"more\":\"g\"", NOS_OK);
	try("\"v\":1", "\"v\":1,\"group\":\"g\",\"shared\":false", NOS_OK);
	try(",\"kind\":\"weather-station\"", "", NOS_OK);
	try("\"token\":\"" TOKEN "\",", "", NOS_OK);
	try("\"node\":1", "\"node\":1,\"replaces\":\"s-7f3a09c2e1\"", NOS_OK);
}

static void a_url_is_one_of_a_node_or_refused_without_showing_it(void **state)
{
	static const char *const bad[] = { "", "http://", "https:///x", "host", "file:///x",
		"http://h?x", "http://h#x", "http://u:word@h", "http://h x", "http://h\n",
		"http://\xc3\xa4" };
	struct nos_err err = { 0 };
	struct nos_buf b;

	(void)state;
	assert_int_equal(nos_url_check("http://h", &err), NOS_OK);
	assert_int_equal(nos_url_check("HTTPS://[::1]:8443/a/", &err), NOS_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(nos_url_check(bad[i], &err), NOS_USAGE);
		assert_null(strstr(err.text, "word"));
	}
	nos_buf_init(&b, 100);
	nos_url_join(&b, "http://h/a//", "/v1/node");
	assert_buf(&b, "http://h/a/v1/node");
	nos_buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_enrolment_is_read),
		cmocka_unit_test(a_bearer_token_is_told_that_it_does_not_register),
		cmocka_unit_test(an_enrolment_that_is_not_whole_is_refused),
		cmocka_unit_test(an_enrolment_into_a_group_names_it),
		cmocka_unit_test(what_is_not_known_is_passed_over_and_what_may_be_absent_is),
		cmocka_unit_test(a_url_is_one_of_a_node_or_refused_without_showing_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
