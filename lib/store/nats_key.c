/* SPDX-License-Identifier: MIT */
#include "store/nats_key.h"

#include "base/enc.h"

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static size_t encode(struct nos_str key, char *out)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0, token = 0;

	for (size_t i = 0; i <= key.len; i++) {
		const char c = i < key.len ? key.p[i] : '/';

		if (c == '/') {
			if (n == token)
				out[n++] = '=';
			out[n++] = '.';
			token = n;
		} else if (is_plain(c)) {
			out[n++] = c;
		} else {
			out[n++] = '=';
			out[n++] = digits[(unsigned char)c >> 4];
			out[n++] = digits[(unsigned char)c & 15];
		}
	}
	out[--n] = '\0'; /* no border at the end */
	return n;
}

static size_t begin(const struct nos_nats_link *l, const char *ns, char *out)
{
	char name[NOS_NATS_NAME_MAX];

	nos_nats_make_bucket_name(l, ns, name);
	return (size_t)snprintf(out, NOS_NATS_NAME_MAX + 5, "$KV.%s.", name + 3);
}

void nos_nats_key_subject(const struct nos_nats_link *l, const char *ns, struct nos_str key,
    char ret[static NOS_NATS_KEY_MAX])
{
	encode(key, ret + begin(l, ns, ret));
}

void nos_nats_key_filter(const struct nos_nats_link *l, const char *ns, struct nos_str prefix,
    char ret[static NOS_NATS_KEY_MAX])
{
	size_t n = begin(l, ns, ret);

	if (prefix.len) {
		n += encode(prefix, ret + n);
		ret[n++] = '.';
	}
	ret[n++] = '>';
	ret[n] = '\0';
}

static bool decode_token(struct nos_str token, struct nos_buf *ret)
{
	uint8_t byte;

	if (nos_str_is(token, "="))
		return true;
	for (size_t i = 0; i < token.len; i++) {
		if (token.p[i] != '=') {
			nos_buf_add_char(ret, token.p[i]);
			continue;
		}
		if (i + 3 > token.len ||
		    !nos_enc_hex_decode((struct nos_str){ token.p + i + 1, 2 }, &byte, 1))
			return false;
		nos_buf_add_char(ret, (char)byte);
		i += 2;
	}
	return true;
}

bool nos_nats_key_decode(const char *subject, struct nos_buf *ret)
{
	struct nos_str rest = nos_str_of(subject), token;
	const size_t before = ret->len;

	if (!nos_str_cut(&rest, '.', &token) || !nos_str_cut(&rest, '.', &token))
		return false;
	for (bool first = true; nos_str_cut(&rest, '.', &token); first = false) {
		if (!first)
			nos_buf_add_char(ret, '/');
		if (!decode_token(token, ret)) {
			nos_buf_truncate(ret, before);
			return false;
		}
	}
	return !ret->fail && ret->len > before;
}
