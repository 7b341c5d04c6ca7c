/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "source/answer.h"

static struct nos_err err;

/* text is the answer to three readings. */
static struct nos_answer read_it(const char *text)
{
	struct nos_answer a = { 0 };

	nos_err_clear(&err);
	if (nos_answer_decode(nos_str_of(text), 3, &a, &err))
		fail_msg("%s: %s", text, err.text);
	return a;
}

static void an_answer_says_what_became_of_each_reading(void **state)
{
	struct nos_answer a = read_it(
	    "{\"accepted\":2,\"duplicates\":0,\"rejected\":[{\"index\":1,\"error\":{\"code\":\"data\","
	    "\"message\":\"type \\\"is\\\" missing\",\"field\":\"type\"}}],\"position\":42,\"keys\":[],"
	    "\"next\":18,\"resync\":false,\"newer\":{}}");

	(void)state;
	assert_false(a.refused);
	assert_int_equal(a.accepted, 2);
	assert_true(a.has_position);
	assert_int_equal(a.position, 42);
	assert_int_equal(a.next, 18);
	assert_null(nos_answer_why(&a, 0));
	assert_null(nos_answer_why(&a, 2));
	assert_int_equal(nos_answer_why(&a, 1)->code, NOS_DATA);
	assert_string_equal(nos_answer_why(&a, 1)->text, "type \"is\" missing");
	assert_string_equal(nos_answer_why(&a, 1)->field, "type");
	nos_answer_release(&a);
}

static void a_duplicate_says_whether_it_is_the_same(void **state)
{
	struct nos_answer a =
	    read_it("{\"accepted\":0,\"duplicates\":3,\"rejected\":[],\"next\":18,\"same\":true}");

	(void)state;
	assert_true(a.same);
	assert_int_equal(a.duplicates, 3);
	assert_false(a.has_position);
	nos_answer_release(&a);
	a = read_it("{\"accepted\":0,\"duplicates\":3,\"rejected\":[],\"next\":18}");
	assert_false(a.same);
	nos_answer_release(&a);
}

static void what_is_answered_to_the_pack_within_a_frame_comes_as_it_was(void **state)
{
	struct nos_answer a = read_it(
	    "{\"accepted\":3,\"duplicates\":0,\"rejected\":[],\"hop\":{\"status\":202,\"receipt\":\"abc\","
	    "\"body\":\"eyJhIjoxfQ\"}}");

	(void)state;
	assert_int_equal(a.hop.status, 202);
	assert_string_equal(a.hop.receipt, "abc");
	assert_buf(&a.hop.body, "{\"a\":1}");
	assert_int_equal(a.hop.retry_s, 0);
	nos_answer_release(&a);
	a = read_it(
	    "{\"accepted\":0,\"duplicates\":3,\"rejected\":[],\"same\":true,\"hop\":{\"status\":"
	    "503,\"retry\":7,\"body\":\"\"}}");
	assert_int_equal(a.hop.status, 503);
	assert_string_equal(a.hop.receipt, "");
	assert_int_equal(a.hop.retry_s, 7);
	nos_answer_release(&a);
	a = read_it("{\"accepted\":3,\"duplicates\":0,\"rejected\":[]}");
	assert_int_equal(a.hop.status, 0);
	nos_answer_release(&a);
}

static void a_problem_document_rejects_all_and_its_rejects_say_more(void **state)
{
	struct nos_answer a = read_it(
	    "{\"type\":\"urn:nos:data\",\"title\":\"bad input\",\"status\":422,\"detail\":\"nothing "
	    "good\",\"rejected\":[{\"index\":2,\"error\":{\"code\":\"large\",\"message\":\"long\"}}]}");

	(void)state;
	assert_true(a.refused);
	assert_string_equal(nos_answer_why(&a, 0)->text, "nothing good");
	assert_int_equal(nos_answer_why(&a, 2)->code, NOS_LARGE);
	nos_answer_release(&a);
}

static void an_answer_that_is_not_as_it_should_be_names_its_member(void **state)
{
	static const struct {
		const char *text, *field;
	} bad[] = {
		{ "", "" },
		{ "[]", "" },
		{ "{}", "accepted" },
		{ "{\"accepted\":4,\"duplicates\":0,\"rejected\":[]}", "accepted" },
		{ "{\"accepted\":2,\"duplicates\":0,\"rejected\":[]}", "accepted" },
		{ "{\"accepted\":1,\"duplicates\":2,\"rejected\":[]}", "duplicates" },
		{ "{\"accepted\":3,\"rejected\":[]}", "duplicates" },
		{ "{\"accepted\":3,\"duplicates\":0}", "rejected" },
		{ "{\"accepted\":2,\"duplicates\":0,\"rejected\":[1]}", "rejected" },
		{ "{\"accepted\":2,\"duplicates\":0,\"rejected\":[{\"index\":3,\"error\":{\"code\":"
		  "\"data\",\"message\":\"\"}}]}",
		    "rejected" },
		{ "{\"accepted\":2,\"duplicates\":0,\"rejected\":[{\"index\":0,\"error\":{\"code\":"
		  "\"ok\",\"message\":\"\"}}]}",
		    "rejected" },
		{ "{\"accepted\":1,\"duplicates\":0,\"rejected\":[{\"index\":1,\"error\":{\"code\":"
		  "\"data\",\"message\":\"\"}},{\"index\":1,\"error\":{\"code\":\"data\",\"message\":"
		  "\"\"}}]}",
		    "rejected" },
		{ "{\"accepted\":3,\"duplicates\":0,\"rejected\":[],\"position\":-1}", "position" },
		{ "{\"accepted\":3,\"duplicates\":0,\"rejected\":[],\"next\":0}", "next" },
		{ "{\"accepted\":0,\"duplicates\":3,\"rejected\":[],\"same\":1}", "same" },
		{ "{\"accepted\":3,\"duplicates\":0,\"rejected\":[],\"hop\":1}", "hop" },
		{ "{\"accepted\":3,\"duplicates\":0,\"rejected\":[],\"hop\":{\"status\":99,\"body\":\"\"}}",
		    "hop" },
		{ "{\"accepted\":3,\"duplicates\":0,\"rejected\":[],\"hop\":{\"status\":202}}",
		    "hop" },
		{ "{\"accepted\":3,\"duplicates\":0,\"rejected\":[],\"hop\":{\"status\":202,\"body\":"
		  "\"e30=\"}}",
		    "hop" },
		{ "{\"type\":\"about:blank\",\"detail\":\"x\"}", "type" },
		{ "{\"type\":\"urn:nos:nonsense\",\"detail\":\"x\"}", "type" },
		{ "{\"type\":\"urn:nos:data\"}", "type" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nos_answer a = { 0 };

		nos_err_clear(&err);
		assert_int_equal(
		    nos_answer_decode(nos_str_of(bad[i].text), 3, &a, &err), NOS_INTERNAL);
		assert_string_equal(err.field, bad[i].field);
		assert_null(a.rejects);
	}
}

static void a_problem_is_read_with_its_code_and_anything_else_is_none(void **state)
{
	struct nos_err why = { 0 };

	(void)state;
	assert_true(nos_answer_problem(
	    NOS_STR("{\"type\":\"urn:nos:exists\",\"detail\":\"the name 'a\\u0007' is taken\"}"),
	    &why));
	assert_int_equal(why.code, NOS_EXISTS);
	assert_string_equal(why.text, "the name 'a?' is taken");
	assert_false(nos_answer_problem(NOS_STR("<html>"), &why));
	assert_false(
	    nos_answer_problem(NOS_STR("{\"type\":\"urn:nos:ok\",\"detail\":\"\"}"), &why));
	assert_false(nos_answer_problem(NOS_STR("{\"detail\":\"\"}"), &why));
}

static void what_an_answer_says_of_keys_comes_as_bytes_in_its_order(void **state)
{
	struct nos_answer a = read_it(
	    "{\"accepted\":3,\"duplicates\":0,\"rejected\":[],\"keys\":[\"AQID\",\"_w\",\"AAAA\"],"
	    "\"resync\":true,\"identity\":true}");
	struct nos_answer_news n = { 0 };

	(void)state;
	assert_int_equal(a.news.key_count, 3);
	assert_hex(a.news.keys[0].p, a.news.keys[0].len, "010203");
	assert_hex(a.news.keys[1].p, a.news.keys[1].len, "ff");
	assert_hex(a.news.keys[2].p, a.news.keys[2].len, "000000");
	assert_true(a.news.resync && a.news.identity);
	nos_answer_release(&a);
	/* As a refusal under receipt says it, and a poll's answer. */
	a = read_it(
	    "{\"type\":\"urn:nos:data\",\"detail\":\"\",\"keys\":[\"AQID\"],\"resync\":true}");
	assert_true(a.refused && a.news.resync && !a.news.identity);
	assert_int_equal(a.news.key_count, 1);
	nos_answer_release(&a);
	assert_int_equal(nos_answer_news_decode(NOS_STR("{\"keys\":[\"AQ\"]}"), &n, &err), NOS_OK);
	assert_int_equal(n.key_count, 1);
	assert_false(n.resync);
	nos_answer_news_release(&n);
	assert_null(n.keys);
}

static void a_list_of_keys_that_is_not_as_it_should_be_is_refused_whole(void **state)
{
	static const struct {
		const char *text, *field;
	} bad[] = {
		{ "", "" },
		{ "[]", "" },
		{ "{\"keys\":{}}", "keys" },
		{ "{\"keys\":[1]}", "keys" },
		{ "{\"keys\":[\"AQID\",\"A\"]}", "keys" },
		{ "{\"keys\":[\"AQ==\"]}", "keys" },
		{ "{\"keys\":[],\"resync\":1}", "resync" },
		{ "{\"keys\":[],\"identity\":\"\"}", "identity" },
	};
	struct nos_answer_news n = { 0 };
	struct nos_buf many;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		nos_err_clear(&err);
		assert_int_equal(
		    nos_answer_news_decode(nos_str_of(bad[i].text), &n, &err), NOS_INTERNAL);
		assert_string_equal(err.field, bad[i].field);
		assert_null(n.keys);
	}
	nos_buf_init(&many, 4096);
	nos_buf_add_text(&many, "{\"keys\":[\"AQ\"");
	for (int i = 1; i < NOS_ANSWER_KEYS_MAX; i++)
		nos_buf_add_text(&many, ",\"AQ\"");
	nos_buf_add_text(&many, "]}");
	nos_err_clear(&err);
	assert_int_equal(nos_answer_news_decode(nos_buf_str(&many), &n, &err), NOS_OK);
	nos_answer_news_release(&n);
	nos_buf_truncate(&many, many.len - 2);
	nos_buf_add_text(&many, ",\"AQ\"]}");
	assert_int_equal(nos_answer_news_decode(nos_buf_str(&many), &n, &err), NOS_INTERNAL);
	nos_buf_release(&many);
}

static void the_order_of_a_problem_is_read_or_there_is_none(void **state)
{
	uint8_t order[NOS_SESSION_ORDER_MAX];
	size_t len;

	(void)state;
	assert_true(nos_answer_order(NOS_STR("{\"nonce\":7,\"order\":\"MQID\"}"), order, &len));
	assert_hex(order, len, "310203");
	assert_false(nos_answer_order(NOS_STR("{\"order\":7}"), order, &len));
	assert_false(nos_answer_order(NOS_STR("{\"order\":\"M\"}"), order, &len));
	assert_false(nos_answer_order(
	    NOS_STR("{\"order\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAAAAAAAAAA\"}"),
	    order, &len));
	assert_false(nos_answer_order(NOS_STR("{}"), order, &len));
	assert_false(nos_answer_order(NOS_STR("<html>"), order, &len));
}

static void the_nonce_of_a_problem_is_read_or_there_is_none(void **state)
{
	uint8_t nonce[NOS_ASK_NONCE_LEN];

	(void)state;
	assert_true(nos_answer_nonce(
	    NOS_STR("{\"type\":\"urn:nos:tag\",\"nonce\":\"AQIDBAUGBwgJCgsMDQ4PEA\"}"), nonce));
	assert_hex(nonce, sizeof(nonce), "0102030405060708090a0b0c0d0e0f10");
	assert_false(nos_answer_nonce(NOS_STR("{\"nonce\":\"AQID\"}"), nonce));
	assert_false(nos_answer_nonce(NOS_STR("{\"nonce\":7}"), nonce));
	assert_false(nos_answer_nonce(NOS_STR("{}"), nonce));
	assert_false(nos_answer_nonce(NOS_STR("<html>"), nonce));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_says_what_became_of_each_reading),
		cmocka_unit_test(a_duplicate_says_whether_it_is_the_same),
		cmocka_unit_test(what_is_answered_to_the_pack_within_a_frame_comes_as_it_was),
		cmocka_unit_test(a_problem_document_rejects_all_and_its_rejects_say_more),
		cmocka_unit_test(an_answer_that_is_not_as_it_should_be_names_its_member),
		cmocka_unit_test(a_problem_is_read_with_its_code_and_anything_else_is_none),
		cmocka_unit_test(what_an_answer_says_of_keys_comes_as_bytes_in_its_order),
		cmocka_unit_test(a_list_of_keys_that_is_not_as_it_should_be_is_refused_whole),
		cmocka_unit_test(the_order_of_a_problem_is_read_or_there_is_none),
		cmocka_unit_test(the_nonce_of_a_problem_is_read_or_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
