/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "ingest/exchange.h"

#define ID "s-7f3a09c2e1"

static void each_path_of_a_source_is_known_by_its_last_part(void **state)
{
	static const char *const paths[] = {
		[NOS_EXCHANGE_KEYS] = "/v1/sources/" ID "/keys",
		[NOS_EXCHANGE_ACKS] = "/v1/sources/" ID "/acks",
		[NOS_EXCHANGE_RESYNC] = "/v1/sources/" ID "/resync",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct nos_exchange e;

		assert_true(nos_exchange_parse(nos_str_of(paths[i]), &e));
		assert_int_equal(e.what, i);
		assert_string_equal(e.id, ID);
	}
}

static void any_other_path_is_none(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"/v1/sources",
		"/v1/sources/",
		"/v1/sources/" ID,
		"/v1/sources/" ID "/",
		"/v1/sources/" ID "/key",
		"/v1/sources/" ID "/keys/",
		"/v1/sources/" ID "/keys/x",
		"/v1/sources/" ID "//keys",
		"/v1/sources//keys",
		"/v1/sources/x/other",
		"/v1/sources/x/keys",
		"/v1/sources/s-7f3a09c2e/keys",
		"/v1/sources/s-7f3a09c2e10/keys",
		"/v1/sources/s-7F3A09C2E1/keys",
		"/v1/sources/s-7f3a09c2eg/keys",
		"/v1/sources/t-7f3a09c2e1/keys",
		"/v1/sources/s-7f3a09c2%31/keys",
		"/v2/sources/" ID "/keys",
		"v1/sources/" ID "/keys",
		"/v1/sources/" ID "/Keys",
	};
	struct nos_exchange e;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (nos_exchange_parse(nos_str_of(paths[i]), &e))
			fail_msg("%s", paths[i]);
	/* A NUL ends no path. */
	assert_false(nos_exchange_parse(NOS_STR("/v1/sources/" ID "/keys\0"), &e));
}

static void a_poll_waits_as_long_as_it_says_and_a_minute_at_most(void **state)
{
	static const struct {
		const char *query;
		unsigned wait_s;
	} good[] = { { "", 0 }, { "wait=0", 0 }, { "wait=1", 1 }, { "wait=60", 60 },
		{ "wait=61", 60 }, { "wait=18446744073709551615", 60 }, { "wait=7&after=3", 7 },
		{ "after=3", 0 } };
	struct nos_exchange_poll poll;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(nos_exchange_query(nos_str_of(good[i].query), &poll));
		assert_int_equal(poll.wait_s, good[i].wait_s);
		assert_int_equal(poll.has_after, strstr(good[i].query, "after") != NULL);
		assert_int_equal(poll.after, poll.has_after ? 3 : 0);
	}
}

static void any_other_query_is_none(void **state)
{
	static const char *const queries[] = { "wait", "wait=", "wait=-1", "wait=+1", "wait=1.5",
		"wait=1s", "wait=01", "wait= 1", "wait=1&", "wait=1&wait=2", "wait=1;x", "Wait=1",
		"x=1", "&wait=1", "wait=18446744073709551616", "after=", "after=-1", "after=3&",
		"after=3&wait=1", "wait=1&after=3&after=4", "wait=1&x=2" };
	struct nos_exchange_poll poll;

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		if (nos_exchange_query(nos_str_of(queries[i]), &poll))
			fail_msg("%s", queries[i]);
}

static void a_proof_is_the_tag_behind_its_scheme(void **state)
{
	static const char *const good[] = { "Nos AAECAwQFBgcICQoLDA0ODw",
		"nos AAECAwQFBgcICQoLDA0ODw", "NOS AAECAwQFBgcICQoLDA0ODw" };
	uint8_t tag[NOS_POLL_TAG_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		memset(tag, 0xff, sizeof(tag));
		assert_true(nos_exchange_proof(nos_str_of(good[i]), tag));
		assert_hex(tag, sizeof(tag), "000102030405060708090a0b0c0d0e0f");
	}
}

static void any_other_authorization_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"Nos",
		"Nos ",
		"NosAAECAwQFBgcICQoLDA0ODw",
		"Nos  AAECAwQFBgcICQoLDA0ODw",
		"Nos\tAAECAwQFBgcICQoLDA0ODw",
		" Nos AAECAwQFBgcICQoLDA0ODw",
		"Nos AAECAwQFBgcICQoLDA0ODw ",
		"Nos AAECAwQFBgcICQoLDA0ODw==",
		"Nos AAECAwQFBgcICQoLDA0OD",
		"Nos AAECAwQFBgcICQoLDA0ODwA",
		"Nos AAECAwQFBgcICQoLDA0ODx", /* spare bits */
		"Nos AAECAwQFBgcICQoLDA0O+w",
		"Basic AAECAwQFBgcICQoLDA0ODw",
	};
	uint8_t tag[NOS_POLL_TAG_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (nos_exchange_proof(nos_str_of(texts[i]), tag))
			fail_msg("%s", texts[i]);
}

static void an_answer_says_what_there_is_to_say_of_keys(void **state)
{
	static const struct {
		struct nos_exchange_word word;
		const char *text;
	} cases[] = {
		{ { .resync = false }, "{\"keys\":[],\"resync\":false" },
		{ { .next = 18, .resync = true }, "{\"keys\":[],\"next\":18,\"resync\":true" },
		{ { .keys = { "[\"AA\"]", 6 }, .identity = true },
		    "{\"keys\":[\"AA\"],\"resync\":false,\"identity\":true" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		NOS_AUTO(buf) b = { 0 };

		nos_buf_init(&b, 200);
		nos_buf_add_char(&b, '{');
		nos_exchange_encode(&b, &cases[i].word);
		assert_buf(&b, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_of_a_source_is_known_by_its_last_part),
		cmocka_unit_test(any_other_path_is_none),
		cmocka_unit_test(a_poll_waits_as_long_as_it_says_and_a_minute_at_most),
		cmocka_unit_test(any_other_query_is_none),
		cmocka_unit_test(a_proof_is_the_tag_behind_its_scheme),
		cmocka_unit_test(any_other_authorization_is_none),
		cmocka_unit_test(an_answer_says_what_there_is_to_say_of_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
