/* SPDX-License-Identifier: MIT */
/* Requests and answers as bytes: what they are made of comes back, and nothing else is taken. */
#include "cluster/wrap.h"

#include "../test.h"
#include "json/problem.h"

static struct nos_err err;

static struct nos_span bytes_of(const char *p, size_t len)
{
	return (struct nos_span){ (const uint8_t *)p, len };
}

static void a_request_comes_back_as_it_was(void **state)
{
	const struct nos_http_request r = { .method = NOS_STR("POST"),
		.path = NOS_STR("/v1/data"),
		.query = NOS_STR("a=b"),
		.media = NOS_STR("application/json"),
		.foreign = NOS_STR("latin1"),
		.coding = NOS_STR("gzip"),
		.authorization = NOS_STR("Bearer x"),
		.via = NOS_STR("s-1"),
		.body = bytes_of("a\0b", 3),
		.tls_bits = 256,
		.local = true };
	struct nos_http_request back = { 0 };
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	nos_buf_init(&b, 1000);
	nos_wrap_request(&b, &r);
	assert_int_equal(nos_wrap_request_decode(nos_buf_span(&b), &back, &err), NOS_OK);
	assert_str(back.method, "POST");
	assert_str(back.path, "/v1/data");
	assert_str(back.query, "a=b");
	assert_str(back.media, "application/json");
	assert_str(back.foreign, "latin1");
	assert_str(back.coding, "gzip");
	assert_str(back.authorization, "Bearer x");
	assert_str(back.via, "s-1");
	assert_int_equal(back.body.len, 3);
	assert_memory_equal(back.body.p, "a\0b", 3);
	assert_int_equal(back.tls_bits, 256);
	assert_true(back.local);
	for (size_t len = 0; len < b.len - 3; len++)
		assert_int_equal(
		    nos_wrap_request_decode(bytes_of(b.p, len), &back, &err), NOS_DATA);
}

/* Without its body, which may be empty. */
static void encode(struct nos_buf *b, const char *type, const char *name, size_t len)
{
	struct nos_http_request r = { .status = 401, .type = type };
	char value[NOS_HTTP_HEADER_BYTES];

	memset(value, 'x', len);
	value[len] = '\0';
	nos_http_server_header(&r, name, value);
	nos_http_server_header(&r, "Retry-After", "1");
	nos_buf_init(&r.out, 10);
	nos_buf_init(b, 1000);
	nos_wrap_answer(b, &r);
}

static void an_answer_comes_back_with_its_type_and_headers_as_literals(void **state)
{
	struct nos_http_request back = { 0 };
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	encode(&b, NOS_PROBLEM_TYPE, "WWW-Authenticate", NOS_HTTP_HEADER_BYTES - 1);
	nos_buf_init(&back.out, 10);
	for (size_t len = 0; len < b.len; len++) {
		assert_int_equal(nos_wrap_answer_decode(bytes_of(b.p, len), &back, &err), NOS_DATA);
		assert_int_equal(back.status, 0);
		assert_int_equal(back.header_count, 0);
	}
	nos_buf_add_text(&b, "body");
	assert_int_equal(nos_wrap_answer_decode(nos_buf_span(&b), &back, &err), NOS_OK);
	nos_buf_truncate(&b, 0);
	memset(b.p, 0, b.cap);
	assert_int_equal(back.status, 401);
	assert_string_equal(back.type, NOS_PROBLEM_TYPE);
	assert_int_equal(back.header_count, 2);
	assert_string_equal(back.headers[0].name, "WWW-Authenticate");
	assert_int_equal(strlen(back.headers[0].value), NOS_HTTP_HEADER_BYTES - 1);
	assert_string_equal(back.headers[1].name, "Retry-After");
	assert_string_equal(back.headers[1].value, "1");
	assert_buf(&back.out, "body");
	nos_buf_release(&back.out);
}

static void assert_refused(const char *p, size_t len)
{
	struct nos_http_request back = { 0 };

	assert_int_equal(nos_wrap_answer_decode(bytes_of(p, len), &back, &err), NOS_DATA);
	assert_int_equal(back.status, 0);
}

static void an_answer_of_another_form_is_refused(void **state)
{
	(void)state;
	assert_refused("\x64\0\0", 3);		     /* 100 */
	assert_refused("\xd8\x04\0\0", 4);	     /* 600 */
	assert_refused("\xc8\x01\3a/b\0", 7);	     /* a type */
	assert_refused("\xc8\x01\0\1\1X\1y", 8);     /* a header */
	assert_refused("\xc8\x01\0\5", 4);	     /* five */
	assert_refused("\xc8\x01\0\1\5Allow\1", 11); /* a value cut off */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_comes_back_as_it_was),
		cmocka_unit_test(an_answer_comes_back_with_its_type_and_headers_as_literals),
		cmocka_unit_test(an_answer_of_another_form_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
