/* SPDX-License-Identifier: MIT */
#include "key/message.h"

#include <assert.h>

#include "base/enc.h"
#include "crypto/aead.h"

#define VERSION	      1
#define CTR_BYTES_MAX 3
#define AAD_MAX	      128

/* Of the kinds that travel as U. */
static bool is_unicast(unsigned kind)
{
	return kind <= 2 || (kind >= 5 && kind <= 0xb);
}

enum nos_code nos_message_head_read(
    struct nos_span message, struct nos_message_head *ret, struct nos_err *err)
{
	struct nos_span rest;

	if (message.len < 2 || (message.p[0] & 15) != VERSION || !is_unicast(message.p[0] >> 4))
		return nos_err_set(err, NOS_DATA, "not a key message");
	rest = (struct nos_span){ message.p + 1, message.len - 1 };
	if (!nos_enc_leb128_decode(&rest, &ret->ctr) || ret->ctr > NOS_CHAIN_CTR_MAX)
		return nos_err_set(err, NOS_DATA, "a key message without a good counter");
	ret->kind = (enum nos_message_kind)(message.p[0] >> 4);
	ret->len = message.len - rest.len;
	return NOS_OK;
}

static enum nos_code associated(struct nos_span head, uint64_t node, struct nos_str source,
    struct nos_buf *ret, struct nos_err *err)
{
	nos_buf_init(ret, AAD_MAX);
	nos_enc_field(ret, head.p, head.len);
	nos_enc_field_num(ret, node);
	nos_enc_field(ret, source.p, source.len);
	return nos_buf_check(ret, "associated data", err);
}

enum nos_code nos_message_seal(enum nos_message_kind kind, const struct nos_chain *chain,
    uint64_t node, struct nos_str source, struct nos_span body, struct nos_buf *ret,
    struct nos_err *err)
{
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(buf) aad = { 0 };
	size_t start = ret->len, head_len;
	uint8_t *sealed;

	assert(body.len && body.len <= NOS_MESSAGE_BODY_MAX && chain->ctr <= NOS_CHAIN_CTR_MAX);
	if (nos_chain_look(chain, &step, err))
		return err->code;
	nos_buf_add_char(ret, (char)((unsigned)kind << 4 | VERSION));
	nos_enc_add_leb128(ret, chain->ctr);
	head_len = ret->len - start;
	sealed = nos_buf_extend(ret, body.len + NOS_AEAD_TAG_LEN);
	if (!sealed)
		return nos_buf_check(ret, "key message", err);
	if (associated(
		(struct nos_span){ (uint8_t *)ret->p + start, head_len }, node, source, &aad, err))
		return err->code;
	return nos_aead_siv_seal(&step.message, nos_buf_span(&aad), body, sealed, err);
}

enum nos_code nos_message_open(struct nos_span message, const struct nos_message_head *head,
    const struct nos_chain *chain, uint64_t node, struct nos_str source, struct nos_buf *ret,
    struct nos_err *err)
{
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(buf) aad = { 0 };
	struct nos_span sealed = { message.p + head->len, message.len - head->len };
	size_t start = ret->len;
	uint8_t *body;

	assert(chain->ctr == head->ctr);
	if (sealed.len <= NOS_AEAD_TAG_LEN || sealed.len > NOS_AEAD_TAG_LEN + NOS_MESSAGE_BODY_MAX)
		return nos_err_set(err, NOS_TAG, "does not verify");
	if (nos_chain_look(chain, &step, err) ||
	    associated((struct nos_span){ message.p, head->len }, node, source, &aad, err))
		return err->code;
	body = nos_buf_extend(ret, sealed.len - NOS_AEAD_TAG_LEN);
	if (!body)
		return nos_buf_check(ret, "body of a key message", err);
	if (nos_aead_siv_open(&step.message, nos_buf_span(&aad), sealed, body, err)) {
		nos_buf_truncate(ret, start);
		return err->code;
	}
	return NOS_OK;
}
