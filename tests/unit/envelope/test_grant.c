/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include "envelope/grant.h"

static struct nos_err err;
static struct nos_scan scan;

static struct nos_grant_request request_of_the_vectors(void)
{
	struct nos_grant_request r = {
		.description = NOS_STR(
		    "{\"name\":\"campodenno\",\"mode\":\"push\",\"types\":[\"air_temperature\"]}")
	};
	struct nos_secret nonce = vector_secret("inputs/m1 nonce"),
			  e_s = vector_secret("inputs/E_S");

	memcpy(r.nonce, nonce.bytes, sizeof(r.nonce));
	memcpy(r.once.bytes, e_s.bytes, sizeof(r.once.bytes));
	return r;
}

static void a_request_has_the_bytes_of_the_vectors_and_is_read_again(void **state)
{
	struct nos_grant_request r = request_of_the_vectors(), back;
	struct nos_secret t = vector_secret("registration/T"), other = t;
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, NOS_GRANT_TEXT_MAX);
	assert_int_equal(nos_grant_request_prove(&t, &r, &err), NOS_OK);
	assert_vector(r.token_id, sizeof(r.token_id), "registration/token id");
	assert_vector(r.proof, sizeof(r.proof), "registration/proof");
	nos_grant_request_encode(&b, &r);
	assert_buf(&b, vector_text("registration/m1 plaintext"));
	assert_int_equal(nos_grant_request_decode(nos_buf_str(&b), &scan, &back, &err), NOS_OK);
	assert_false(back.open);
	assert_memory_equal(back.proof, r.proof, sizeof(r.proof));
	assert_str(back.description,
	    "{\"name\":\"campodenno\",\"mode\":\"push\",\"types\":[\"air_temperature\"]}");
	assert_int_equal(nos_grant_request_check(&t, &back, &err), NOS_OK);
	other.bytes[0] ^= 1;
	assert_int_equal(nos_grant_request_check(&other, &back, &err), NOS_DENIED);
	back.nonce[3] ^= 1;
	assert_int_equal(nos_grant_request_check(&t, &back, &err), NOS_DENIED);
	nos_buf_release(&b);
}

static void an_answer_has_the_bytes_of_the_vectors_and_each_flipped_bit_is_refused(void **state)
{
	struct nos_secret r = vector_secret("registration/R"),
			  hash = vector_secret("registration/SHA-256(m1)"),
			  e_n = vector_secret("inputs/E_N"),
			  sign = vector_secret("inputs/ed25519 public"),
			  nonce = vector_secret("inputs/m1 nonce"),
			  tag = vector_secret("registration/m2 tag");
	struct nos_grant_answer a = { .source = nos_str_of(vector_text("inputs/S")),
		.node = 1,
		.next = 1,
		.grants = NOS_STR("[]") },
				back;
	struct nos_buf b;

	(void)state;
	memcpy(a.nonce, nonce.bytes, sizeof(a.nonce));
	memcpy(a.m1, hash.bytes, sizeof(a.m1));
	memcpy(a.once.bytes, e_n.bytes, sizeof(a.once.bytes));
	memcpy(a.sign, sign.bytes, sizeof(a.sign));
	nos_buf_init(&b, NOS_GRANT_TEXT_MAX);
	assert_int_equal(nos_grant_answer_seal(&r, &a, &b, &err), NOS_OK);
	assert_str(((struct nos_str){ b.p, b.len - NOS_GRANT_TAG_LEN }),
	    vector_text("registration/m2 JSON"));
	assert_memory_equal(b.p + b.len - NOS_GRANT_TAG_LEN, tag.bytes, NOS_GRANT_TAG_LEN);
	assert_int_equal(nos_grant_answer_decode(nos_buf_str(&b), &scan, &back, &err), NOS_OK);
	assert_str(back.source, "s-7f3a09c2e1");
	assert_true(back.next == 1 && back.node == 1);
	assert_int_equal(nos_grant_answer_check(&r, nos_buf_str(&b), a.m1, &err), NOS_OK);
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		b.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(nos_grant_answer_check(&r, nos_buf_str(&b), a.m1, &err), NOS_TAG);
		b.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	a.m1[0] ^= 1;
	assert_int_equal(nos_grant_answer_check(&r, nos_buf_str(&b), a.m1, &err), NOS_TAG);
	nos_buf_release(&b);
}

static void what_is_no_request_is_refused_with_its_member(void **state)
{
	static const struct {
		const char *text, *field;
	} cases[] = {
		{ "{}", "id" },
		{ "{\"token\":\"AAAAAAAAAA\"}", "token" },
		{ "{\"token\":\"AAAAAAAAAAA\",\"key\":7}", "key" },
		{ "[]", "" },
		{ "", "" },
	};
	struct nos_grant_request r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    nos_grant_request_decode(nos_str_of(cases[i].text), &scan, &r, &err), NOS_DATA);
		assert_string_equal(err.field, cases[i].field);
	}
}

static int stop(void **state)
{
	nos_scan_release(&scan);
	return vectors_drop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_the_bytes_of_the_vectors_and_is_read_again),
		cmocka_unit_test(
		    an_answer_has_the_bytes_of_the_vectors_and_each_flipped_bit_is_refused),
		cmocka_unit_test(what_is_no_request_is_refused_with_its_member),
	};
	return cmocka_run_group_tests(tests, vectors_load, stop);
}
