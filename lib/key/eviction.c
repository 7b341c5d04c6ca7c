/* SPDX-License-Identifier: MIT */
#include "key/eviction.h"

#include <assert.h>
#include <string.h>

#include "base/num.h"

#define KIND_VERSION 0xf1

void nos_eviction_pull_release(struct nos_eviction_pull *p)
{
	explicit_bzero(p, sizeof(*p));
}

/* What is signed: "nos/1 " and the message up to the signature. */
static enum nos_code signed_text(struct nos_span message, struct nos_buf *ret, struct nos_err *err)
{
	nos_buf_init(ret, NOS_EVICTION_MAX + 8);
	nos_buf_add_text(ret, "nos/1 ");
	nos_buf_add(ret, message.p, message.len);
	return nos_buf_check(ret, "eviction", err);
}

enum nos_code nos_eviction_seal(const struct nos_eviction *v, const struct nos_secret *sign,
    struct nos_buf *ret, struct nos_err *err)
{
	const size_t start = ret->len;
	uint8_t signature[NOS_SIGN_LEN];
	NOS_AUTO(buf) text = { 0 };

	assert(v->turn.depth >= 1 && v->turn.depth <= NOS_LKH_DEPTH_MAX &&
	       v->leaf >> v->turn.depth == 0);
	nos_buf_add_char(ret, (char)KIND_VERSION);
	nos_enc_add_leb128(ret, v->turn.group);
	nos_enc_add_leb128(ret, v->turn.epoch);
	nos_enc_add_leb128(ret, v->t);
	nos_enc_add_leb128(ret, v->leaf);
	nos_buf_add(ret, v->confirm, sizeof(v->confirm));
	nos_buf_add(ret, v->wraps, v->turn.depth * sizeof(v->wraps[0]));
	if (nos_buf_check(ret, "eviction", err) ||
	    signed_text((struct nos_span){ (const uint8_t *)ret->p + start, ret->len - start },
		&text, err) ||
	    nos_sign_make(sign, nos_buf_span(&text), signature, err))
		return err->code;
	nos_buf_add(ret, signature, sizeof(signature));
	return nos_buf_check(ret, "eviction", err);
}

bool nos_eviction_is(struct nos_span message)
{
	return message.len && message.p[0] == KIND_VERSION;
}

/* Group, epoch and session: an eviction begins an epoch, and that is never the first. */
static bool take_place(
    struct nos_span *rest, uint64_t *ret_group, uint64_t *ret_epoch, uint64_t *ret_t)
{
	return nos_enc_leb128_decode(rest, ret_group) && nos_enc_leb128_decode(rest, ret_epoch) &&
	       nos_enc_leb128_decode(rest, ret_t) && *ret_group < NOS_NUM_SAFE && *ret_epoch &&
	       *ret_epoch < NOS_NUM_SAFE && *ret_t < NOS_NUM_SAFE;
}

static bool decode(struct nos_span rest, struct nos_eviction *ret)
{
	uint64_t leaf;
	size_t depth;

	rest.p++, rest.len--;
	if (!take_place(&rest, &ret->turn.group, &ret->turn.epoch, &ret->t) ||
	    !nos_enc_leb128_decode(&rest, &leaf) || rest.len < NOS_LKH_CONFIRM_LEN)
		return false;
	memcpy(ret->confirm, rest.p, NOS_LKH_CONFIRM_LEN);
	rest.p += NOS_LKH_CONFIRM_LEN, rest.len -= NOS_LKH_CONFIRM_LEN;
	depth = rest.len / NOS_LKH_KEY_LEN;
	if (rest.len % NOS_LKH_KEY_LEN || !depth || depth > NOS_LKH_DEPTH_MAX || leaf >> depth)
		return false;
	ret->turn.depth = (unsigned)depth;
	ret->leaf = (uint32_t)leaf;
	memcpy(ret->wraps, rest.p, rest.len);
	return true;
}

enum nos_code nos_eviction_open(struct nos_span message,
    const uint8_t sign[static NOS_SIGN_PUBLIC_LEN], struct nos_eviction *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_span covered = message;
	struct nos_eviction v = { 0 };

	if (!nos_eviction_is(message) || message.len <= NOS_SIGN_LEN ||
	    message.len > NOS_EVICTION_MAX)
		return nos_err_set(err, NOS_DATA, "not an eviction");
	covered.len -= NOS_SIGN_LEN;
	if (signed_text(covered, &text, err) ||
	    nos_sign_verify(sign, nos_buf_span(&text), message.p + covered.len, err))
		return err->code;
	if (!decode(covered, &v))
		return nos_err_set(err, NOS_DATA, "not an eviction");
	*ret = v;
	return NOS_OK;
}

void nos_eviction_pull_encode(struct nos_buf *b, const struct nos_eviction_pull *p)
{
	assert(p->s.len == NOS_LKH_KEY_LEN);
	nos_enc_add_leb128(b, p->group);
	nos_enc_add_leb128(b, p->epoch);
	nos_enc_add_leb128(b, p->t);
	nos_enc_add_leb128(b, p->level);
	nos_buf_add(b, p->s.bytes, p->s.len);
}

enum nos_code nos_eviction_pull_decode(
    struct nos_span body, struct nos_eviction_pull *ret, struct nos_err *err)
{
	NOS_AUTO(eviction_pull) p = { 0 };
	uint64_t level;

	if (!take_place(&body, &p.group, &p.epoch, &p.t) || !nos_enc_leb128_decode(&body, &level) ||
	    level >= NOS_LKH_DEPTH_MAX || body.len != NOS_LKH_KEY_LEN)
		return nos_err_set(err, NOS_DATA, "not the eviction of a member");
	nos_secret_put(&p.s, body.p, body.len);
	p.level = (unsigned)level;
	*ret = p;
	return NOS_OK;
}
