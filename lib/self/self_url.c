/* SPDX-License-Identifier: MIT */
#include "self/self_url.h"

#include "json/decode.h"
#include "json/encode.h"
#include "self/self.h"

#define VERSION 1
#define KEY	NOS_STR("url")
#define URL	"url"
#define SECURE	"https"

enum nos_code nos_self_url_put(
    struct nos_store *store, const char *url, const char *secure, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	if (url)
		nos_encode_member_text(&text, URL, nos_str_of(url));
	if (secure)
		nos_encode_member_text(&text, SECURE, nos_str_of(secure));
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "url", err))
		return err->code;
	return nos_store_put(store, NOS_SELF_NS, KEY, nos_buf_str(&text), NOS_STORE_ANY, &rev, err);
}

static enum nos_code none(bool secure, struct nos_err *err)
{
	if (secure)
		return nos_err_set(err, NOS_USAGE,
		    "no --url, and nos-serve has no https address of its own that others find: "
		    "take --url https://..., of a proxy where one speaks TLS");
	return nos_err_set(err, NOS_USAGE,
	    "no --url, and nos-serve listens on all addresses of its machine: take --url with one "
	    "by which its sources find it, here or for nos-serve");
}

enum nos_code nos_self_url_get(
    struct nos_store *store, bool secure, char *ret, size_t size, struct nos_err *err)
{
	const char *member = secure ? SECURE : URL;
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	bool there = true;
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_SELF_NS, KEY, &text, &rev, err))
		return err->code == NOS_ABSENT ? nos_err_set(err, NOS_USAGE,
						     "no --url, and nos-serve has not run yet on "
						     "this store")
					       : err->code;
	if (!nos_decode_object(&scan, nos_buf_str(&text), "store: url", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store: url", err)) {
		there = nos_decode_has(&d, member);
		if (there)
			(void)!nos_decode_copy(&d, member, false, ret, size, err);
	}
	nos_scan_release(&scan);
	return there ? nos_store_damaged(err) : none(secure, err);
}
