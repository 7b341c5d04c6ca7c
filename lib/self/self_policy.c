/* SPDX-License-Identifier: MIT */
#include "self/self_policy.h"

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "self/self.h"

#define VERSION	      1
#define KEY	      NOS_STR("policy")
#define TEXT_MAX      1024
#define OVERLAP_MS    3600000
#define KEY_PERIOD_MS 604800000

/* Seconds with at most three decimals: the form of a time. */
static enum nos_code decode_span(
    const struct nos_decode *d, const char *name, uint64_t *ret_ms, struct nos_err *err)
{
	struct nos_time t;

	if (nos_decode_time(d, name, &t, err))
		return err->code;
	*ret_ms = (uint64_t)t.ms;
	return NOS_OK;
}

/* NOS_ABSENT: none was put. */
static enum nos_code read_policy(
    struct nos_store *store, struct nos_self_policy *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	if (!nos_store_get(store, NOS_SELF_NS, KEY, &text, &rev, err) &&
	    !nos_decode_object(&scan, nos_buf_str(&text), "store: policy", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store: policy", err) &&
	    !decode_span(&d, "overlap", &ret->overlap_ms, err))
		(void)!decode_span(&d, "key_period", &ret->key_period_ms, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_self_policy_get(
    struct nos_store *store, struct nos_self_policy *ret, struct nos_err *err)
{
	struct nos_self_policy found;

	if (!read_policy(store, &found, err)) {
		*ret = found;
		return NOS_OK;
	}
	if (err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	*ret = (struct nos_self_policy){ OVERLAP_MS, KEY_PERIOD_MS };
	return NOS_OK;
}

static void encode_span(struct nos_buf *b, const char *name, uint64_t ms)
{
	nos_encode_member(b, name);
	nos_num_add_fixed(b, ms, 3);
}

enum nos_code nos_self_policy_put(
    struct nos_store *store, const struct nos_self_policy *policy, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_self_policy found;
	uint64_t rev;

	if (!read_policy(store, &found, err)) {
		if (found.overlap_ms == policy->overlap_ms &&
		    found.key_period_ms == policy->key_period_ms)
			return NOS_OK;
	} else if (err->code != NOS_ABSENT) {
		return err->code;
	}
	nos_err_clear(err);
	nos_buf_init(&text, TEXT_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	encode_span(&text, "overlap", policy->overlap_ms);
	encode_span(&text, "key_period", policy->key_period_ms);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "policy", err))
		return err->code;
	return nos_store_put(store, NOS_SELF_NS, KEY, nos_buf_str(&text), NOS_STORE_ANY, &rev, err);
}
