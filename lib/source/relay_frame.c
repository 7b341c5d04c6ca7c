/* SPDX-License-Identifier: MIT */
#include "source/relay_frame.h"

#include "key/hop.h"

#define HOP	  "/v1/hop"
#define DATA	  "/v1/data"
#define HOP_MEDIA "application/octet-stream"
#define SEALED	  "application/jose"

bool nos_relay_frame_is(struct nos_str path)
{
	return nos_str_is(path, HOP) || nos_str_is(path, DATA);
}

static bool is_open(struct nos_str media)
{
	static const char *const forms[] = { "application/x-ndjson", "application/json",
		"application/senml+json", "text/csv" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (nos_str_is(media, forms[i]))
			return true;
	return false;
}

/* What else is in it the node knows. */
static bool is_query(struct nos_str query)
{
	return nos_str_starts(query, "kind=") || nos_str_starts(query, "map=");
}

enum nos_code nos_relay_frame_check(const struct nos_http_request *r, struct nos_err *err)
{
	const bool is_hop = nos_str_is(r->path, HOP);

	if (r->coding.len && !nos_str_is(r->coding, "identity"))
		return nos_err_set(err, NOS_MEDIA, "no content coding is taken");
	if (is_hop && !nos_str_is(r->media, HOP_MEDIA))
		return nos_err_set(err, NOS_MEDIA, "a hop frame is " HOP_MEDIA);
	if (!is_hop && !nos_str_is(r->media, SEALED) && !is_open(r->media))
		return nos_err_set(err, NOS_MEDIA,
		    "a relay takes " SEALED ", application/x-ndjson, application/json,"
		    " application/senml+json, text/csv");
	if (r->authorization.len && is_open(r->media))
		return nos_err_set(err, NOS_TAG, "Authorization: a relay takes none");
	if (r->foreign.len && is_open(r->media))
		return nos_err_set(
		    err, NOS_MEDIA, "charset '%.*s': send UTF-8", NOS_STR_ARG(r->foreign));
	if (r->query.len && (!is_open(r->media) || !is_query(r->query)))
		return nos_err_set(err, NOS_DATA,
		    "query '%.*s': readings in the open alone have one, kind=NAME and map=NAME",
		    NOS_STR_ARG(r->query));
	return NOS_OK;
}

static enum nos_code check_link(
    const struct nos_hop *h, const struct nos_keyring *k, struct nos_err *err)
{
	NOS_AUTO(secret) own = { 0 };
	NOS_AUTO(secret) link = { 0 };

	if (nos_hop_relay_key(&k->z_key, &own, err) || nos_hop_link(&own, h->source, &link, err))
		return err->code;
	return nos_hop_is_good(h, &link) ? NOS_OK : nos_err_set(err, NOS_TAG, "does not verify");
}

static enum nos_code raise(struct nos_buf *b, const struct nos_hop *h, struct nos_err *err)
{
	nos_hop_raise(b, h);
	return nos_buf_check(b, "frame", err);
}

static enum nos_code take(struct nos_span body, const struct nos_keyring *k, struct nos_buf *ret,
    unsigned *ret_hops, struct nos_err *err)
{
	struct nos_hop h;

	if (nos_hop_read(body, &h, err))
		return err->code;
	if (h.hops >= NOS_HOP_MAX)
		return nos_err_set(
		    err, NOS_AWAY, "it has passed %u relays, and no more are taken", h.hops);
	if (!h.source.len)
		return nos_err_set(err, NOS_DATA, "a hop frame that names no source");
	if (check_link(&h, k, err))
		return err->code;
	*ret_hops = h.hops + 1;
	return raise(ret, &h, err);
}

/* The media type with its query, a newline, and the body as it came. */
static enum nos_code wrap(
    const struct nos_http_request *r, struct nos_buf *ret, unsigned *ret_hops, struct nos_err *err)
{
	static const uint8_t none[NOS_HOP_TAG_LEN];
	struct nos_hop h = { .source = NOS_STR(""), .tag = { none, sizeof(none) } };
	NOS_AUTO(buf) pack = { 0 };

	nos_buf_init(&pack, NOS_PACK_MAX);
	nos_buf_add_str(&pack, r->media);
	if (r->query.len) {
		nos_buf_add_char(&pack, '?');
		nos_buf_add_str(&pack, r->query);
	}
	nos_buf_add_char(&pack, '\n');
	nos_buf_add(&pack, r->body.p, r->body.len);
	if (nos_buf_check(&pack, "frame", err))
		return err->code;
	h.pack = nos_buf_span(&pack);
	*ret_hops = 1;
	return raise(ret, &h, err);
}

enum nos_code nos_relay_frame_make(const struct nos_http_request *r, const struct nos_keyring *k,
    struct nos_buf *ret, unsigned *ret_hops, struct nos_err *err)
{
	return nos_str_is(r->path, HOP) ? take(r->body, k, ret, ret_hops, err)
					: wrap(r, ret, ret_hops, err);
}
