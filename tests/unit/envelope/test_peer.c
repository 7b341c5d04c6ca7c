/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include "crypto/jose.h"
#include "envelope/peer.h"

static struct nos_err err;
static struct nos_secret private; /* of who is asked */
static struct nos_ecdh_point public;
static struct nos_secret sign; /* of who asks: the node of the vectors */
static uint8_t sign_public[NOS_SIGN_PUBLIC_LEN];

static int start(void **state)
{
	nos_jose_start();
	if (vectors_load(state))
		return -1;
	sign = vector_secret("inputs/ed25519 private");
	return nos_ecdh_generate(&private, &public, &err) ||
		       nos_sign_public(&sign, sign_public, &err)
		   ? -1
		   : 0;
}

static struct nos_peer_request request_of_the_vectors(struct nos_buf *ret_plain)
{
	struct nos_peer_request r;

	nos_err_clear(&err);
	vector_bytes("peers/plaintext", ret_plain);
	assert_int_equal(nos_peer_request_decode(ret_plain, &r, &err), NOS_OK);
	return r;
}

static void a_request_has_the_bytes_of_the_vectors(void **state)
{
	struct nos_buf plain, jwe, opened = { 0 };
	struct nos_peer_request r = request_of_the_vectors(&plain);
	uint8_t to[NOS_HASH_LEN], own[NOS_HASH_LEN];

	(void)state;
	assert_int_equal(r.op, NOS_PEER_ROAM);
	assert_string_equal(r.source, vector_text("inputs/S"));
	assert_vector(r.from, sizeof(r.from), "inputs/node thumbprint");
	assert_int_equal(r.key.parts[0], 2);
	assert_int_equal(r.key.parts[1], 17914);
	assert_int_equal(nos_peer_verify(&plain, sign_public, &err), NOS_OK);
	nos_buf_init(&jwe, NOS_PEER_MAX);
	assert_int_equal(nos_peer_request_seal(&r, &sign, &public, &jwe, &err), NOS_OK);
	assert_int_equal(nos_peer_look(nos_buf_str(&jwe), to, &err), NOS_OK);
	assert_int_equal(nos_jose_thumbprint(&public, own, &err), NOS_OK);
	assert_memory_equal(to, own, sizeof(to));
	assert_int_equal(nos_peer_open(&private, nos_buf_str(&jwe), &opened, &err), NOS_OK);
	assert_int_equal(opened.len, plain.len);
	assert_memory_equal(opened.p, plain.p, plain.len);
	/* As another implementation sealed it. */
	assert_int_equal(nos_peer_look(nos_str_of(vector_text("peers/request")), to, &err), NOS_OK);
	assert_memory_equal(to, r.to, sizeof(to));
	nos_buf_release(&opened);
	nos_buf_release(&jwe);
	nos_buf_release(&plain);
}

static void each_byte_of_a_message_is_signed(void **state)
{
	struct nos_buf plain;

	(void)state;
	request_of_the_vectors(&plain);
	for (size_t i = 0; i < plain.len; i++) {
		plain.p[i] ^= 1;
		assert_int_equal(nos_peer_verify(&plain, sign_public, &err), NOS_TAG);
		plain.p[i] ^= 1;
	}
	assert_int_equal(nos_peer_verify(&plain, sign_public, &err), NOS_OK);
	sign_public[0] ^= 1;
	assert_int_equal(nos_peer_verify(&plain, sign_public, &err), NOS_TAG);
	sign_public[0] ^= 1;
	nos_buf_truncate(&plain, NOS_SIGN_LEN);
	assert_int_equal(nos_peer_verify(&plain, sign_public, &err), NOS_TAG);
	nos_buf_release(&plain);
}

static void a_sealed_message_with_a_byte_changed_does_not_open(void **state)
{
	struct nos_buf plain, jwe, opened = { 0 };
	struct nos_peer_request r = request_of_the_vectors(&plain);
	uint8_t to[NOS_HASH_LEN];

	(void)state;
	nos_buf_init(&jwe, NOS_PEER_MAX);
	assert_int_equal(nos_peer_request_seal(&r, &sign, &public, &jwe, &err), NOS_OK);
	for (size_t i = 0; i < jwe.len; i++) {
		const char was = jwe.p[i];

		jwe.p[i] = was == 'A' ? 'B' : 'A';
		assert_true(nos_peer_look(nos_buf_str(&jwe), to, &err) ||
			    nos_peer_open(&private, nos_buf_str(&jwe), &opened, &err));
		nos_buf_release(&opened);
		nos_err_clear(&err);
		jwe.p[i] = was;
	}
	nos_buf_release(&jwe);
	nos_buf_release(&plain);
}

static void a_word_of_all_sources_names_none_and_a_key_is_asked_for_one(void **state)
{
	struct nos_buf plain, jwe, opened = { 0 };
	struct nos_peer_request r = request_of_the_vectors(&plain), back;

	(void)state;
	r.source[0] = '\0';
	for (int i = 0; i < 2; i++) {
		r.op = i ? NOS_PEER_REVOKED : NOS_PEER_ROAM;
		nos_buf_init(&jwe, NOS_PEER_MAX);
		assert_int_equal(nos_peer_request_seal(&r, &sign, &public, &jwe, &err), NOS_OK);
		assert_int_equal(nos_peer_open(&private, nos_buf_str(&jwe), &opened, &err), NOS_OK);
		assert_int_equal(
		    nos_peer_request_decode(&opened, &back, &err), i ? NOS_OK : NOS_DATA);
		nos_err_clear(&err);
		nos_buf_release(&opened);
		nos_buf_release(&jwe);
	}
	assert_int_equal(back.op, NOS_PEER_REVOKED);
	assert_string_equal(back.source, "");
	nos_buf_release(&plain);
}

static struct nos_peer_answer given(void)
{
	struct nos_peer_answer a = { .op = NOS_PEER_ROAM,
		.kind = "weather-station",
		.open = true,
		.expires = { INT64_C(1547942400000) } };

	a.key = vector_secret("dini/K_roam (node thumbprint, day 17914)");
	memset(a.request, 7, sizeof(a.request));
	return a;
}

static void an_answer_comes_back_as_it_was_given(void **state)
{
	struct nos_peer_answer a = given(), back;
	struct nos_buf jwe, opened = { 0 };

	(void)state;
	nos_buf_init(&jwe, NOS_PEER_MAX);
	assert_int_equal(nos_peer_answer_seal(&a, &sign, &public, &jwe, &err), NOS_OK);
	assert_int_equal(nos_peer_open(&private, nos_buf_str(&jwe), &opened, &err), NOS_OK);
	assert_int_equal(nos_peer_verify(&opened, sign_public, &err), NOS_OK);
	assert_int_equal(nos_peer_answer_decode(&opened, &back, &err), NOS_OK);
	assert_true(nos_secret_eq(&back.key, &a.key));
	assert_string_equal(back.kind, a.kind);
	assert_true(back.open);
	assert_int_equal(back.expires.ms, a.expires.ms);
	assert_memory_equal(back.request, a.request, sizeof(a.request));
	/* A request is no answer, though who asks has signed it. */
	nos_buf_release(&opened);
	nos_buf_truncate(&jwe, 0);
	request_of_the_vectors(&opened);
	assert_int_equal(nos_peer_answer_decode(&opened, &back, &err), NOS_DATA);
	nos_err_clear(&err);
	nos_buf_release(&opened);
	nos_buf_release(&jwe);
}

static enum nos_code read_text(const char *json, bool answer)
{
	struct nos_peer_request r;
	struct nos_peer_answer a;
	struct nos_buf opened;

	nos_err_clear(&err);
	nos_buf_init(&opened, NOS_PEER_MAX);
	for (size_t i = 0; i < NOS_SIGN_LEN; i++)
		nos_buf_add_char(&opened, 'x');
	nos_buf_add_text(&opened, json);
	(void)!(answer ? nos_peer_answer_decode(&opened, &a, &err)
		       : nos_peer_request_decode(&opened, &r, &err));
	nos_buf_release(&opened);
	return err.code;
}

#define HASH "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
#define E    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
#define WHO  "\"from\":" HASH ",\"to\":" HASH ",\"E\":" E ","

static void what_is_no_message_is_refused(void **state)
{
	static const char *const requests[] = {
		"",
		"[]",
		"{\"op\":\"rome\"," WHO "\"source\":\"s-0000000000\",\"kid\":\"r.1.2\"}",
		"{\"op\":\"roam\",\"source\":\"s-0000000000\",\"kid\":\"r.1.2\"}",
		"{\"op\":\"roam\"," WHO "\"source\":\"s-000000000\",\"kid\":\"r.1.2\"}",
		"{\"op\":\"roam\"," WHO "\"source\":\"s-000000000G\",\"kid\":\"r.1.2\"}",
		"{\"op\":\"roam\"," WHO "\"source\":\"s-0000000000\",\"kid\":\"r.1\"}",
		"{\"op\":\"roam\"," WHO "\"source\":\"s-0000000000\",\"kid\":\"p.1.2\"}",
	};
	static const char *const answers[] = {
		"{\"op\":\"roam\"}",
		"{\"op\":\"roam\",\"request\":" HASH ",\"key\":" HASH
		",\"kind\":\"k\",\"proof\":1}",
		"{\"op\":\"roam\",\"request\":" HASH ",\"key\":" HASH
		",\"kind\":\"k\",\"proof\":0.8,\"expires\":1}",
		"{\"op\":\"roam\",\"request\":" HASH ",\"key\":" HASH
		",\"kind\":\"only\",\"proof\":1,\"expires\":1}",
		"{\"op\":\"roam\",\"request\":" HASH
		",\"key\":\"AAAA\",\"kind\":\"k\",\"proof\":1,\"expires\":1}",
	};

	(void)state;
	assert_int_equal(
	    read_text(
		"{\"op\":\"roam\"," WHO "\"source\":\"s-0000000000\",\"kid\":\"r.1.2\"}", false),
	    NOS_OK);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		assert_int_equal(read_text(requests[i], false), NOS_DATA);
	assert_int_equal(read_text("{\"op\":\"roam\",\"request\":" HASH ",\"key\":" HASH
				   ",\"kind\":\"k\",\"proof\":1,\"expires\":1}",
			     true),
	    NOS_OK);
	assert_int_equal(read_text("{\"op\":\"revoked\",\"request\":" HASH "}", true), NOS_OK);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		assert_int_equal(read_text(answers[i], true), NOS_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_the_bytes_of_the_vectors),
		cmocka_unit_test(each_byte_of_a_message_is_signed),
		cmocka_unit_test(a_sealed_message_with_a_byte_changed_does_not_open),
		cmocka_unit_test(a_word_of_all_sources_names_none_and_a_key_is_asked_for_one),
		cmocka_unit_test(an_answer_comes_back_as_it_was_given),
		cmocka_unit_test(what_is_no_message_is_refused),
	};

	return cmocka_run_group_tests(tests, start, vectors_drop);
}
