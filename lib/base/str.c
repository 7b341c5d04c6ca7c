/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <string.h>

struct nos_str nos_str_of(const char *text)
{
	return (struct nos_str){ text ? text : "", text ? strlen(text) : 0 };
}

struct nos_span nos_str_bytes(struct nos_str s)
{
	return (struct nos_span){ (const uint8_t *)s.p, s.len };
}

bool nos_str_starts(struct nos_str s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && memcmp(s.p, prefix, len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t nos_str_hash(struct nos_str s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 29);
}

struct nos_str nos_str_trim(struct nos_str s)
{
	while (s.len && is_blank(s.p[0]))
		s.p++, s.len--;
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool nos_str_cut(struct nos_str *rest, char sep, struct nos_str *ret)
{
	const char *at;

	if (!rest->p)
		return false;
	at = memchr(rest->p, sep, rest->len);
	if (!at) {
		*ret = *rest;
		*rest = (struct nos_str){ NULL, 0 };
		return true;
	}
	*ret = (struct nos_str){ rest->p, (size_t)(at - rest->p) };
	rest->len -= ret->len + 1;
	rest->p = at + 1;
	return true;
}

bool nos_str_is_utf8(struct nos_str s)
{
	const uint8_t *p = (const uint8_t *)s.p, *end = p + s.len;

	while (p < end) {
		uint32_t low, code;
		int more;

		if (*p < 0x80) {
			p++;
			continue;
		}
		if (*p >= 0xc2 && *p <= 0xdf)
			more = 1, low = 0x80, code = *p & 0x1f;
		else if (*p >= 0xe0 && *p <= 0xef)
			more = 2, low = 0x800, code = *p & 0x0f;
		else if (*p >= 0xf0 && *p <= 0xf4)
			more = 3, low = 0x10000, code = *p & 0x07;
		else
			return false;
		if (end - p <= more)
			return false;
		for (p++; more > 0; more--, p++) {
			if ((*p & 0xc0) != 0x80)
				return false;
			code = code << 6 | (*p & 0x3f);
		}
		if (code < low || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
			return false;
	}
	return true;
}

bool nos_str_copy(struct nos_str s, char *out, size_t size)
{
	out[0] = '\0';
	if (s.len >= size || (s.len && memchr(s.p, '\0', s.len)))
		return false;
	if (s.len)
		memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return true;
}
