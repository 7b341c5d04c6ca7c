/* SPDX-License-Identifier: MIT */
#include "../cjose.h"
#include "../test.h"

#include "crypto/aead.h"
#include "crypto/direct.h"
#include "crypto/jose.h"

#define HEADER NOS_STR("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}")
#define MAX    (1u << 20)

static struct nos_err err;
static struct nos_secret key;
static struct nos_buf jwe, plain, other;

static int start(void **state)
{
	(void)state;
	nos_jose_start();
	nos_secret_put(&key, "0123456789abcdef", 16);
	nos_buf_init(&jwe, MAX);
	nos_buf_init_secret(&plain, MAX);
	nos_buf_init_secret(&other, MAX);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	nos_buf_release(&jwe);
	nos_buf_release(&plain);
	nos_buf_release(&other);
	return 0;
}

static enum nos_code open_it(struct nos_str text)
{
	nos_buf_truncate(&plain, 0);
	return nos_direct_open(&key, text, &plain, &err);
}

/* ---- what is good ---- */

static void the_bytes_of_rfc_7520_open(void **state)
{
	/* Section 5.6. */
	static const char text[] =
	    "eyJhbGciOiJkaXIiLCJraWQiOiI3N2M3ZTJiOC02ZTEzLTQ1Y2YtODY3Mi02MTdiNWI0NTI0M2EiLCJlbmMiOiJB"
	    "MTI4R0NNIn0..refa467QzzKx6QAB.JW_i_f52hww_ELQPGaYyeAB6HYGcR559l9TYnSovc23XJoBcW29rHP8yZO"
	    "ZG7YhLpT1bjFuvZPjQS-m0IFtVcXkZXdH_lr_FrdYt9HRUYkshtrMmIUAyGmUnd9zMDB2n0cRDIHAzFVeJUDxkUw"
	    "VAE7_YGRPdcqMyiBoCO-FBdE-Nceb4h3-FtBP-c_BIwCPTjb9o0SbdcdREEMJMyZBH8ySWMVi1gPD9yxi-aQpGbS"
	    "v_F9N4IZAxscj5g-NJsUPbjk29-s7LJAGb15wEBtXphVCgyy53CoIKLHHeJHXex45Uz9aKZSRSInZI-wjsY0yu3c"
	    "T4_aQ3i1o-tiE-F8Ios61EKgyIQ4CWao8PFMj8TTnp.vbb32Xvllea2OtmHAdccRQ";
	struct nos_secret rfc = { .len = 16 };

	(void)state;
	assert_true(nos_enc_base64_fixed(NOS_STR("XctOhJAkA-pD9Lh7ZgW_2A"), rfc.bytes, 16));
	nos_buf_truncate(&plain, 0);
	assert_int_equal(nos_direct_open(&rfc, nos_str_of(text), &plain, &err), NOS_OK);
	assert_buf(&plain,
	    "You can trust us to stick with you through thick and thin\xe2\x80\x93to the bitter "
	    "end. And you can trust us to keep any secret of yours\xe2\x80\x93"
	    "closer than you keep it yourself. But you cannot trust us to let you face trouble "
	    "alone, and go off without a word. We are your friends, Frodo.");
}

static void check_both_ways(const uint8_t *text, size_t len)
{
	const struct nos_span span = { text, len };

	nos_buf_truncate(&jwe, 0);
	assert_true(cjose_seals(&key, span, &jwe));
	assert_int_equal(open_it(nos_buf_str(&jwe)), NOS_OK);
	assert_int_equal(plain.len, len);
	assert_memory_equal(plain.p, text, len);
	nos_buf_truncate(&jwe, 0);
	assert_int_equal(nos_direct_seal(&key, HEADER, span, &jwe, &err), NOS_OK);
	nos_buf_truncate(&other, 0);
	assert_true(cjose_opens(&key, nos_buf_str(&jwe), &other));
	assert_int_equal(other.len, len);
	assert_memory_equal(other.p, text, len);
}

static void what_cjose_seals_ours_opens_and_the_other_way(void **state)
{
	static uint8_t text[50000];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 167 + i / 256);
	for (size_t len = 1; len <= 80; len++)
		check_both_ways(text, len);
	check_both_ways(text, 4095);
	check_both_ways(text, sizeof(text));
}

static void each_sealing_has_a_nonce_of_its_own(void **state)
{
	struct nos_str a[NOS_DIRECT_PARTS], b[NOS_DIRECT_PARTS];
	const struct nos_span text = nos_str_bytes(NOS_STR("same"));

	(void)state;
	nos_buf_truncate(&jwe, 0);
	nos_buf_truncate(&other, 0);
	assert_int_equal(nos_direct_seal(&key, HEADER, text, &jwe, &err), NOS_OK);
	assert_int_equal(nos_direct_seal(&key, HEADER, text, &other, &err), NOS_OK);
	assert_true(nos_direct_split(nos_buf_str(&jwe), a));
	assert_true(nos_direct_split(nos_buf_str(&other), b));
	assert_true(nos_str_eq(a[0], b[0]));
	assert_false(nos_str_eq(a[2], b[2]));
	assert_false(nos_str_eq(a[3], b[3]));
}

static void what_is_opened_is_appended(void **state)
{
	(void)state;
	nos_buf_truncate(&jwe, 0);
	nos_buf_add_text(&jwe, "before");
	assert_int_equal(
	    nos_direct_seal(&key, HEADER, nos_str_bytes(NOS_STR("text")), &jwe, &err), NOS_OK);
	assert_memory_equal(jwe.p, "before", 6);
	nos_buf_drop(&jwe, 6);
	nos_buf_truncate(&plain, 0);
	nos_buf_add_text(&plain, "first ");
	assert_int_equal(nos_direct_open(&key, nos_buf_str(&jwe), &plain, &err), NOS_OK);
	assert_buf(&plain, "first text");
}

/* ---- what is not ---- */

static void of_a_wrong_tag_nothing_is_left_behind(void **state)
{
	static const char zeros[60];

	(void)state;
	nos_buf_truncate(&jwe, 0);
	nos_buf_truncate(&plain, 0);
	assert_int_equal(nos_direct_seal(&key, HEADER,
			     nos_str_bytes(NOS_STR("a text of sixty bytes, none of which may be "
						   "found afterwards.")),
			     &jwe, &err),
	    NOS_OK);
	jwe.p[jwe.len - 5] = jwe.p[jwe.len - 5] == 'A' ? 'B' : 'A';
	nos_buf_add_text(&plain, "first ");
	assert_int_equal(nos_direct_open(&key, nos_buf_str(&jwe), &plain, &err), NOS_TAG);
	assert_buf(&plain, "first ");
	assert_memory_equal(plain.p + 6, zeros, sizeof(zeros));
}

static void each_byte_that_is_another_is_refused(void **state)
{
	char *at;

	(void)state;
	nos_buf_truncate(&jwe, 0);
	assert_int_equal(
	    nos_direct_seal(&key, HEADER, nos_str_bytes(NOS_STR("12345")), &jwe, &err), NOS_OK);
	for (size_t i = 0; i < jwe.len; i++) {
		at = jwe.p + i;
		for (int bits = 1; bits < 256; bits++) {
			*at = (char)(*at ^ bits);
			if (!open_it(nos_buf_str(&jwe)) || plain.len)
				fail_msg("byte %zu: taken: %s", i, jwe.p);
			*at = (char)(*at ^ bits);
		}
	}
	assert_int_equal(open_it(nos_buf_str(&jwe)), NOS_OK);
}

static void a_text_that_is_cut_or_goes_on_is_refused(void **state)
{
	(void)state;
	nos_buf_truncate(&jwe, 0);
	assert_int_equal(
	    nos_direct_seal(&key, HEADER, nos_str_bytes(NOS_STR("12345")), &jwe, &err), NOS_OK);
	for (size_t len = 0; len < jwe.len; len++)
		assert_int_equal(open_it((struct nos_str){ jwe.p, len }), NOS_DATA);
	for (int c = 0; c < 256; c++) {
		nos_buf_add_char(&jwe, (char)c);
		assert_int_equal(open_it(nos_buf_str(&jwe)), NOS_DATA);
		nos_buf_truncate(&jwe, jwe.len - 1);
	}
}

/* A text that verifies, of these forms of its parts; the tag cut or drawn out to len bytes. */
struct form {
	const char *header, *encrypted, *nonce_end, *text_end, *tag_end, *behind;
	size_t tag_len;
};

#define GOOD                                                                      \
	{                                                                         \
		"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", "", 16 \
	}

static void compose(const struct form *f, size_t text_len)
{
	uint8_t nonce[NOS_AEAD_NONCE_LEN] = { 0xfb, 0xff, 0xfe }, text[20] = "12345678901234567890";
	uint8_t tag[NOS_AEAD_TAG_LEN + 1] = { 0 };

	assert_int_equal(nos_aead_gcm_seal(&key, nonce, nos_str_bytes(nos_str_of(f->header)),
			     (struct nos_span){ text, text_len }, text, tag, &err),
	    NOS_OK);
	nos_buf_truncate(&jwe, 0);
	nos_buf_addf(&jwe, "%s.%s.", f->header, f->encrypted);
	nos_enc_base64(&jwe, nonce, sizeof(nonce));
	nos_buf_addf(&jwe, "%s.", f->nonce_end);
	nos_enc_base64(&jwe, text, text_len);
	nos_buf_addf(&jwe, "%s.", f->text_end);
	nos_enc_base64(&jwe, tag, f->tag_len);
	nos_buf_addf(&jwe, "%s%s", f->tag_end, f->behind);
}

static void every_other_form_of_a_text_that_verifies_is_refused(void **state)
{
	static const struct form good = GOOD, forms[] = {
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0=", "", "", "", "", "", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn1", "", "", "", "", "", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0\n", "", "", "", "", "", 16 },
		{ "", "", "", "", "", "", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "AA", "", "", "", "", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "=", "", "", "", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "AA", "", "", "", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "=", "", "", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", " ", "", "", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "==", "", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", "\n", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", ".", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", ".AAAA", 16 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", "", 0 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", "", 1 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", "", 4 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", "", 8 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", "", 15 },
		{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "", "", "", "", 17 },
	};

	(void)state;
	compose(&good, 20);
	assert_int_equal(open_it(nos_buf_str(&jwe)), NOS_OK);
	assert_buf(&plain, "12345678901234567890");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		compose(&forms[i], 20);
		if (open_it(nos_buf_str(&jwe)) != NOS_DATA || plain.len)
			fail_msg("taken: %s", jwe.p);
	}
	compose(&good, 0);
	assert_int_equal(open_it(nos_buf_str(&jwe)), NOS_DATA);
}

/* cjose takes these, as the same bytes. */
static void a_letter_for_another_and_a_spare_bit_are_refused(void **state)
{
	static const struct form good = GOOD;
	char *end;

	(void)state;
	compose(&good, 20); /* the nonce begins "-__-", the text's last letter has two spare bits */
	for (size_t i = 0; i < jwe.len; i++) {
		const char was = jwe.p[i];

		if (was != '-' && was != '_')
			continue;
		jwe.p[i] = was == '-' ? '+' : '/';
		assert_int_equal(open_it(nos_buf_str(&jwe)), NOS_DATA);
		jwe.p[i] = was;
	}
	end = strrchr(jwe.p, '.') - 1;
	(*end)++;
	assert_int_equal(open_it(nos_buf_str(&jwe)), NOS_DATA);
	(*end)--;
	assert_int_equal(open_it(nos_buf_str(&jwe)), NOS_OK);
	jwe.p[jwe.len - 1]++;
	assert_int_equal(open_it(nos_buf_str(&jwe)), NOS_DATA);
	nos_buf_truncate(&other, 0);
	assert_true(cjose_opens(&key, nos_buf_str(&jwe), &other));
	assert_buf(&other, "12345678901234567890");
}

static void a_key_of_another_length_opens_and_seals_nothing(void **state)
{
	static const size_t lens[] = { 0, 15, 17, 24, 32 };
	struct nos_secret bad = { .bytes = "0123456789abcdef" };

	(void)state;
	nos_buf_truncate(&jwe, 0);
	assert_int_equal(
	    nos_direct_seal(&key, HEADER, nos_str_bytes(NOS_STR("12345")), &jwe, &err), NOS_OK);
	nos_buf_truncate(&other, 0);
	nos_buf_truncate(&plain, 0);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		bad.len = lens[i];
		assert_int_equal(
		    nos_direct_open(&bad, nos_buf_str(&jwe), &plain, &err), NOS_INTERNAL);
		assert_int_equal(
		    nos_direct_seal(&bad, HEADER, nos_str_bytes(NOS_STR("12345")), &other, &err),
		    NOS_INTERNAL);
		assert_int_equal(plain.len + other.len, 0);
	}
	bad.len = 16;
	bad.bytes[15] ^= 1;
	assert_int_equal(nos_direct_open(&bad, nos_buf_str(&jwe), &plain, &err), NOS_TAG);
}

static void a_buffer_that_is_too_small_takes_nothing(void **state)
{
	struct nos_buf small;

	(void)state;
	nos_buf_init(&small, 60);
	assert_int_equal(
	    nos_direct_seal(&key, HEADER, nos_str_bytes(NOS_STR("12345678")), &small, &err),
	    NOS_LARGE);
	nos_buf_release(&small);
	nos_buf_truncate(&jwe, 0);
	assert_int_equal(
	    nos_direct_seal(&key, HEADER, nos_str_bytes(NOS_STR("12345678")), &jwe, &err), NOS_OK);
	nos_buf_init_secret(&small, 7);
	assert_int_equal(nos_direct_open(&key, nos_buf_str(&jwe), &small, &err), NOS_LARGE);
	assert_int_equal(small.len, 0);
	nos_buf_release(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes_of_rfc_7520_open),
		cmocka_unit_test(what_cjose_seals_ours_opens_and_the_other_way),
		cmocka_unit_test(each_sealing_has_a_nonce_of_its_own),
		cmocka_unit_test(what_is_opened_is_appended),
		cmocka_unit_test(of_a_wrong_tag_nothing_is_left_behind),
		cmocka_unit_test(each_byte_that_is_another_is_refused),
		cmocka_unit_test(a_text_that_is_cut_or_goes_on_is_refused),
		cmocka_unit_test(every_other_form_of_a_text_that_verifies_is_refused),
		cmocka_unit_test(a_letter_for_another_and_a_spare_bit_are_refused),
		cmocka_unit_test(a_key_of_another_length_opens_and_seals_nothing),
		cmocka_unit_test(a_buffer_that_is_too_small_takes_nothing),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
