/* SPDX-License-Identifier: MIT */
#include "self/era.h"

#include "base/num.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"

#define VERSION	 1
#define KEY	 NOS_STR(NOS_ERA_KEY)
#define WHAT	 "store: era"
#define TEXT_MAX 1024
#define FORMAT	 NOS_STR("{\"v\":2}") /* of the store, see self/self.h */

/*
 * Where the clock is behind the era before: more than will have been given since that began. And by
 * chance: one backup may be put back twice, and none of the two knows of the other.
 */
#define STEP	     (UINT64_C(1) << 40)
#define CHANCE_SHIFT 30

/* All-zero: none has begun. */
struct era {
	uint64_t at;
	uint64_t ahead; /* eras of this node are so far ahead of the clock */
};

static enum nos_code decode(struct nos_str text, struct era *ret, struct nos_err *err)
{
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	*ret = (struct era){ 0 };
	if (!nos_decode_object(&scan, text, WHAT, &d, err) &&
	    !nos_decode_version(&d, VERSION, WHAT, err) &&
	    !nos_decode_uint(&d, "era", 1, NOS_ERA_MAX, &ret->at, err) &&
	    nos_decode_has(&d, "ahead"))
		(void)!nos_decode_uint(&d, "ahead", 0, NOS_ERA_MAX, &ret->ahead, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

static void encode(struct nos_buf *b, const struct era *e)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_uint(b, "era", e->at);
	if (e->ahead)
		nos_encode_member_uint(b, "ahead", e->ahead);
	nos_buf_add_char(b, '}');
}

static enum nos_code read_era(
    struct nos_store *store, struct era *ret, uint64_t *ret_rev, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	*ret = (struct era){ 0 };
	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_SELF_NS, KEY, &text, ret_rev, err) == NOS_ABSENT) {
		nos_err_clear(err);
		*ret_rev = NOS_STORE_NEW;
		return NOS_OK;
	}
	return err->code ? err->code : decode(nos_buf_str(&text), ret, err);
}

enum nos_code nos_era_get(struct nos_store *store, uint64_t *ret, struct nos_err *err)
{
	struct era e;
	uint64_t rev;

	if (read_era(store, &e, &rev, err))
		return err->code;
	*ret = e.at;
	return NOS_OK;
}

static enum nos_code step(uint64_t *ret, struct nos_err *err)
{
	uint16_t chance;

	if (nos_random_public(&chance, sizeof(chance), err))
		return err->code;
	*ret = STEP + ((uint64_t)chance << CHANCE_SHIFT);
	return NOS_OK;
}

/*
 * What counts from an era on grows by less than one a microsecond, so that the clock stays ahead of
 * it, but for how far it was ahead at its beginning, which stays.
 */
static enum nos_code next(struct era *e, struct nos_time now, struct nos_err *err)
{
	uint64_t at = (now.ms > 0 ? (uint64_t)now.ms * 1000 : 1) + e->ahead, far = 0;

	if (at <= e->at && step(&far, err))
		return err->code;
	if (far)
		at = e->at + far;
	if (at > NOS_ERA_MAX)
		return nos_err_set(err, NOS_CONFIG, "the clock is over two hundred years ahead");
	e->at = at;
	return NOS_OK;
}

enum nos_code nos_era_begin(
    struct nos_store *store, struct nos_time now, uint64_t *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct era e;
	uint64_t rev;

	if (read_era(store, &e, &rev, err) || next(&e, now, err))
		return err->code;
	nos_buf_init(&text, TEXT_MAX);
	encode(&text, &e);
	if (nos_buf_check(&text, WHAT, err))
		return err->code;
	if (nos_store_put(store, NOS_SELF_NS, KEY, nos_buf_str(&text), rev, &rev, err))
		return err->code == NOS_EXISTS
			   ? nos_err_set(err, NOS_BUSY,
				 "the store's era is being changed by others, try again")
			   : err->code;
	*ret = e.at;
	return nos_store_put(
	    store, NOS_SELF_NS, NOS_STR("format"), FORMAT, NOS_STORE_ANY, &rev, err);
}

enum nos_code nos_era_lift(
    struct nos_str value, uint64_t position, struct nos_buf *ret, struct nos_err *err)
{
	struct era e;

	if (decode(value, &e, err))
		return err->code;
	e.ahead += position;
	encode(ret, &e);
	return nos_buf_check(ret, WHAT, err);
}
