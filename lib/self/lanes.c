/* SPDX-License-Identifier: MIT */
#include "self/lanes.h"

#include "crypto/hash.h"
#include "json/decode.h"
#include "json/encode.h"
#include "self/self.h"

#define VERSION 1
#define KEY	NOS_STR("lanes")
#define WHAT	"store: lanes"

enum nos_code nos_lanes_get(struct nos_store *store, unsigned *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	uint64_t rev, count = 0;

	*ret = 1;
	nos_buf_init(&text, 1024);
	if (nos_store_get(store, NOS_SELF_NS, KEY, &text, &rev, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	if (!err->code && !nos_decode_object(&scan, nos_buf_str(&text), WHAT, &d, err) &&
	    !nos_decode_version(&d, VERSION, WHAT, err) &&
	    !nos_decode_uint(&d, "count", 1, NOS_STORE_LANES_MAX, &count, err))
		*ret = (unsigned)count;
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_lanes_make(struct nos_store *store, unsigned count, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init(&text, 1024);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_uint(&text, "count", count);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "lanes", err))
		return err->code;
	return nos_store_put(store, NOS_SELF_NS, KEY, nos_buf_str(&text), NOS_STORE_NEW, &rev, err);
}

/* By a hash, since ids may be alike. */
enum nos_code nos_lanes_of(unsigned count, struct nos_str id, unsigned *ret, struct nos_err *err)
{
	const struct nos_span text = nos_str_bytes(id);
	uint8_t hash[NOS_HASH_LEN];
	uint32_t number = 0;

	*ret = 0;
	if (count == 1)
		return NOS_OK;
	if (nos_hash_sha256(&text, 1, hash, err))
		return err->code;
	for (int i = 0; i < 4; i++)
		number = number << 8 | hash[i];
	*ret = number % count;
	return NOS_OK;
}

enum nos_code nos_lanes_enter(struct nos_store *store, struct nos_str id, struct nos_err *err)
{
	unsigned count, lane;

	if (nos_lanes_get(store, &count, err) || nos_lanes_of(count, id, &lane, err))
		return err->code;
	nos_store_enter(store, lane);
	return NOS_OK;
}
