/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include "crypto/direct.h"
#include "crypto/jose.h"
#include "envelope/header.h"

static struct nos_err err;
static struct nos_scan scan;

#define PACK_MAX (1u << 20)

/* A JWE with this header and parts of the right size behind it. */
static enum nos_code read_with(const char *header, enum nos_header_use use, struct nos_header *ret)
{
	struct nos_buf b;
	enum nos_code code;

	nos_buf_init(&b, 10000);
	nos_enc_base64(&b, header, strlen(header));
	nos_buf_add_text(&b, "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA");
	code = nos_header_read(nos_buf_str(&b), use, PACK_MAX, &scan, ret, &err);
	nos_buf_release(&b);
	return code;
}

static void the_header_of_a_pack_is_read(void **state)
{
	struct nos_header h;

	(void)state;
	assert_int_equal(nos_header_read(nos_str_of(vector_text("pack/pack")), NOS_HEADER_PACK,
			     PACK_MAX, &scan, &h, &err),
	    NOS_OK);
	assert_string_equal(h.kid, "p.1");
	assert_string_equal(h.source, "s-7f3a09c2e1");
	assert_string_equal(h.cty, "x-ndjson");
	assert_int_equal(h.seq, 17);
	assert_false(h.has_prev);
	assert_int_equal(nos_header_read(nos_str_of(vector_text("pack/pack with prev")),
			     NOS_HEADER_PACK, PACK_MAX, &scan, &h, &err),
	    NOS_OK);
	assert_true(h.has_prev);
	assert_int_equal(h.prev, 17);
}

static void the_header_of_a_registration_is_read(void **state)
{
	struct nos_header h;

	(void)state;
	assert_int_equal(nos_header_read(nos_str_of(vector_text("registration/m1")), NOS_HEADER_KEY,
			     PACK_MAX, &scan, &h, &err),
	    NOS_OK);
	assert_vector(h.thumbprint, sizeof(h.thumbprint), "inputs/node thumbprint");
	assert_int_equal(nos_header_read(nos_str_of(vector_text("registration/m1")),
			     NOS_HEADER_PACK, PACK_MAX, &scan, &h, &err),
	    NOS_DATA);
	assert_int_equal(nos_header_read(nos_str_of(vector_text("pack/pack")), NOS_HEADER_KEY,
			     PACK_MAX, &scan, &h, &err),
	    NOS_DATA);
}

#define START "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":1"

static void blanks_and_typ_are_taken(void **state)
{
	struct nos_header h;

	(void)state;
	assert_int_equal(
	    read_with(
		"{ \"alg\": \"dir\", \"enc\" : \"A128GCM\", \"kid\": \"p.1\", \"src\": \"s-1\",\n\"seq\": 9007199254740991, \"typ\":\"JWE\" }",
		NOS_HEADER_PACK, &h),
	    NOS_OK);
	assert_true(h.seq == 9007199254740991);
}

static void a_header_that_says_anything_else_is_refused(void **state)
{
	static const char *const headers[] = {
		START ",\"crit\":[\"exp\"]}",
		START ",\"zip\":\"DEF\"}",
		START ",\"jku\":\"http://x\"}",
		START ",\"jwk\":{}}",
		START ",\"p2s\":\"x\"}",
		START ",\"apu\":\"x\"}",
		START ",\"epk\":{}}",
		START ",\"seq\":1}",
		START ",\"x\\u0061\":1}",
		START ",\"prev\":1}",
		START ",\"prev\":-1}",
		START ",\"cty\":7}",
		START "}x",
		START,
		"[]",
		"7",
		"",
		"{\"alg\":\"A128KW\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":1}",
		"{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":1}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"src\":\"s-1\",\"seq\":1}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"seq\":1}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\"}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":0}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":1.0}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":1e3}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":-1}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":\"1\"}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":9007199254740992}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s 1\",\"seq\":1}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"\",\"seq\":1}",
		"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"123456789012345678901234567890123\",\"seq\":1}",
	};
	struct nos_header h;

	(void)state;
	assert_int_equal(read_with(START "}", NOS_HEADER_PACK, &h), NOS_OK);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (read_with(headers[i], NOS_HEADER_PACK, &h) != NOS_DATA)
			fail_msg("taken: %s", headers[i]);
	}
}

static void the_five_parts_have_one_form(void **state)
{
	/* base64url of {"alg":"dir","enc":"A128GCM","kid":"p.1","src":"s-1","seq":1} */
	static const char *const tails[] = { "", ".", "..", "...", "..AAAAAAAAAAAAAAAA.AAAA",
		"..AAAAAAAAAAAAAAAA..AAAAAAAAAAAAAAAAAAAAAA",
		".AA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"..AAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAA",
		"..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAB",
		"..AAAAAAAAAAAAAAAA.AAB.AAAAAAAAAAAAAAAAAAAAAA",
		"..AAAAAAAAAAAAAAAA.AA==.AAAAAAAAAAAAAAAAAAAAAA",
		"..AAAAAAAAAAAAAAAA.A+AA.AAAAAAAAAAAAAAAAAAAAAA",
		"..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA.",
		"..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA\n",
		"..AAAAAAAAAAAAAAAA.AAAAA.AAAAAAAAAAAAAAAAAAAAAA" };
	struct nos_header h;
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 10000);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		nos_buf_truncate(&b, 0);
		nos_enc_base64(&b, START "}", strlen(START "}"));
		nos_buf_add_text(&b, tails[i]);
		if (nos_header_read(nos_buf_str(&b), NOS_HEADER_PACK, PACK_MAX, &scan, &h, &err) !=
		    NOS_DATA)
			fail_msg("taken: %s", tails[i]);
	}
	assert_int_equal(
	    nos_header_read(nos_buf_str(&b), NOS_HEADER_PACK, 10, &scan, &h, &err), NOS_LARGE);
	nos_buf_release(&b);
}

static void a_pack_of_the_vectors_opens_and_ours_opens_again(void **state)
{
	struct nos_secret key = vector_secret("pack/data key");
	const struct nos_str header = NOS_STR(
	    "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-1\",\"seq\":18}");
	struct nos_header h;
	struct nos_buf plain, sealed;

	(void)state;
	nos_buf_init_secret(&plain, 10000);
	nos_buf_init(&sealed, 10000);
	assert_int_equal(
	    nos_direct_open(&key, nos_str_of(vector_text("pack/pack")), &plain, &err), NOS_OK);
	assert_buf(&plain, vector_text("pack/plaintext"));
	assert_int_equal(
	    nos_direct_seal(&key, header, nos_buf_span(&plain), &sealed, &err), NOS_OK);
	assert_int_equal(
	    nos_header_read(nos_buf_str(&sealed), NOS_HEADER_PACK, PACK_MAX, &scan, &h, &err),
	    NOS_OK);
	assert_int_equal(h.seq, 18);
	nos_buf_truncate(&plain, 0);
	assert_int_equal(nos_direct_open(&key, nos_buf_str(&sealed), &plain, &err), NOS_OK);
	assert_buf(&plain, vector_text("pack/plaintext"));
	key.bytes[0] ^= 1;
	assert_int_equal(nos_direct_open(&key, nos_buf_str(&sealed), &plain, &err), NOS_TAG);
	nos_buf_release(&plain);
	nos_buf_release(&sealed);
}

static void a_registration_of_the_vectors_opens_and_ours_opens_again(void **state)
{
	struct nos_secret node = vector_secret("inputs/node private"),
			  source = vector_secret("inputs/E_S private");
	struct nos_ecdh_point point;
	struct nos_header h;
	struct nos_buf plain, sealed;

	(void)state;
	nos_buf_init_secret(&plain, 10000);
	nos_buf_init(&sealed, 10000);
	assert_int_equal(
	    nos_jose_open_with(&node, nos_str_of(vector_text("registration/m1")), &plain, &err),
	    NOS_OK);
	assert_buf(&plain, vector_text("registration/m1 plaintext"));
	nos_buf_truncate(&plain, 0);
	assert_int_equal(
	    nos_jose_open_with(&source, nos_str_of(vector_text("registration/m2")), &plain, &err),
	    NOS_OK);
	assert_int_equal(nos_ecdh_public(&node, &point, &err), NOS_OK);
	assert_int_equal(
	    nos_jose_seal_to(&point, nos_str_bytes(NOS_STR("hello")), &sealed, &err), NOS_OK);
	assert_int_equal(
	    nos_header_read(nos_buf_str(&sealed), NOS_HEADER_KEY, PACK_MAX, &scan, &h, &err),
	    NOS_OK);
	assert_vector(h.thumbprint, sizeof(h.thumbprint), "inputs/node thumbprint");
	nos_buf_truncate(&plain, 0);
	assert_int_equal(nos_jose_open_with(&node, nos_buf_str(&sealed), &plain, &err), NOS_OK);
	assert_buf(&plain, "hello");
	nos_buf_truncate(&plain, 0);
	assert_int_equal(nos_jose_open_with(&source, nos_buf_str(&sealed), &plain, &err), NOS_TAG);
	nos_buf_release(&plain);
	nos_buf_release(&sealed);
}

static int start(void **state)
{
	nos_jose_start();
	return vectors_load(state);
}

static int stop(void **state)
{
	nos_scan_release(&scan);
	return vectors_drop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_of_a_pack_is_read),
		cmocka_unit_test(the_header_of_a_registration_is_read),
		cmocka_unit_test(blanks_and_typ_are_taken),
		cmocka_unit_test(a_header_that_says_anything_else_is_refused),
		cmocka_unit_test(the_five_parts_have_one_form),
		cmocka_unit_test(a_pack_of_the_vectors_opens_and_ours_opens_again),
		cmocka_unit_test(a_registration_of_the_vectors_opens_and_ours_opens_again),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
