/* SPDX-License-Identifier: MIT */
#include "base/enc.h"

#include <string.h>

void nos_enc_hex(struct nos_buf *b, const void *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = p;
	char *out = nos_buf_extend(b, len * 2);

	for (size_t i = 0; out && i < len; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool nos_enc_hex_decode(struct nos_str s, uint8_t *ret, size_t len)
{
	if (s.len != len * 2)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(s.p[2 * i]), low = hex_digit(s.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Six bits to a letter and back without a table, so that no cache line depends on a key. */
static char letter(unsigned v)
{
	int c = 'A' + (int)v;

	c += ((25 - (int)v) >> 8) & 6;	/* a… */
	c -= ((51 - (int)v) >> 8) & 75; /* 0… */
	c -= ((61 - (int)v) >> 8) & 13; /* - */
	c += ((62 - (int)v) >> 8) & 49; /* _ */
	return (char)c;
}

static int six_bits(char ch)
{
	int c = (unsigned char)ch, v = -1;

	v += ((('A' - 1 - c) & (c - 'Z' - 1)) >> 8) & (c - 'A' + 1);
	v += ((('a' - 1 - c) & (c - 'z' - 1)) >> 8) & (c - 'a' + 27);
	v += ((('0' - 1 - c) & (c - '9' - 1)) >> 8) & (c - '0' + 53);
	v += ((('-' - 1 - c) & (c - '-' - 1)) >> 8) & 63;
	v += ((('_' - 1 - c) & (c - '_' - 1)) >> 8) & 64;
	return v;
}

void nos_enc_base64(struct nos_buf *b, const void *p, size_t len)
{
	const uint8_t *in = p;
	char *out = nos_buf_extend(b, NOS_ENC_BASE64_LEN(len));
	uint32_t bits = 0;
	int have = 0;

	if (!out)
		return;
	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 6; have -= 6)
			*out++ = letter(bits >> (have - 6) & 63);
	}
	if (have)
		*out = letter(bits << (6 - have) & 63);
}

/* out has room for s.len * 3 / 4 bytes. */
static bool base64_decode(struct nos_str s, uint8_t *out)
{
	uint32_t bits = 0;
	int have = 0, bad = 0;

	if (s.len % 4 == 1)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int v = six_bits(s.p[i]);

		bad |= v;
		bits = bits << 6 | ((uint32_t)v & 63);
		have += 6;
		if (have >= 8) {
			have -= 8;
			*out++ = (uint8_t)(bits >> have);
		}
	}
	return bad >= 0 && (bits & ((UINT32_C(1) << have) - 1)) == 0;
}

bool nos_enc_base64_decode(struct nos_str s, struct nos_buf *ret)
{
	size_t before = ret->len;
	uint8_t *out = nos_buf_extend(ret, s.len / 4 * 3 + s.len % 4 * 3 / 4);

	if (!out)
		return false;
	if (base64_decode(s, out))
		return true;
	nos_buf_truncate(ret, before);
	return false;
}

bool nos_enc_base64_fixed(struct nos_str s, uint8_t *ret, size_t len)
{
	return s.len == NOS_ENC_BASE64_LEN(len) && base64_decode(s, ret);
}

size_t nos_enc_leb128(uint64_t n, uint8_t out[static NOS_ENC_LEB128_MAX])
{
	size_t len = 0;

	while (n >= 0x80) {
		out[len++] = (uint8_t)(n | 0x80);
		n >>= 7;
	}
	out[len++] = (uint8_t)n;
	return len;
}

void nos_enc_add_leb128(struct nos_buf *b, uint64_t n)
{
	uint8_t out[NOS_ENC_LEB128_MAX];

	nos_buf_add(b, out, nos_enc_leb128(n, out));
}

bool nos_enc_leb128_decode(struct nos_span *s, uint64_t *ret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->len && i < NOS_ENC_LEB128_MAX; i++) {
		uint64_t low = s->p[i] & 0x7f;

		if (i == NOS_ENC_LEB128_MAX - 1 && low > 1)
			return false;
		n |= low << (7 * i);
		if (s->p[i] & 0x80)
			continue;
		if (i > 0 && s->p[i] == 0)
			return false; /* not the shortest form */
		s->p += i + 1;
		s->len -= i + 1;
		*ret = n;
		return true;
	}
	return false;
}

void nos_enc_field(struct nos_buf *b, const void *p, size_t len)
{
	nos_enc_add_leb128(b, len);
	nos_buf_add(b, p, len);
}

void nos_enc_field_num(struct nos_buf *b, uint64_t n)
{
	uint8_t out[NOS_ENC_LEB128_MAX];

	nos_enc_field(b, out, nos_enc_leb128(n, out));
}
