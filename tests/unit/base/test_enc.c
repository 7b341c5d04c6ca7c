/* SPDX-License-Identifier: MIT */
#include "../test.h"

static void base64url_goes_both_ways_at_every_length(void **state)
{
	struct nos_buf text, back;
	uint8_t in[70];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 151 + 7);
	for (size_t len = 0; len <= sizeof(in); len++) {
		nos_buf_init(&text, 200);
		nos_buf_init(&back, 200);
		nos_enc_base64(&text, in, len);
		assert_int_equal(text.len, NOS_ENC_BASE64_LEN(len));
		assert_true(nos_enc_base64_is(nos_buf_str(&text)));
		assert_true(nos_enc_base64_decode(nos_buf_str(&text), &back));
		assert_int_equal(back.len, len);
		assert_memory_equal(back.p, in, len);
		nos_buf_release(&text);
		nos_buf_release(&back);
	}
}

static void base64url_uses_its_own_alphabet(void **state)
{
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 100);
	nos_enc_base64(&b, "\xfb\xff\xbf\x00", 4);
	assert_buf(&b, "-_-_AA");
	nos_buf_release(&b);
}

static void base64url_refuses_what_another_text_also_says(void **state)
{
	static const char *const bad[] = { "A", "AAAAA", "AA==", "AB", "AAB", "A+AA", "A/AA",
		"AA A", "AAA\n", "A.AA",
		"A\x80"
		"AA",
		"A@AA", "A[AA", "A`AA", "A{AA", "A,AA" };
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(nos_enc_base64_is(nos_str_of(bad[i])));
		assert_false(nos_enc_base64_decode(nos_str_of(bad[i]), &b));
		assert_int_equal(b.len, 0);
	}
	nos_buf_release(&b);
}

/* A text of two blocks and an end, all A but for one letter. */
static void check_letter(size_t place, char c)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = memchr(alphabet, c, sizeof(alphabet) - 1);
	char text[40];
	uint8_t out[30], *three = out + place / 4 * 3;
	const struct nos_str s = { text, sizeof(text) };

	memset(text, 'A', sizeof(text));
	text[place] = c;
	assert_int_equal(nos_enc_base64_is(s), at != NULL);
	assert_int_equal(nos_enc_base64_fixed(s, out, sizeof(out)), at != NULL);
	if (at)
		assert_int_equal(three[0] << 16 | three[1] << 8 | three[2],
		    (at - alphabet) << (18 - place % 4 * 6));
}

static void base64url_takes_its_letters_alone_at_each_place(void **state)
{
	(void)state;
	for (size_t place = 0; place < 40; place++)
		for (int c = 0; c < 256; c++)
			check_letter(place, (char)c);
}

static void leb128_refuses_all_but_the_shortest_form(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "", 0 },
		{ "\x80", 1 },
		{ "\x80\x00", 2 },
		{ "\x81\x00", 2 },
		{ "\xff", 1 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11 },
	};
	struct nos_span s;
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = (struct nos_span){ (const uint8_t *)bad[i].bytes, bad[i].len };
		assert_false(nos_enc_leb128_decode(&s, &n));
		assert_int_equal(s.len, bad[i].len);
	}
}

static void leb128_goes_both_ways_at_every_border(void **state)
{
	uint8_t out[NOS_ENC_LEB128_MAX];

	(void)state;
	for (int bit = 0; bit < 64; bit++)
		for (int off = -1; off <= 1; off++) {
			uint64_t in = (UINT64_C(1) << bit) + (uint64_t)off, back = 0;
			struct nos_span s = { out, nos_enc_leb128(in, out) };

			assert_true(nos_enc_leb128_decode(&s, &back));
			assert_true(back == in);
			assert_int_equal(s.len, 0);
		}
}

static void hex_takes_exactly_the_length_asked_for(void **state)
{
	uint8_t out[2];

	(void)state;
	assert_true(nos_enc_hex_decode(NOS_STR("0aFf"), out, 2));
	assert_hex(out, 2, "0aff");
	assert_false(nos_enc_hex_decode(NOS_STR("0aF"), out, 2));
	assert_false(nos_enc_hex_decode(NOS_STR("0aFg"), out, 2));
	assert_false(nos_enc_hex_decode(NOS_STR("0aFf0"), out, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64url_goes_both_ways_at_every_length),
		cmocka_unit_test(base64url_uses_its_own_alphabet),
		cmocka_unit_test(base64url_refuses_what_another_text_also_says),
		cmocka_unit_test(base64url_takes_its_letters_alone_at_each_place),
		cmocka_unit_test(leb128_refuses_all_but_the_shortest_form),
		cmocka_unit_test(leb128_goes_both_ways_at_every_border),
		cmocka_unit_test(hex_takes_exactly_the_length_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
