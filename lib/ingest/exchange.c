/* SPDX-License-Identifier: MIT */
#include "ingest/exchange.h"

#include <strings.h>

#include "base/enc.h"
#include "base/num.h"
#include "json/encode.h"

#define SOURCES "/v1/sources/"
#define SCHEME	"Nos "
#define DIGITS	10 /* of an id, behind "s-" */

static bool is_id(struct nos_str s)
{
	if (s.len != 2 + DIGITS || !nos_str_starts(s, "s-"))
		return false;
	for (size_t i = 2; i < s.len; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return true;
}

bool nos_exchange_parse(struct nos_str path, struct nos_exchange *ret)
{
	static const char *const whats[] = {
		[NOS_EXCHANGE_KEYS] = "keys",
		[NOS_EXCHANGE_ACKS] = "acks",
		[NOS_EXCHANGE_RESYNC] = "resync",
	};
	struct nos_str id;

	if (!nos_str_starts(path, SOURCES))
		return false;
	path.p += sizeof(SOURCES) - 1;
	path.len -= sizeof(SOURCES) - 1;
	if (!nos_str_cut(&path, '/', &id) || !is_id(id) || !path.p)
		return false;
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		if (!nos_str_is(path, whats[i]))
			continue;
		ret->what = (enum nos_exchange_what)i;
		return nos_str_copy(id, ret->id, sizeof(ret->id));
	}
	return false;
}

static bool take_number(struct nos_str *query, const char *name, bool *ret_has, uint64_t *ret)
{
	struct nos_str value;

	*ret_has = nos_str_starts(*query, name);
	if (!*ret_has)
		return true;
	query->p += strlen(name);
	query->len -= strlen(name);
	nos_str_cut(query, '&', &value);
	return nos_num_parse(value, 0, UINT64_MAX, ret);
}

bool nos_exchange_query(struct nos_str query, struct nos_exchange_poll *ret)
{
	uint64_t wait = 0;
	bool has;

	*ret = (struct nos_exchange_poll){ 0 };
	if (query.len && query.p[query.len - 1] == '&')
		return false;
	if (!take_number(&query, "wait=", &has, &wait) ||
	    !take_number(&query, "after=", &ret->has_after, &ret->after) || query.len)
		return false;
	ret->wait_s = wait < NOS_EXCHANGE_WAIT_MAX ? (unsigned)wait : NOS_EXCHANGE_WAIT_MAX;
	return true;
}

bool nos_exchange_proof(struct nos_str authorization, uint8_t ret[static NOS_POLL_TAG_LEN])
{
	const size_t len = sizeof(SCHEME) - 1;

	if (authorization.len < len || strncasecmp(authorization.p, SCHEME, len) != 0)
		return false;
	authorization.p += len;
	authorization.len -= len;
	return nos_enc_base64_fixed(authorization, ret, NOS_POLL_TAG_LEN);
}

void nos_exchange_encode(struct nos_buf *b, const struct nos_exchange_word *w)
{
	struct nos_str rest = w->keys;

	nos_encode_member(b, "keys");
	nos_buf_add_char(b, '[');
	if (w->order.len)
		nos_encode_bytes(b, w->order.p, w->order.len);
	if (rest.len) {
		rest.p++, rest.len--; /* its own bracket */
		nos_encode_comma(b);
		nos_buf_add_str(b, rest);
	} else {
		nos_buf_add_char(b, ']');
	}
	if (w->next)
		nos_encode_member_uint(b, "next", w->next);
	nos_encode_member_bool(b, "resync", w->resync);
	if (w->identity)
		nos_encode_member_bool(b, "identity", true);
}
