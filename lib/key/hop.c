/* SPDX-License-Identifier: MIT */
#include "key/hop.h"

#include <assert.h>

#include "base/enc.h"
#include "key/derive.h"

#define KIND_VERSION 0xe1

enum nos_code nos_hop_relay_key(
    const struct nos_secret *z, struct nos_secret *ret, struct nos_err *err)
{
	return nos_derive_key(z, "relay", NULL, 0, 32, ret, err);
}

enum nos_code nos_hop_link(const struct nos_secret *relay, struct nos_str source,
    struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = { NOS_DERIVE_STR(source) };

	return nos_derive_key(relay, "link", ctx, 1, NOS_HOP_LINK_LEN, ret, err);
}

static enum nos_code make_tag(const struct nos_secret *link, struct nos_span covered,
    struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = { NOS_DERIVE_STR(covered) };

	return nos_derive_key(link, "hop", ctx, 1, NOS_HOP_TAG_LEN, ret, err);
}

enum nos_code nos_hop_seal(const struct nos_secret *link, unsigned hops, struct nos_str source,
    struct nos_span pack, struct nos_buf *ret, struct nos_err *err)
{
	static const uint8_t none[NOS_HOP_TAG_LEN];
	const size_t start = ret->len;
	NOS_AUTO(secret) tag = { 0 };

	assert(hops <= NOS_HOP_MAX && source.len <= NOS_HOP_SOURCE_MAX &&
	       (link != NULL) == (source.len != 0));
	nos_buf_add_char(ret, (char)KIND_VERSION);
	nos_enc_add_leb128(ret, hops);
	nos_enc_field(ret, source.p, source.len);
	nos_enc_field(ret, pack.p, pack.len);
	if (nos_buf_check(ret, "hop frame", err))
		return err->code;
	if (link &&
	    make_tag(link, (struct nos_span){ (const uint8_t *)ret->p + start, ret->len - start },
		&tag, err))
		return err->code;
	nos_buf_add(ret, link ? tag.bytes : none, NOS_HOP_TAG_LEN);
	return nos_buf_check(ret, "hop frame", err);
}

/* A field: LEB128 of its length, and its bytes. */
static bool take_field(struct nos_span *rest, struct nos_span *ret)
{
	uint64_t len;

	if (!nos_enc_leb128_decode(rest, &len) || len > rest->len)
		return false;
	*ret = (struct nos_span){ rest->p, (size_t)len };
	rest->p += len;
	rest->len -= (size_t)len;
	return true;
}

enum nos_code nos_hop_read(struct nos_span frame, struct nos_hop *ret, struct nos_err *err)
{
	struct nos_span rest = frame, source;
	uint64_t hops;

	if (!rest.len || rest.p[0] != KIND_VERSION)
		return nos_err_set(err, NOS_DATA, "not a hop frame");
	rest.p++, rest.len--;
	if (!nos_enc_leb128_decode(&rest, &hops) || hops > NOS_HOP_MAX ||
	    !take_field(&rest, &source) || source.len > NOS_HOP_SOURCE_MAX ||
	    !take_field(&rest, &ret->pack) || rest.len != NOS_HOP_TAG_LEN)
		return nos_err_set(err, NOS_DATA, "not a hop frame");
	ret->hops = (unsigned)hops;
	ret->source = (struct nos_str){ (const char *)source.p, source.len };
	ret->tag = rest;
	ret->covered = (struct nos_span){ frame.p, frame.len - rest.len };
	return NOS_OK;
}

bool nos_hop_is_good(const struct nos_hop *h, const struct nos_secret *link)
{
	NOS_AUTO(secret) tag = { 0 };
	struct nos_err err = { 0 };

	return h->source.len && !make_tag(link, h->covered, &tag, &err) &&
	       nos_secret_same(tag.bytes, h->tag.p, NOS_HOP_TAG_LEN);
}

void nos_hop_raise(struct nos_buf *b, const struct nos_hop *h)
{
	nos_buf_add_char(b, (char)KIND_VERSION);
	nos_enc_add_leb128(b, h->hops + 1);
	nos_enc_field(b, h->source.p, h->source.len);
	nos_enc_field(b, h->pack.p, h->pack.len);
	nos_buf_add(b, h->tag.p, h->tag.len);
}

bool nos_hop_split(struct nos_span pack, struct nos_str *ret_media, struct nos_str *ret_body)
{
	*ret_body = (struct nos_str){ (const char *)pack.p, pack.len };
	return nos_str_cut(ret_body, '\n', ret_media) && ret_body->p;
}
