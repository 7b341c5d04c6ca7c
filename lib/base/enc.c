/* SPDX-License-Identifier: MIT */
#include "base/enc.h"

#include <endian.h>
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

/*
 * base64url goes by blocks: sixteen letters for twelve bytes, all lanes at once, by comparison
 * alone (inline, so that a loop holds its constants): there is no table, so no cache line depends
 * on a key. A shorter end is filled up with zeros, which are the letter A.
 */
#define LETTERS 16
#define BYTES	12

typedef int8_t lanes __attribute__((vector_size(LETTERS)));
typedef uint64_t halves __attribute__((vector_size(LETTERS)));

/* Values of six bits to letters. */
static inline lanes letters_of(lanes v)
{
	return v + ('A' + ((v > 25) & 6)   /* a... */
		       - ((v > 51) & 75)   /* 0... */
		       - ((v > 61) & 13)   /* - */
		       + ((v > 62) & 49)); /* _ */
}

/* And back; *good keeps the lanes that were letters in every block. */
static inline lanes values_of(lanes c, lanes *good)
{
	lanes upper = (c >= 'A') & (c <= 'Z'), lower = (c >= 'a') & (c <= 'z');
	lanes digit = (c >= '0') & (c <= '9'), dash = c == '-', line = c == '_';

	*good &= upper | lower | digit | dash | line;
	return c + ((upper & -'A') + (lower & (26 - 'a')) + (digit & (52 - '0')) +
		       (dash & (62 - '-')) + (line & (63 - '_')));
}

/* Eight values to the six bytes that they are. */
static inline void join(uint64_t values, uint8_t *out)
{
	uint64_t x = be64toh(values);

	x = (x & 0x003f003f003f003f) | (x >> 2 & 0x0fc00fc00fc00fc0);
	x = (x & 0x00000fff00000fff) | (x >> 4 & 0x00fff00000fff000);
	x = htobe64((x << 16 & 0x000000ffffff0000) | (x << 8 & 0xffffff0000000000));
	memcpy(out, &x, BYTES / 2);
}

/* And back, of the six bytes that are the low 48 bits of x. */
static inline uint64_t split(uint64_t x)
{
	x = (x & 0x0000000000ffffff) | (x << 8 & 0x00ffffff00000000);
	x = (x & 0x00000fff00000fff) | (x << 4 & 0x0fff00000fff0000);
	x = (x & 0x003f003f003f003f) | (x << 2 & 0x3f003f003f003f00);
	return htobe64(x);
}

/* Eight bytes are read for six: in one piece, and none outside of the block. */
static inline void encode_block(const uint8_t *in, char *out)
{
	uint64_t first, second;
	lanes v;

	memcpy(&first, in, sizeof(first));
	memcpy(&second, in + BYTES - sizeof(second), sizeof(second));
	v = letters_of((lanes)(halves){ split(be64toh(first) >> 16), split(be64toh(second)) });
	memcpy(out, &v, sizeof(v));
}

static inline void decode_block(const char *in, uint8_t *out, lanes *good)
{
	lanes v;
	halves both;

	memcpy(&v, in, sizeof(v));
	both = (halves)values_of(v, good);
	join(both[0], out);
	join(both[1], out + BYTES / 2);
}

void nos_enc_base64(struct nos_buf *b, const void *p, size_t len)
{
	const uint8_t *in = p;
	char *out = nos_buf_extend(b, NOS_ENC_BASE64_LEN(len)), letters[LETTERS];
	uint8_t bytes[BYTES] = { 0 };

	if (!out)
		return;
	for (; len >= BYTES; len -= BYTES, in += BYTES, out += LETTERS)
		encode_block(in, out);
	if (!len)
		return;
	memcpy(bytes, in, len);
	encode_block(bytes, letters);
	memcpy(out, letters, NOS_ENC_BASE64_LEN(len));
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(letters, sizeof(letters));
}

static bool all(lanes good)
{
	const halves both = (halves)good;

	return (both[0] & both[1]) == UINT64_MAX;
}

/* The last letters, fewer than a block, to bytes; no bit may be set behind the last byte. */
static bool decode_end(struct nos_str s, uint8_t *out, lanes *good)
{
	size_t len = NOS_ENC_BASE64_BYTES(s.len);
	char letters[LETTERS];
	uint8_t bytes[BYTES];
	bool spare;

	memset(letters, 'A', sizeof(letters));
	memcpy(letters, s.p, s.len);
	decode_block(letters, bytes, good);
	spare = bytes[len];
	memcpy(out, bytes, len);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(letters, sizeof(letters));
	return !spare && s.len % 4 != 1;
}

/* out has room for NOS_ENC_BASE64_BYTES(s.len) bytes. */
static bool base64_decode(struct nos_str s, uint8_t *out)
{
	lanes good = ~(lanes){ 0 };

	for (; s.len >= LETTERS; s.p += LETTERS, s.len -= LETTERS, out += BYTES)
		decode_block(s.p, out, &good);
	return (!s.len || decode_end(s, out, &good)) && all(good);
}

bool nos_enc_base64_is(struct nos_str s)
{
	lanes good = ~(lanes){ 0 }, c;
	uint8_t ignored[BYTES];

	for (; s.len >= LETTERS; s.p += LETTERS, s.len -= LETTERS) {
		memcpy(&c, s.p, sizeof(c));
		(void)values_of(c, &good);
	}
	return (!s.len || decode_end(s, ignored, &good)) && all(good);
}

bool nos_enc_base64_decode(struct nos_str s, struct nos_buf *ret)
{
	size_t before = ret->len;
	uint8_t *out = nos_buf_extend(ret, NOS_ENC_BASE64_BYTES(s.len));

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
