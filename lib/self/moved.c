/* SPDX-License-Identifier: MIT */
#include "self/moved.h"

#include "json/decode.h"
#include "json/encode.h"
#include "self/self.h"

#define VERSION	 1
#define KEY	 NOS_STR(NOS_MOVED_KEY)
#define WHAT	 "store: what was moved"
#define TEXT_MAX 1024

enum nos_code nos_moved_get(
    struct nos_store *store, enum nos_moved *ret, struct nos_time *ret_time, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	uint64_t rev;
	bool away;

	*ret = NOS_MOVED_NOT;
	*ret_time = (struct nos_time){ 0 };
	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_SELF_NS, KEY, &text, &rev, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	if (!err->code && !nos_decode_object(&scan, nos_buf_str(&text), WHAT, &d, err) &&
	    !nos_decode_version(&d, VERSION, WHAT, err) &&
	    !nos_decode_bool(&d, "away", false, &away, err) &&
	    !nos_decode_time(&d, "time", ret_time, err))
		*ret = away ? NOS_MOVED_AWAY : NOS_MOVED_HERE;
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_moved_put(
    struct nos_store *store, enum nos_moved moved, struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	if (moved == NOS_MOVED_NOT) {
		if (nos_store_del(store, NOS_SELF_NS, KEY, NOS_STORE_ANY, err) == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	nos_buf_init(&text, TEXT_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_bool(&text, "away", moved == NOS_MOVED_AWAY);
	nos_encode_member_time(&text, "time", now);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, WHAT, err))
		return err->code;
	return nos_store_put(store, NOS_SELF_NS, KEY, nos_buf_str(&text), NOS_STORE_ANY, &rev, err);
}

enum nos_code nos_moved_check(struct nos_store *store, bool away_too, struct nos_err *err)
{
	NOS_AUTO(buf) when = { 0 };
	enum nos_moved moved;
	struct nos_time time;

	if (nos_moved_get(store, &moved, &time, err) || moved == NOS_MOVED_NOT ||
	    (moved == NOS_MOVED_AWAY && away_too))
		return err->code;
	nos_buf_init(&when, 64);
	nos_time_format_rfc3339(&when, time);
	if (nos_buf_check(&when, "time", err))
		return err->code;
	return moved == NOS_MOVED_AWAY
		   ? nos_err_set(err, NOS_CONFIG,
			 "the node was moved to another store at %s; where it does not run there: "
			 "nos-keytable export --undo",
			 when.p)
		   : nos_err_set(err, NOS_CONFIG,
			 "a node is not all in this store yet: nos-keytable import broke off, or goes "
			 "on; do it again with the same file");
}
