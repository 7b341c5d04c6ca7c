/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include "crypto/jose.h"
#include "envelope/pack.h"
#include "scheme/scheme.h"

#define SOURCE NOS_STR("s-7f3a09c2e1")
#define KID    NOS_STR("p.1")

static struct nos_err err;
static struct nos_pack_keys keys;

static int keys_make(void **state)
{
	struct nos_secret pair, k_s;

	if (vectors_load(state))
		return -1;
	nos_jose_start();
	pair = vector_secret("registration/P_1");
	k_s = vector_secret("registration/K_S");
	return nos_pack_keys_make(&pair, &k_s, KID, SOURCE, &keys, &err) ? -1 : 0;
}

static void the_keys_are_those_of_the_vectors(void **state)
{
	struct nos_secret content = { 0 };

	(void)state;
	assert_true(nos_secret_put(&content, keys.content, sizeof(keys.content)));
	assert_vector_secret(&content, "pack/data key");
}

static void a_pack_opens_and_says_what_it_was_given(void **state)
{
	struct nos_pack pack = { .kid = KID,
		.source = SOURCE,
		.seq = 64,
		.prev = 17,
		.cty = NOS_STR("application/x-ndjson") };
	struct nos_span text = nos_str_bytes(nos_str_of(vector_text("pack/plaintext")));
	struct nos_scan scan = { 0 };
	struct nos_header header;
	struct nos_buf jwe, plain;

	(void)state;
	nos_buf_init(&jwe, NOS_PACK_MAX);
	nos_buf_init_secret(&plain, NOS_PACK_MAX);
	assert_int_equal(nos_pack_seal(&keys, &pack, text, &jwe, &err), NOS_OK);
	assert_int_equal(
	    nos_header_read(nos_buf_str(&jwe), NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &header, &err),
	    NOS_OK);
	assert_string_equal(header.kid, "p.1");
	assert_string_equal(header.cty, "x-ndjson");
	assert_int_equal(header.seq, 64);
	assert_int_equal(header.prev, 17);
	assert_int_equal(nos_pack_open(&keys, nos_buf_str(&jwe), &plain, &err), NOS_OK);
	assert_buf(&plain, vector_text("pack/plaintext"));
	nos_buf_truncate(&plain, 0);
	assert_int_equal(
	    nos_pack_open(&keys, nos_str_of(vector_text("pack/pack")), &plain, &err), NOS_OK);
	assert_buf(&plain, vector_text("pack/plaintext"));
	nos_buf_release(&jwe);
	nos_buf_release(&plain);
	nos_scan_release(&scan);
}

static void every_bit_of_a_pack_is_under_its_tag(void **state)
{
	const char *pack = vector_text("pack/pack");
	size_t len = strlen(pack), last = (size_t)(strrchr(pack, '.') - pack);
	struct nos_buf plain;

	(void)state;
	nos_buf_init_secret(&plain, NOS_PACK_MAX);
	for (size_t i = 0; i < len; i++) {
		char *bent = strdup(pack);

		/* The last letters of a part hold spare bits, which the header's check refuses. */
		bent[i] = bent[i] == 'A' ? 'Q' : 'A';
		if (pack[i] != '.' && pack[i + 1] != '.' && pack[i + 1] != '\0' && i != last)
			assert_int_not_equal(
			    nos_pack_open(&keys, nos_str_of(bent), &plain, &err), NOS_OK);
		free(bent);
	}
	nos_buf_release(&plain);
}

static void a_receipt_is_good_for_its_pack_and_answer_alone(void **state)
{
	struct nos_span pack = { (const uint8_t *)"pack", 4 },
			answer = { (const uint8_t *)"{}", 2 };
	char receipt[NOS_PACK_RECEIPT_LEN];
	struct nos_str r = { receipt, NOS_PACK_RECEIPT_LEN - 1 };

	(void)state;
	assert_int_equal(nos_pack_receipt(&keys, pack, answer, receipt, &err), NOS_OK);
	assert_true(nos_pack_receipt_is_good(&keys, pack, answer, r));
	assert_false(nos_pack_receipt_is_good(&keys, answer, pack, r));
	assert_false(nos_pack_receipt_is_good(&keys, pack, answer, NOS_STR("")));
	receipt[3] ^= 1;
	assert_false(nos_pack_receipt_is_good(&keys, pack, answer, r));
}

static void every_scheme_names_its_keys_by_a_letter_of_its_own(void **state)
{
	const struct nos_scheme *s;
	size_t n = 0;

	(void)state;
	for (; (s = nos_scheme_at(n)); n++) {
		const struct nos_name key = s->name_of(1, 7);
		char name[NOS_NAME_TEXT_MAX];
		struct nos_name again;

		assert_int_equal(key.kind, s->letter);
		assert_int_equal(nos_name_rank(&key), 7);
		nos_name_format(&key, name);
		assert_true(nos_name_parse(nos_str_of(name), &again));
		assert_true(nos_name_eq(&again, &key));
		assert_ptr_equal(nos_scheme_find(nos_str_of(s->name)), s);
		assert_ptr_equal(nos_scheme_of(s->letter), s);
		assert_true(s->holders >= 2);
	}
	assert_true(n > 0);
	assert_null(nos_scheme_find(NOS_STR("none")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_keys_are_those_of_the_vectors),
		cmocka_unit_test(a_pack_opens_and_says_what_it_was_given),
		cmocka_unit_test(every_bit_of_a_pack_is_under_its_tag),
		cmocka_unit_test(a_receipt_is_good_for_its_pack_and_answer_alone),
		cmocka_unit_test(every_scheme_names_its_keys_by_a_letter_of_its_own),
	};

	return cmocka_run_group_tests(tests, keys_make, vectors_drop);
}
