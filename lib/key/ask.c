/* SPDX-License-Identifier: MIT */
#include "key/ask.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/aead.h"

#define ASK	0xc1 /* kind and version */
#define ANSWER	0xd1
#define AAD_MAX 256

/* len bytes from the start of *s. */
static bool take(struct nos_span *s, size_t len, struct nos_span *ret)
{
	if (s->len < len)
		return false;
	*ret = (struct nos_span){ s->p, len };
	s->p += len;
	s->len -= len;
	return true;
}

/* LEB128(length) and as many bytes. */
static bool take_field(struct nos_span *s, size_t max, struct nos_span *ret)
{
	uint64_t len;

	return nos_enc_leb128_decode(s, &len) && len <= max && take(s, (size_t)len, ret);
}

enum nos_code nos_ask_head_read(struct nos_span ask, struct nos_ask_head *ret, struct nos_err *err)
{
	struct nos_span rest = ask, kind, source, once;

	if (ask.len > NOS_ASK_MAX || !take(&rest, 1, &kind) || *kind.p != ASK ||
	    !take_field(&rest, NOS_ASK_SOURCE_MAX, &source) || !source.len ||
	    !nos_enc_leb128_decode(&rest, &ret->z) || !ret->z ||
	    !take(&rest, sizeof(ret->once.bytes), &once))
		return nos_err_set(err, NOS_DATA, "not an ask");
	ret->source = (struct nos_str){ (const char *)source.p, source.len };
	memcpy(ret->once.bytes, once.p, once.len);
	ret->len = ask.len - rest.len;
	return NOS_OK;
}

static enum nos_code associated(struct nos_span head, const uint8_t *nonce, uint64_t node,
    struct nos_buf *ret, struct nos_err *err)
{
	nos_buf_init(ret, AAD_MAX);
	nos_enc_field(ret, head.p, head.len);
	nos_enc_field(ret, nonce, NOS_ASK_NONCE_LEN);
	nos_enc_field_num(ret, node);
	return nos_buf_check(ret, "associated data", err);
}

static void encode_body(struct nos_buf *b, const struct nos_ask_body *body)
{
	nos_buf_add_char(b, body->renew);
	nos_enc_add_leb128(b, body->highest);
	nos_buf_add(b, body->thumbprint, sizeof(body->thumbprint));
	for (size_t i = 0; i < body->kid_count; i++) {
		char kid[NOS_NAME_TEXT_MAX];

		nos_name_format(&body->kids[i], kid);
		nos_enc_field(b, kid, strlen(kid));
	}
}

enum nos_code nos_ask_seal(struct nos_str source, uint64_t z, const struct nos_ecdh_point *once,
    const struct nos_secret *resync, const uint8_t nonce[static NOS_ASK_NONCE_LEN], uint64_t node,
    const struct nos_ask_body *body, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(buf) aad = { 0 };
	size_t start = ret->len, head_len;
	uint8_t *sealed;

	nos_buf_init(&text, NOS_ASK_MAX);
	encode_body(&text, body);
	nos_buf_add_char(ret, (char)ASK);
	nos_enc_field(ret, source.p, source.len);
	nos_enc_add_leb128(ret, z);
	nos_buf_add(ret, once->bytes, sizeof(once->bytes));
	head_len = ret->len - start;
	if (nos_buf_check(&text, "ask", err))
		return err->code;
	sealed = nos_buf_extend(ret, text.len + NOS_AEAD_TAG_LEN);
	if (!sealed)
		return nos_buf_check(ret, "ask", err);
	if (associated(
		(struct nos_span){ (uint8_t *)ret->p + start, head_len }, nonce, node, &aad, err))
		return err->code;
	return nos_aead_siv_seal(resync, nos_buf_span(&aad), nos_buf_span(&text), sealed, err);
}

static bool decode_body(struct nos_span text, struct nos_ask_body *ret)
{
	struct nos_span renew, thumbprint, kid;

	*ret = (struct nos_ask_body){ 0 };
	if (!take(&text, 1, &renew) || *renew.p > 1 ||
	    !nos_enc_leb128_decode(&text, &ret->highest) ||
	    !take(&text, sizeof(ret->thumbprint), &thumbprint))
		return false;
	ret->renew = *renew.p;
	memcpy(ret->thumbprint, thumbprint.p, thumbprint.len);
	while (text.len) {
		if (ret->kid_count == NOS_ASK_KIDS_MAX ||
		    !take_field(&text, NOS_NAME_TEXT_MAX, &kid) ||
		    !nos_name_parse((struct nos_str){ (const char *)kid.p, kid.len },
			&ret->kids[ret->kid_count++]))
			return false;
	}
	return true;
}

enum nos_code nos_ask_open(struct nos_span ask, const struct nos_ask_head *head,
    const struct nos_secret *resync, const uint8_t nonce[static NOS_ASK_NONCE_LEN], uint64_t node,
    struct nos_ask_body *ret, struct nos_err *err)
{
	struct nos_span sealed = { ask.p + head->len, ask.len - head->len };
	uint8_t text[NOS_ASK_MAX];
	NOS_AUTO(buf) aad = { 0 };

	if (sealed.len <= NOS_AEAD_TAG_LEN || sealed.len > sizeof(text))
		return nos_err_set(err, NOS_TAG, "does not verify");
	if (associated((struct nos_span){ ask.p, head->len }, nonce, node, &aad, err) ||
	    nos_aead_siv_open(resync, nos_buf_span(&aad), sealed, text, err))
		return err->code;
	return decode_body((struct nos_span){ text, sealed.len - NOS_AEAD_TAG_LEN }, ret)
		   ? NOS_OK
		   : nos_err_set(err, NOS_DATA, "not the body of an ask");
}

void nos_ask_answer_begin(struct nos_buf *b, const struct nos_ecdh_point *once)
{
	nos_buf_add_char(b, (char)ANSWER);
	nos_buf_add(b, once->bytes, sizeof(once->bytes));
}

void nos_ask_answer_add(struct nos_buf *b, struct nos_span message)
{
	nos_enc_field(b, message.p, message.len);
}

enum nos_code nos_ask_answer_read(struct nos_span answer, struct nos_ecdh_point *ret_once,
    struct nos_span *rest, struct nos_err *err)
{
	struct nos_span kind, once;

	*rest = answer;
	if (answer.len > NOS_ASK_ANSWER_MAX || !take(rest, 1, &kind) || *kind.p != ANSWER ||
	    !take(rest, sizeof(ret_once->bytes), &once))
		return nos_err_set(err, NOS_DATA, "not an answer to an ask");
	memcpy(ret_once->bytes, once.p, once.len);
	return NOS_OK;
}

bool nos_ask_answer_next(struct nos_span *rest, struct nos_span *ret)
{
	return take_field(rest, NOS_ASK_ANSWER_MAX, ret);
}
