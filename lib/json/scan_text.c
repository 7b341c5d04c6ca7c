/* SPDX-License-Identifier: MIT */
#include "json/scan_text.h"

#include <string.h>

static void add_utf8(struct nos_buf *b, uint32_t c)
{
	if (c < 0x80) {
		nos_buf_add_char(b, (char)c);
	} else if (c < 0x800) {
		nos_buf_add_char(b, (char)(0xc0 | c >> 6));
		nos_buf_add_char(b, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		nos_buf_add_char(b, (char)(0xe0 | c >> 12));
		nos_buf_add_char(b, (char)(0x80 | (c >> 6 & 63)));
		nos_buf_add_char(b, (char)(0x80 | (c & 63)));
	} else {
		nos_buf_add_char(b, (char)(0xf0 | c >> 18));
		nos_buf_add_char(b, (char)(0x80 | (c >> 12 & 63)));
		nos_buf_add_char(b, (char)(0x80 | (c >> 6 & 63)));
		nos_buf_add_char(b, (char)(0x80 | (c & 63)));
	}
}

/* Four hex digits at p, which jsmn has checked. */
static uint32_t unit16(const char *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
	return v;
}

/* The character of \uXXXX, or of two in a row that are a surrogate pair: *p is at the first u, and
 * steps behind. */
static bool take_unit(const char **p, const char *end, uint32_t *ret)
{
	uint32_t c = unit16(*p + 1), low;

	*p += 5;
	if (c >= 0xdc00 && c <= 0xdfff)
		return false;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
			return false;
		low = unit16(*p + 2);
		if (low < 0xdc00 || low > 0xdfff)
			return false;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		*p += 6;
	}
	*ret = c;
	return true;
}

bool nos_scan_text(const struct nos_scan_value *string, struct nos_buf *space, struct nos_str *ret)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t start = space->len;
	const char *p = string->raw.p, *end = p + string->raw.len;

	if (!string->escaped) {
		*ret = string->raw;
		return true;
	}
	while (p < end) {
		uint32_t c;

		if (*p != '\\') {
			nos_buf_add_char(space, *p++);
			continue;
		}
		p++;
		if (*p != 'u') {
			nos_buf_add_char(space, to[strchr(from, *p) - from]);
			p++;
			continue;
		}
		if (!take_unit(&p, end, &c))
			return false;
		add_utf8(space, c);
	}
	if (space->fail)
		return false;
	*ret = (struct nos_str){ space->p + start, space->len - start };
	return true;
}

/* What a string means; one that means nothing stands for its own bytes. */
static struct nos_str meant(const struct nos_scan_value *string, struct nos_buf *space)
{
	struct nos_str text;

	nos_buf_init(space, NOS_SCAN_TEXT_MAX);
	return nos_scan_text(string, space, &text) ? text : string->raw;
}

int nos_scan_text_order(const struct nos_scan_value *a, const struct nos_scan_value *b)
{
	NOS_AUTO(buf) space_m = { 0 };
	NOS_AUTO(buf) space_n = { 0 };
	struct nos_str m = meant(a, &space_m), n = meant(b, &space_n);
	size_t len = m.len < n.len ? m.len : n.len;
	int order = len ? memcmp(m.p, n.p, len) : 0;

	return order ? order : (m.len > n.len) - (m.len < n.len);
}

bool nos_scan_text_is(const struct nos_scan_value *string, struct nos_str text)
{
	NOS_AUTO(buf) space = { 0 };

	return nos_str_eq(meant(string, &space), text);
}
