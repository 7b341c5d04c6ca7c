/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include <pthread.h>

#include "crypto/aead.h"
#include "crypto/ecdh.h"
#include "crypto/random.h"
#include "crypto/sign.h"

static struct nos_err err;

static void siv_gives_the_bytes_of_rfc_5297(void **state)
{
	struct nos_secret key = { .len = 32 };
	uint8_t aad[24], text[14], out[30], back[14];

	(void)state;
	assert_true(nos_enc_hex_decode(
	    NOS_STR("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), key.bytes,
	    32));
	assert_true(nos_enc_hex_decode(
	    NOS_STR("101112131415161718191a1b1c1d1e1f2021222324252627"), aad, 24));
	assert_true(nos_enc_hex_decode(NOS_STR("112233445566778899aabbccddee"), text, 14));
	assert_int_equal(nos_aead_siv_seal(&key, (struct nos_span){ aad, 24 },
			     (struct nos_span){ text, 14 }, out, &err),
	    NOS_OK);
	assert_hex(out, 30, "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c");
	assert_int_equal(nos_aead_siv_open(&key, (struct nos_span){ aad, 24 },
			     (struct nos_span){ out, 30 }, back, &err),
	    NOS_OK);
	assert_memory_equal(back, text, 14);
}

static void siv_refuses_every_flipped_bit_and_every_cut(void **state)
{
	struct nos_secret key = { .len = 32, .bytes = { 1, 2, 3 } };
	const struct nos_span aad = nos_str_bytes(NOS_STR("header"));
	uint8_t out[21], back[21];

	(void)state;
	assert_int_equal(
	    nos_aead_siv_seal(&key, aad, nos_str_bytes(NOS_STR("12345")), out, &err), NOS_OK);
	for (size_t bit = 0; bit < sizeof(out) * 8; bit++) {
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
		    nos_aead_siv_open(&key, aad, (struct nos_span){ out, 21 }, back, &err),
		    NOS_TAG);
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < sizeof(out); len++)
		assert_int_equal(
		    nos_aead_siv_open(&key, aad, (struct nos_span){ out, len }, back, &err),
		    NOS_TAG);
	assert_int_equal(nos_aead_siv_open(&key, nos_str_bytes(NOS_STR("headeR")),
			     (struct nos_span){ out, 21 }, back, &err),
	    NOS_TAG);
	assert_int_equal(
	    nos_aead_siv_open(&key, aad, (struct nos_span){ out, 21 }, back, &err), NOS_OK);
}

static void gcm_opens_what_it_sealed_and_nothing_else(void **state)
{
	const struct nos_span aad = nos_str_bytes(NOS_STR("namespace/record/field"));
	uint8_t nonce[NOS_AEAD_NONCE_LEN] = { 9 }, out[5], back[5], tag[NOS_AEAD_TAG_LEN];

	(void)state;
	for (size_t len = 16; len <= 32; len += 16) {
		struct nos_secret key = { .len = len, .bytes = { 7 } };

		assert_int_equal(nos_aead_gcm_seal(&key, nonce, aad,
				     nos_str_bytes(NOS_STR("hello")), out, tag, &err),
		    NOS_OK);
		assert_int_equal(nos_aead_gcm_open(&key, nonce, aad, (struct nos_span){ out, 5 },
				     tag, back, &err),
		    NOS_OK);
		assert_memory_equal(back, "hello", 5);
		for (size_t bit = 0; bit < sizeof(tag) * 8; bit++) {
			tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(nos_aead_gcm_open(&key, nonce, aad,
					     (struct nos_span){ out, 5 }, tag, back, &err),
			    NOS_TAG);
			assert_memory_equal(back, "\0\0\0\0\0", 5);
			tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_int_equal(nos_aead_gcm_open(&key, nonce, (struct nos_span){ NULL, 0 },
				     (struct nos_span){ out, 5 }, tag, back, &err),
		    NOS_TAG);
	}
}

static void two_fresh_pairs_agree_on_one_secret(void **state)
{
	struct nos_secret a = { 0 }, b = { 0 }, ab = { 0 }, ba = { 0 };
	struct nos_ecdh_point pa, pb;

	(void)state;
	assert_int_equal(nos_ecdh_generate(&a, &pa, &err), NOS_OK);
	assert_int_equal(nos_ecdh_generate(&b, &pb, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&a, &pb, &ab, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&b, &pa, &ba, &err), NOS_OK);
	assert_true(nos_secret_eq(&ab, &ba));
}

static void a_point_off_the_curve_and_the_point_at_infinity_are_refused(void **state)
{
	struct nos_secret a = { 0 }, shared = { 0 }, none = { .len = 32 };
	struct nos_ecdh_point p, bad = { { 0 } };
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];

	(void)state;
	assert_int_equal(nos_ecdh_generate(&a, &p, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&a, &bad, &shared, &err), NOS_DATA);
	bad.bytes[0] = 2;
	memset(bad.bytes + 1, 0xff, 32);
	assert_int_equal(nos_ecdh_shared(&a, &bad, &shared, &err), NOS_DATA);
	assert_int_equal(nos_ecdh_to_xy(&p, x, y, &err), NOS_OK);
	assert_int_equal(nos_ecdh_from_xy(x, y, &bad, &err), NOS_OK);
	assert_memory_equal(bad.bytes, p.bytes, sizeof(p.bytes));
	y[0] ^= 1;
	assert_int_equal(nos_ecdh_from_xy(x, y, &bad, &err), NOS_DATA);
	assert_int_equal(nos_ecdh_public(&none, &p, &err), NOS_DATA);
	memset(none.bytes, 0xff, 32);
	assert_int_equal(nos_ecdh_public(&none, &p, &err), NOS_DATA);
}

static void the_node_s_jwk_is_its_point(void **state)
{
	struct nos_secret node = vector_secret("inputs/node private");
	struct nos_ecdh_point p;
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];
	struct nos_buf b;

	(void)state;
	assert_int_equal(nos_ecdh_public(&node, &p, &err), NOS_OK);
	assert_int_equal(nos_ecdh_to_xy(&p, x, y, &err), NOS_OK);
	nos_buf_init(&b, 100);
	nos_enc_base64(&b, x, sizeof(x));
	assert_buf(&b, vector_text("inputs/node jwk/x"));
	nos_buf_truncate(&b, 0);
	nos_enc_base64(&b, y, sizeof(y));
	assert_buf(&b, vector_text("inputs/node jwk/y"));
	nos_buf_release(&b);
}

static void a_signature_holds_for_its_text_and_key_alone(void **state)
{
	struct nos_secret private = vector_secret("inputs/ed25519 private");
	uint8_t public[NOS_SIGN_PUBLIC_LEN], signature[NOS_SIGN_LEN];
	struct nos_buf message, text;

	(void)state;
	assert_int_equal(nos_sign_public(&private, public, &err), NOS_OK);
	assert_vector(public, sizeof(public), "inputs/ed25519 public");
	/* The last 64 bytes of an invalidation sign "nos/1 " and all before them. */
	vector_bytes("dini/invalidation", &message);
	nos_buf_init(&text, 1000);
	nos_buf_add_text(&text, "nos/1 ");
	nos_buf_add(&text, message.p, message.len - NOS_SIGN_LEN);
	assert_int_equal(nos_sign_make(&private, nos_buf_span(&text), signature, &err), NOS_OK);
	assert_memory_equal(signature, message.p + message.len - NOS_SIGN_LEN, NOS_SIGN_LEN);
	assert_int_equal(nos_sign_verify(public, nos_buf_span(&text), signature, &err), NOS_OK);
	text.p[7] ^= 1;
	assert_int_equal(nos_sign_verify(public, nos_buf_span(&text), signature, &err), NOS_TAG);
	text.p[7] ^= 1;
	public[3] ^= 1;
	assert_int_not_equal(nos_sign_verify(public, nos_buf_span(&text), signature, &err), NOS_OK);
	nos_buf_release(&message);
	nos_buf_release(&text);
}

/* One thread of the test below: its own messages, under its own key. */
static void *seal_many(void *arg)
{
	struct nos_secret key = { .len = 16 };
	struct nos_err own = { 0 };
	uint8_t nonce[NOS_AEAD_NONCE_LEN] = { 0 }, out[8], back[8], tag[NOS_AEAD_TAG_LEN];
	const struct nos_span none = { NULL, 0 };

	key.bytes[0] = *(uint8_t *)arg;
	for (int i = 0; i < 2000; i++) {
		nonce[0] = (uint8_t)i;
		if (nos_aead_gcm_seal(
			&key, nonce, none, nos_str_bytes(NOS_STR("12345678")), out, tag, &own) ||
		    nos_aead_gcm_open(
			&key, nonce, none, (struct nos_span){ out, 8 }, tag, back, &own) ||
		    memcmp(back, "12345678", 8) != 0)
			return NULL;
	}
	return arg;
}

static void threads_seal_side_by_side(void **state)
{
	pthread_t threads[4];
	uint8_t names[4] = { 1, 2, 3, 4 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, seal_many, &names[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		void *ret;

		assert_int_equal(pthread_join(threads[i], &ret), 0);
		assert_non_null(ret);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siv_gives_the_bytes_of_rfc_5297),
		cmocka_unit_test(siv_refuses_every_flipped_bit_and_every_cut),
		cmocka_unit_test(gcm_opens_what_it_sealed_and_nothing_else),
		cmocka_unit_test(two_fresh_pairs_agree_on_one_secret),
		cmocka_unit_test(a_point_off_the_curve_and_the_point_at_infinity_are_refused),
		cmocka_unit_test(the_node_s_jwk_is_its_point),
		cmocka_unit_test(a_signature_holds_for_its_text_and_key_alone),
		cmocka_unit_test(threads_seal_side_by_side),
	};
	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
