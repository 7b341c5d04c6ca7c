/* SPDX-License-Identifier: MIT */
#include "self/mark.h"

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "self/self.h"

#define VERSION 1
#define KEY_MAX 16

/* That of lane 0 is as it would be without lanes. Gives the namespace. */
static const char *place_of(const struct nos_store *store, char ret[static KEY_MAX])
{
	const unsigned lane = nos_store_lane(store);

	if (lane)
		snprintf(ret, KEY_MAX, "%u", lane);
	else
		snprintf(ret, KEY_MAX, "mark");
	return lane ? NOS_MARK_NS : NOS_SELF_NS;
}

enum nos_code nos_mark_get(struct nos_store *store, struct nos_mark *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	char key[KEY_MAX];
	const char *ns;
	uint64_t rev;

	*ret = (struct nos_mark){ 0 };
	nos_buf_init(&text, 1024);
	ns = place_of(store, key);
	if (nos_store_get(store, ns, nos_str_of(key), &text, &rev, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	if (!err->code && !nos_decode_object(&scan, nos_buf_str(&text), "store: mark", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store: mark", err) &&
	    !nos_decode_uint(&d, "saved", 0, NOS_NUM_SAFE, &ret->saved, err)) {
		ret->outbox = nos_decode_has(&d, "published");
		if (ret->outbox)
			(void)!nos_decode_uint(
			    &d, "published", 0, NOS_NUM_SAFE, &ret->published, err);
	}
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_mark_put(
    struct nos_store *store, const struct nos_mark *mark, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	char key[KEY_MAX];
	const char *ns;

	nos_buf_init(&text, 1024);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_uint(&text, "saved", mark->saved);
	if (mark->outbox)
		nos_encode_member_uint(&text, "published", mark->published);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "mark", err))
		return err->code;
	ns = place_of(store, key);
	return nos_store_put(
	    store, ns, nos_str_of(key), nos_buf_str(&text), NOS_STORE_ANY, NULL, err);
}
