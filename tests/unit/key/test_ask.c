/* SPDX-License-Identifier: MIT */
#include "key/ask.h"

#include "../vectors.h"
#include "key/derive.h"
#include "key/poll.h"

static struct nos_err err;

static void the_ask_of_the_vectors_is_opened_and_made_again(void **state)
{
	const struct nos_secret z = vector_secret("registration/Z");
	const struct nos_secret private = vector_secret("resync/E_S private");
	const struct nos_secret nonce = vector_secret("resync/nonce");
	NOS_AUTO(secret) resync = { 0 };
	NOS_AUTO(buf) ask = { 0 };
	NOS_AUTO(buf) again = { 0 };
	struct nos_ecdh_point once;
	struct nos_ask_head head;
	struct nos_ask_body body;

	(void)state;
	vector_bytes("resync/ask", &ask);
	nos_buf_init(&again, NOS_ASK_MAX);
	assert_int_equal(nos_ecdh_public(&private, &once, &err), NOS_OK);
	assert_int_equal(nos_derive_static(&z, NOS_DERIVE_RESYNC, &resync, &err), NOS_OK);
	assert_int_equal(nos_ask_head_read(nos_buf_span(&ask), &head, &err), NOS_OK);
	assert_memory_equal(head.once.bytes, once.bytes, sizeof(once.bytes));
	assert_int_equal(
	    nos_ask_open(nos_buf_span(&ask), &head, &resync, nonce.bytes, 1, &body, &err), NOS_OK);
	assert_vector(body.thumbprint, sizeof(body.thumbprint), "inputs/node thumbprint");
	assert_int_equal(
	    nos_ask_seal(head.source, head.z, &once, &resync, nonce.bytes, 1, &body, &again, &err),
	    NOS_OK);
	assert_vector(again.p, again.len, "resync/ask");
}

static void an_ask_with_any_bit_flipped_is_refused(void **state)
{
	const struct nos_secret z = vector_secret("registration/Z");
	const struct nos_secret nonce = vector_secret("resync/nonce");
	NOS_AUTO(secret) resync = { 0 };
	NOS_AUTO(buf) ask = { 0 };
	struct nos_ask_head head;
	struct nos_ask_body body;

	(void)state;
	vector_bytes("resync/ask", &ask);
	assert_int_equal(nos_derive_static(&z, NOS_DERIVE_RESYNC, &resync, &err), NOS_OK);
	for (size_t i = 0; i < ask.len * 8; i++) {
		ask.p[i / 8] ^= (char)(1 << i % 8);
		if (!nos_ask_head_read(nos_buf_span(&ask), &head, &err))
			assert_int_not_equal(nos_ask_open(nos_buf_span(&ask), &head, &resync,
						 nonce.bytes, 1, &body, &err),
			    NOS_OK);
		ask.p[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t len = 0; len < ask.len; len++) {
		struct nos_span cut = { (uint8_t *)ask.p, len };

		if (!nos_ask_head_read(cut, &head, &err))
			assert_int_not_equal(
			    nos_ask_open(cut, &head, &resync, nonce.bytes, 1, &body, &err), NOS_OK);
	}
}

static void the_poll_of_the_vectors_is_made(void **state)
{
	const struct nos_secret q = vector_secret("poll/Q"), nonce = vector_secret("poll/nonce");
	const char *answer = vector_text("poll/answer");
	uint8_t tag[NOS_POLL_TAG_LEN];
	NOS_AUTO(buf) text = { 0 };

	(void)state;
	assert_int_equal(
	    nos_poll_ask(&q, nos_str_of(vector_text("inputs/S")), nonce.bytes, tag, &err), NOS_OK);
	assert_vector(tag, sizeof(tag), "poll/tag");
	assert_int_equal(nos_poll_receipt(&q, nos_str_of(vector_text("inputs/S")), nonce.bytes, 200,
			     nos_str_bytes(nos_str_of(answer)), tag, &err),
	    NOS_OK);
	nos_buf_init(&text, 64);
	nos_enc_base64(&text, tag, sizeof(tag));
	assert_buf(&text, vector_text("poll/Nos-Receipt"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ask_of_the_vectors_is_opened_and_made_again),
		cmocka_unit_test(an_ask_with_any_bit_flipped_is_refused),
		cmocka_unit_test(the_poll_of_the_vectors_is_made),
	};

	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
