/* SPDX-License-Identifier: MIT */
#include "json/encode.h"

#include <math.h>
#include <string.h>

#include "base/enc.h"

/* Bytes of the UTF-8 sequence at the start of s, 0 if there is none. */
static size_t sequence(struct nos_str s)
{
	for (size_t len = 1; len <= 4 && len <= s.len; len++)
		if (nos_str_is_utf8((struct nos_str){ s.p, len }))
			return len;
	return 0;
}

/* How a byte is escaped, NULL if it stands for itself. */
static const char *escape(unsigned char c, char space[static 8])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		if (c >= 0x20)
			return NULL;
		snprintf(space, 8, "\\u%04x", c);
		return space;
	}
}

/* Of what stands for itself alone: printable ASCII without a quote and a backslash. */
static bool is_plain(struct nos_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			return false;
	}
	return true;
}

/* Most texts are words and names. */
static void add_plain(struct nos_buf *b, struct nos_str s)
{
	char *at = nos_buf_extend(b, s.len + 2);

	if (!at)
		return;
	*at++ = '"';
	if (s.len)
		memcpy(at, s.p, s.len);
	at[s.len] = '"';
}

static void add_escaped(struct nos_buf *b, struct nos_str s)
{
	bool utf8 = nos_str_is_utf8(s);
	size_t plain = 0; /* start of what is not yet copied */

	nos_buf_add_char(b, '"');
	for (size_t i = 0; i < s.len;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t len =
		    c < 0x80 || utf8 ? 1 : sequence((struct nos_str){ s.p + i, s.len - i });
		char space[8];
		const char *other = len ? escape(c, space) : "\\ufffd";

		if (!other) {
			i += len;
			continue;
		}
		nos_buf_add(b, s.p + plain, i - plain);
		nos_buf_add_text(b, other);
		plain = ++i;
	}
	nos_buf_add(b, s.p + plain, s.len - plain);
	nos_buf_add_char(b, '"');
}

void nos_encode_text(struct nos_buf *b, struct nos_str s)
{
	if (is_plain(s))
		add_plain(b, s);
	else
		add_escaped(b, s);
}

void nos_encode_number(struct nos_buf *b, double v)
{
	if (isfinite(v))
		nos_num_format(b, v, 6);
	else
		nos_buf_add_text(b, "null");
}

static bool wants_comma(const struct nos_buf *b)
{
	return b->len && b->p[b->len - 1] != '{' && b->p[b->len - 1] != '[';
}

void nos_encode_comma(struct nos_buf *b)
{
	if (wants_comma(b))
		nos_buf_add_char(b, ',');
}

/* In one piece: a record has forty of them. */
void nos_encode_name(struct nos_buf *b, struct nos_str name)
{
	bool comma = wants_comma(b);
	char *at = nos_buf_extend(b, name.len + 3 + comma);

	if (!at)
		return;
	if (comma)
		*at++ = ',';
	*at++ = '"';
	memcpy(at, name.p, name.len);
	at[name.len] = '"';
	at[name.len + 1] = ':';
}

void nos_encode_bytes(struct nos_buf *b, const void *p, size_t len)
{
	nos_buf_add_char(b, '"');
	nos_enc_base64(b, p, len);
	nos_buf_add_char(b, '"');
}

void nos_encode_error(struct nos_buf *b, const struct nos_err *err)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "code", nos_str_of(nos_code_slug(err->code)));
	nos_encode_member_text(b, "message", nos_str_of(err->text));
	if (err->field[0])
		nos_encode_member_text(b, "field", nos_str_of(err->field));
	if (err->has_offset)
		nos_encode_member_uint(b, "offset", err->offset);
	nos_buf_add_char(b, '}');
}
