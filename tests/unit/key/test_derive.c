/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include "crypto/ecdh.h"
#include "crypto/hkdf.h"
#include "key/chain.h"
#include "key/derive.h"

static struct nos_err err;

static void leb128_is_as_the_vectors_say(void **state)
{
	const char *number;
	json_t *value, *refused = vector("leb128 refused");
	size_t i;

	(void)state;
	json_object_foreach(vector("leb128"), number, value)
	{
		uint8_t out[NOS_ENC_LEB128_MAX];
		size_t len = nos_enc_leb128(strtoull(number, NULL, 10), out);

		assert_hex(out, len, json_string_value(value));
	}
	json_array_foreach(refused, i, value)
	{
		struct nos_str hex = nos_str_of(json_string_value(value));
		uint8_t in[8];
		struct nos_span s = { in, hex.len / 2 };
		uint64_t n;

		assert_true(nos_enc_hex_decode(hex, in, hex.len / 2));
		assert_false(nos_enc_leb128_decode(&s, &n));
	}
}

static size_t fields_of(json_t *list, struct nos_derive_field *out)
{
	json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
	{
		if (json_is_integer(value))
			out[i] = (struct nos_derive_field)NOS_DERIVE_NUM(
			    (uint64_t)json_integer_value(value));
		else
			out[i] = (struct nos_derive_field)NOS_DERIVE_BYTES(
			    json_string_value(value), json_string_length(value));
	}
	return json_array_size(list);
}

static void a_context_is_a_list_of_length_prefixed_fields(void **state)
{
	json_t *value;
	size_t i;

	(void)state;
	json_array_foreach(vector("fields"), i, value)
	{
		struct nos_derive_field fields[8];
		size_t n = fields_of(json_object_get(value, "in"), fields);
		struct nos_buf b;

		nos_buf_init(&b, 1000);
		for (size_t j = 0; j < n; j++) {
			if (fields[j].p)
				nos_enc_field(&b, fields[j].p, fields[j].len);
			else
				nos_enc_field_num(&b, fields[j].num);
		}
		assert_hex(b.p, b.len, json_string_value(json_object_get(value, "out")));
		nos_buf_release(&b);
	}
}

static void every_expansion_is_as_the_vectors_say(void **state)
{
	json_t *value;
	size_t i;

	(void)state;
	json_array_foreach(vector("K"), i, value)
	{
		struct nos_derive_field ctx[8];
		size_t n = fields_of(json_object_get(value, "ctx"), ctx);
		struct nos_secret prk = { .len = 32 }, out = { 0 };

		assert_true(nos_enc_hex_decode(
		    nos_str_of(json_string_value(json_object_get(value, "prk"))), prk.bytes, 32));
		assert_int_equal(
		    nos_derive_key(&prk, json_string_value(json_object_get(value, "label")), ctx, n,
			(size_t)json_integer_value(json_object_get(value, "L")), &out, &err),
		    NOS_OK);
		assert_hex(out.bytes, out.len, json_string_value(json_object_get(value, "out")));
	}
}

static void hkdf_gives_the_bytes_of_rfc_5869(void **state)
{
	/* A.1 and A.3; the second has an empty salt. */
	uint8_t ikm[22], salt[13], info[10];
	struct nos_secret prk = { 0 }, okm = { 0 };

	(void)state;
	memset(ikm, 0x0b, sizeof(ikm));
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(info); i++)
		info[i] = (uint8_t)(0xf0 + i);
	assert_int_equal(nos_hkdf_extract((struct nos_span){ salt, 13 },
			     (struct nos_span){ ikm, 22 }, &prk, &err),
	    NOS_OK);
	assert_hex(
	    prk.bytes, prk.len, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
	assert_int_equal(
	    nos_hkdf_expand(&prk, (struct nos_span){ info, 10 }, 32, &okm, &err), NOS_OK);
	assert_hex(
	    okm.bytes, okm.len, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
	assert_int_equal(nos_hkdf_extract((struct nos_span){ NULL, 0 },
			     (struct nos_span){ ikm, 22 }, &prk, &err),
	    NOS_OK);
	assert_hex(
	    prk.bytes, prk.len, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
	assert_int_equal(
	    nos_hkdf_expand(&prk, (struct nos_span){ NULL, 0 }, 32, &okm, &err), NOS_OK);
	assert_hex(
	    okm.bytes, okm.len, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

static void hkdf_takes_a_salt_that_is_longer_than_a_block(void **state)
{
	uint8_t salt[80], ikm[80], info[80];
	struct nos_secret prk = { 0 }, okm = { 0 };

	(void)state;
	for (size_t i = 0; i < 80; i++) {
		ikm[i] = (uint8_t)i;
		salt[i] = (uint8_t)(0x60 + i);
		info[i] = (uint8_t)(0xb0 + i);
	}
	assert_int_equal(nos_hkdf_extract((struct nos_span){ salt, 80 },
			     (struct nos_span){ ikm, 80 }, &prk, &err),
	    NOS_OK);
	assert_hex(
	    prk.bytes, prk.len, "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244");
	assert_int_equal(
	    nos_hkdf_expand(&prk, (struct nos_span){ info, 80 }, 32, &okm, &err), NOS_OK);
	assert_hex(
	    okm.bytes, okm.len, "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
}

static void a_salt_longer_than_a_block_gives_the_bytes_of_rfc_5869(void **state)
{
	/* A.2, whose expansion begins as one of 32 bytes does. */
	uint8_t ikm[80], salt[80], info[80];
	struct nos_secret prk = { 0 }, okm = { 0 };

	(void)state;
	for (size_t i = 0; i < 80; i++) {
		ikm[i] = (uint8_t)i;
		salt[i] = (uint8_t)(0x60 + i);
		info[i] = (uint8_t)(0xb0 + i);
	}
	assert_int_equal(nos_hkdf_extract((struct nos_span){ salt, 80 },
			     (struct nos_span){ ikm, 80 }, &prk, &err),
	    NOS_OK);
	assert_hex(
	    prk.bytes, prk.len, "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244");
	assert_int_equal(
	    nos_hkdf_expand(&prk, (struct nos_span){ info, 80 }, 32, &okm, &err), NOS_OK);
	assert_hex(
	    okm.bytes, okm.len, "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
}

static void a_registration_gives_both_sides_the_keys_of_the_vectors(void **state)
{
	struct nos_secret node = vector_secret("inputs/node private"),
			  once = vector_secret("inputs/E_N private"),
			  theirs = vector_secret("inputs/E_S private"),
			  token = vector_secret("inputs/token"), t = { 0 }, a = { 0 }, b = { 0 },
			  r = { 0 }, key = { 0 };
	struct nos_secret hash = vector_secret("registration/SHA-256(m1)");
	struct nos_ecdh_point e_s, e_n, n;
	struct nos_derive_base base = { 0 };

	(void)state;
	assert_int_equal(nos_ecdh_public(&theirs, &e_s, &err), NOS_OK);
	assert_int_equal(nos_ecdh_public(&once, &e_n, &err), NOS_OK);
	assert_int_equal(nos_ecdh_public(&node, &n, &err), NOS_OK);
	assert_vector(e_s.bytes, sizeof(e_s.bytes), "inputs/E_S");
	assert_vector(e_n.bytes, sizeof(e_n.bytes), "inputs/E_N");
	assert_vector(n.bytes, sizeof(n.bytes), "inputs/node public");
	assert_int_equal(nos_derive_token(nos_secret_span(&token), &t, &err), NOS_OK);
	assert_vector_secret(&t, "registration/T");
	assert_int_equal(nos_derive_key(&t, "id", NULL, 0, 8, &key, &err), NOS_OK);
	assert_vector_secret(&key, "registration/token id");

	assert_int_equal(nos_ecdh_shared(&once, &e_s, &a, &err), NOS_OK);
	assert_vector_secret(&a, "registration/ECDH(E_N,E_S)");
	assert_int_equal(nos_ecdh_shared(&theirs, &n, &b, &err), NOS_OK);
	assert_vector_secret(&b, "registration/ECDH(N,E_S)");
	assert_int_equal(nos_derive_root(&t, &a, &b, &r, &err), NOS_OK);
	assert_vector_secret(&r, "registration/R");

	const struct nos_derive_registration reg = { nos_secret_span(&hash),
		{ e_n.bytes, sizeof(e_n.bytes) }, 1, nos_str_of(vector_text("inputs/S")) };

	assert_int_equal(nos_derive_base_from(&r, &reg, &base, &err), NOS_OK);
	assert_vector_secret(&base.down, "registration/C_0 down");
	assert_vector_secret(&base.up, "registration/C_0 up");
	assert_vector_secret(&base.pair, "registration/P_1");
	assert_vector_secret(&base.z, "registration/Z");

	static const char *const hang_on_z[] = { [NOS_DERIVE_AUTH] = "registration/K_S",
		[NOS_DERIVE_RESYNC] = "registration/R*",
		[NOS_DERIVE_RENEW] = "registration/V",
		[NOS_DERIVE_POLL] = "registration/Q" };

	for (int which = NOS_DERIVE_AUTH; which <= NOS_DERIVE_POLL; which++) {
		assert_int_equal(
		    nos_derive_static(&base.z, (enum nos_derive_static)which, &key, &err), NOS_OK);
		assert_vector_secret(&key, hang_on_z[which]);
	}
}

static void a_control_chain_steps_as_the_vectors_say(void **state)
{
	struct nos_chain c = { .key = vector_secret("registration/C_0 down") };
	struct nos_chain_step step = { { 0 }, { 0 } };
	char path[40];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(nos_chain_look(&c, &step, &err), NOS_OK);
		snprintf(path, sizeof(path), "chain down/%u/M", i);
		assert_vector_secret(&step.message, path);
		snprintf(path, sizeof(path), "chain down/%u/M'", i);
		assert_vector_secret(&step.key, path);
		assert_int_equal(nos_chain_advance(&c, i + 1, &err), NOS_OK);
		snprintf(path, sizeof(path), "chain down/%u/C next", i);
		assert_vector_secret(&c.key, path);
	}
}

static void a_chain_skips_no_further_than_its_limit_and_never_back(void **state)
{
	struct nos_chain c = { .key = vector_secret("registration/C_0 down") }, far;
	struct nos_chain_step step = { { 0 }, { 0 } };

	(void)state;
	far = c;
	assert_int_equal(nos_chain_advance(&far, NOS_CHAIN_SKIP_MAX + 1, &err), NOS_DATA);
	assert_int_equal(far.ctr, 0);
	assert_int_equal(nos_chain_advance(&far, 300, &err), NOS_OK);
	assert_int_equal(nos_chain_look(&far, &step, &err), NOS_OK);
	assert_vector_secret(&step.message, "U/pair at ctr 300/M");
	assert_int_equal(nos_chain_advance(&far, 299, &err), NOS_DATA);
	far.ctr = NOS_CHAIN_CTR_MAX;
	assert_int_equal(nos_chain_advance(&far, NOS_CHAIN_CTR_MAX + 1, &err), NOS_DATA);
}

static void data_key_and_receipt_are_as_the_vectors_say(void **state)
{
	struct nos_secret scheme_key = vector_secret("pack/scheme key"),
			  k_s = vector_secret("pack/K_S"), d = { 0 }, content = { 0 };
	uint8_t receipt[NOS_DERIVE_RECEIPT_LEN];
	struct nos_buf text;

	(void)state;
	assert_int_equal(nos_derive_data(&scheme_key, &k_s, &d, &err), NOS_OK);
	assert_vector_secret(&d, "pack/D");
	assert_int_equal(nos_derive_content(&d, NOS_STR("p.1"), nos_str_of(vector_text("inputs/S")),
			     NOS_STR("A128GCM"), &content, &err),
	    NOS_OK);
	assert_vector_secret(&content, "pack/data key");
	assert_int_equal(nos_derive_receipt(&d, nos_str_bytes(nos_str_of(vector_text("pack/pack"))),
			     nos_str_bytes(nos_str_of(vector_text("pack/answer"))), receipt, &err),
	    NOS_OK);
	assert_vector(receipt, sizeof(receipt), "pack/receipt");
	nos_buf_init(&text, 100);
	nos_enc_base64(&text, receipt, sizeof(receipt));
	assert_buf(&text, vector_text("pack/Nos-Receipt"));
	nos_buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leb128_is_as_the_vectors_say),
		cmocka_unit_test(a_context_is_a_list_of_length_prefixed_fields),
		cmocka_unit_test(every_expansion_is_as_the_vectors_say),
		cmocka_unit_test(hkdf_gives_the_bytes_of_rfc_5869),
		cmocka_unit_test(hkdf_takes_a_salt_that_is_longer_than_a_block),
		cmocka_unit_test(a_salt_longer_than_a_block_gives_the_bytes_of_rfc_5869),
		cmocka_unit_test(a_registration_gives_both_sides_the_keys_of_the_vectors),
		cmocka_unit_test(a_control_chain_steps_as_the_vectors_say),
		cmocka_unit_test(a_chain_skips_no_further_than_its_limit_and_never_back),
		cmocka_unit_test(data_key_and_receipt_are_as_the_vectors_say),
	};
	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
