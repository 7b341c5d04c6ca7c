/* SPDX-License-Identifier: MIT */
#include "registry/self_url.h"

#include "json/decode.h"
#include "registry/self.h"

enum nos_code nos_self_url_get(struct nos_store *store, char *ret, size_t size, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_SELF_NS, NOS_STR("url"), &text, &rev, err))
		return err->code == NOS_ABSENT ? nos_err_set(err, NOS_USAGE,
						     "no --url, and nos-serve has not run yet on "
						     "this store")
					       : err->code;
	if (!nos_decode_object(&scan, nos_buf_str(&text), "store: url", &d, err) &&
	    !nos_decode_version(&d, 1, "store: url", err))
		(void)!nos_decode_copy(&d, "url", false, ret, size, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}
