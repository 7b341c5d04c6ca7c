/* SPDX-License-Identifier: MIT */
#include "cluster/addresses.h"

#include "json/encode.h"
#include "net/url.h"
#include "self/self_url.h"

void nos_addresses_url(
    const struct nos_addresses *a, size_t i, char ret[static NOS_ADDRESSES_URL_MAX])
{
	snprintf(ret, NOS_ADDRESSES_URL_MAX, "http%s://%s", i < a->plain ? "" : "s",
	    nos_http_server_address(a->server, i));
}

const char *nos_addresses_first(
    const struct nos_addresses *a, bool secure, char space[static NOS_ADDRESSES_URL_MAX])
{
	const size_t first = secure ? a->plain : 0, count = secure ? a->secure : a->plain;

	for (size_t i = first; i < first + count; i++) {
		const struct nos_str address = nos_str_of(nos_http_server_address(a->server, i));

		if (nos_str_starts(address, "0.0.0.0:") || nos_str_starts(address, "[::]:"))
			continue;
		nos_addresses_url(a, i, space);
		return space;
	}
	return NULL;
}

enum nos_code nos_addresses_note(
    const struct nos_addresses *a, struct nos_store *store, const char *url, struct nos_err *err)
{
	char plain_space[NOS_ADDRESSES_URL_MAX], secure_space[NOS_ADDRESSES_URL_MAX];
	const char *secure = nos_addresses_first(a, true, secure_space);
	const char *plain = url ? url : nos_addresses_first(a, false, plain_space);

	if (url && nos_url_is_secure(url))
		secure = url;
	return nos_self_url_put(store, plain ? plain : secure, secure, err);
}

static void encode(
    const struct nos_addresses *a, const char *name, size_t first, size_t count, struct nos_buf *b)
{
	nos_encode_member(b, name);
	nos_buf_add_char(b, '[');
	for (size_t i = first; i < first + count; i++) {
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(nos_http_server_address(a->server, i)));
	}
	nos_buf_add_char(b, ']');
}

void nos_addresses_encode(const struct nos_addresses *a, struct nos_buf *b)
{
	encode(a, "listen", 0, a->plain, b);
	if (a->secure)
		encode(a, "listen_tls", a->plain, a->secure, b);
}
