/* SPDX-License-Identifier: MIT */
#include "self/numbers.h"

#include <string.h>

#include "base/num.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "self/spaces.h"

#define VERSION	   1
#define KEY	   NOS_STR("numbers")
#define TEXT_MAX   256
#define TRIES	   8
#define LIFE_SHIFT 32 /* numbers of a life begin 2^32 above those of the one before */

/* As it is in the store; next 1 and rev NOS_STORE_NEW where nothing is. */
struct record {
	uint64_t next, rev;
	uint8_t tag[NOS_NUMBERS_TAG_LEN];
};

static enum nos_code get(struct nos_store *store, struct record *ret, struct nos_err *err)
{
	struct nos_scan scan = { 0 };
	NOS_AUTO(buf) text = { 0 };
	struct nos_decode d;

	*ret = (struct record){ .next = 1, .rev = NOS_STORE_NEW };
	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_SELF_NS, KEY, &text, &ret->rev, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
		ret->rev = NOS_STORE_NEW;
		return NOS_OK;
	}
	if (!nos_decode_object(&scan, nos_buf_str(&text), "store: numbers", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store: numbers", err) &&
	    !nos_decode_uint(&d, "next", 1, NOS_NUM_SAFE, &ret->next, err))
		(void)!nos_decode_bytes(&d, "tag", ret->tag, sizeof(ret->tag), err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

static enum nos_code put(struct nos_store *store, struct record *r, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, TEXT_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_uint(&text, "next", r->next);
	nos_encode_member_bytes(&text, "tag", r->tag, sizeof(r->tag));
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "numbers", err))
		return err->code;
	return nos_store_put(store, NOS_SELF_NS, KEY, nos_buf_str(&text), r->rev, &r->rev, err);
}

/* Was the group in which it was reserved committed? Where another has reserved since nobody can
 * say, and the rest of the block is given up. */
static enum nos_code make_sure(
    struct nos_numbers *n, struct nos_store *store, uint64_t group, struct nos_err *err)
{
	struct record r;

	if (n->sure || n->block.next == n->block.end || n->group == group)
		return NOS_OK;
	if (get(store, &r, err))
		return err->code;
	n->sure = memcmp(r.tag, n->tag, sizeof(r.tag)) == 0;
	if (!n->sure)
		n->block.next = n->block.end;
	return NOS_OK;
}

static enum nos_code once(
    struct nos_numbers *n, struct nos_store *store, uint64_t floor, struct nos_err *err)
{
	struct record r;

	if (get(store, &r, err) || nos_random_bytes(n->tag, sizeof(n->tag), err))
		return err->code;
	n->block.next = r.next > floor ? r.next : floor;
	n->size = !n->size			   ? NOS_NUMBERS_FIRST
		  : 2 * n->size > NOS_NUMBERS_MOST ? NOS_NUMBERS_MOST
						   : 2 * n->size;
	n->block.end = r.next = n->block.next + n->size;
	memcpy(r.tag, n->tag, sizeof(r.tag));
	return put(store, &r, err);
}

enum nos_code nos_numbers_reserve(struct nos_numbers *n, struct nos_store *store, uint64_t life,
    uint64_t group, unsigned least, struct nos_err *err)
{
	const uint64_t floor = ((life - 1) << LIFE_SHIFT) + 1;

	if (make_sure(n, store, group, err))
		return err->code;
	if (n->block.next < floor)
		n->block.next = n->block.end;
	if (n->block.end - n->block.next >= least)
		return NOS_OK;
	for (int i = 0; i < TRIES; i++) {
		nos_err_clear(err);
		if (!once(n, store, floor, err)) {
			n->sure = false;
			n->group = group;
			return NOS_OK;
		}
		n->block.next = n->block.end;
		if (err->code != NOS_EXISTS)
			return err->code;
	}
	return nos_err_set(err, NOS_BUSY, "the numbers of local keys are being taken by others");
}
