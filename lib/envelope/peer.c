/* SPDX-License-Identifier: MIT */
#include "envelope/peer.h"

#include <string.h>

#include "crypto/jose.h"
#include "envelope/header.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/roam.h"

#define SIGNED	 "nos/1 peer"
#define TEXT_MAX 2048 /* bytes of either JSON, and of its signature */
#define ID_LEN	 12

static const char *const ops[] = {
	[NOS_PEER_ROAM] = "roam",
	[NOS_PEER_REVOKED] = "revoked",
};

void nos_peer_answer_release(struct nos_peer_answer *a)
{
	explicit_bzero(a, sizeof(*a));
}

const char *nos_peer_op_text(enum nos_peer_op op)
{
	return ops[op];
}

bool nos_peer_op_parse(struct nos_str word, enum nos_peer_op *ret)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (nos_str_is(word, ops[i])) {
			*ret = (enum nos_peer_op)i;
			return true;
		}
	return false;
}

bool nos_peer_is_source(struct nos_str id)
{
	if (id.len != ID_LEN || !nos_str_starts(id, "s-"))
		return false;
	for (size_t i = 2; i < id.len; i++)
		if (!(id.p[i] >= '0' && id.p[i] <= '9') && !(id.p[i] >= 'a' && id.p[i] <= 'f'))
			return false;
	return true;
}

/* ---- what is sent ---- */

static enum nos_code sign_text(const struct nos_secret *sign, struct nos_str json,
    uint8_t ret[static NOS_SIGN_LEN], struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, TEXT_MAX);
	nos_buf_add_text(&text, SIGNED);
	nos_buf_add_str(&text, json);
	return nos_buf_check(&text, "message to a node", err)
		   ? err->code
		   : nos_sign_make(sign, nos_buf_span(&text), ret, err);
}

static enum nos_code seal(const struct nos_secret *sign, const struct nos_buf *json,
    const struct nos_ecdh_point *to, struct nos_buf *ret, struct nos_err *err)
{
	uint8_t signature[NOS_SIGN_LEN];
	NOS_AUTO(buf) plain = { 0 };

	nos_buf_init_secret(&plain, TEXT_MAX);
	if (nos_buf_check(json, "message to a node", err) ||
	    sign_text(sign, nos_buf_str(json), signature, err))
		return err->code;
	nos_buf_add(&plain, signature, sizeof(signature));
	nos_buf_add_str(&plain, nos_buf_str(json));
	return nos_buf_check(&plain, "message to a node", err)
		   ? err->code
		   : nos_jose_seal_to(to, nos_buf_span(&plain), ret, err);
}

enum nos_code nos_peer_request_seal(const struct nos_peer_request *r, const struct nos_secret *sign,
    const struct nos_ecdh_point *to, struct nos_buf *ret, struct nos_err *err)
{
	char kid[NOS_NAME_TEXT_MAX];
	NOS_AUTO(buf) b = { 0 };

	nos_name_format(&r->key, kid);
	nos_buf_init(&b, TEXT_MAX);
	nos_buf_add_char(&b, '{');
	nos_encode_member_text(&b, "op", nos_str_of(ops[r->op]));
	nos_encode_member_bytes(&b, "from", r->from, sizeof(r->from));
	nos_encode_member_bytes(&b, "to", r->to, sizeof(r->to));
	nos_encode_member_bytes(&b, "E", r->once.bytes, sizeof(r->once.bytes));
	if (*r->source)
		nos_encode_member_text(&b, "source", nos_str_of(r->source));
	nos_encode_member_text(&b, "kid", nos_str_of(kid));
	nos_buf_add_char(&b, '}');
	return seal(sign, &b, to, ret, err);
}

enum nos_code nos_peer_answer_seal(const struct nos_peer_answer *a, const struct nos_secret *sign,
    const struct nos_ecdh_point *once, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init_secret(&b, TEXT_MAX);
	nos_buf_add_char(&b, '{');
	nos_encode_member_text(&b, "op", nos_str_of(ops[a->op]));
	nos_encode_member_bytes(&b, "request", a->request, sizeof(a->request));
	if (a->op == NOS_PEER_ROAM) {
		nos_encode_member_bytes(&b, "key", a->key.bytes, a->key.len);
		nos_encode_member_text(&b, "kind", nos_str_of(a->kind));
		nos_encode_member_number(&b, "proof", a->open ? 0.7 : 1);
		nos_encode_member_time(&b, "expires", a->expires);
	}
	nos_buf_add_char(&b, '}');
	return seal(sign, &b, once, ret, err);
}

/* ---- what has come ---- */

enum nos_code nos_peer_look(
    struct nos_str jwe, uint8_t ret_thumbprint[static NOS_HASH_LEN], struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_header h;

	if (!nos_header_read(jwe, NOS_HEADER_KEY, NOS_PEER_MAX, &scan, &h, err))
		memcpy(ret_thumbprint, h.thumbprint, NOS_HASH_LEN);
	nos_scan_release(&scan);
	return err->code;
}

enum nos_code nos_peer_open(
    const struct nos_secret *private, struct nos_str jwe, struct nos_buf *ret, struct nos_err *err)
{
	nos_buf_init_secret(ret, NOS_PEER_MAX);
	if (nos_jose_open_with(private, jwe, ret, err))
		return err->code;
	return ret->len > NOS_SIGN_LEN ? NOS_OK
				       : nos_err_set(err, NOS_DATA, "peer: the message is cut off");
}

static struct nos_str json_of(const struct nos_buf *opened)
{
	return opened->len > NOS_SIGN_LEN
		   ? (struct nos_str){ opened->p + NOS_SIGN_LEN, opened->len - NOS_SIGN_LEN }
		   : NOS_STR("");
}

enum nos_code nos_peer_verify(const struct nos_buf *opened,
    const uint8_t sign[static NOS_SIGN_PUBLIC_LEN], struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	if (opened->len <= NOS_SIGN_LEN)
		return nos_err_set(err, NOS_TAG, "does not verify");
	nos_buf_init_secret(&text, NOS_PEER_MAX + sizeof(SIGNED));
	nos_buf_add_text(&text, SIGNED);
	nos_buf_add_str(&text, json_of(opened));
	return nos_buf_check(&text, "message of a node", err)
		   ? err->code
		   : nos_sign_verify(sign, nos_buf_span(&text), (const uint8_t *)opened->p, err);
}

static enum nos_code decode_op(
    const struct nos_decode *d, enum nos_peer_op *ret, struct nos_err *err)
{
	struct nos_str op;

	if (nos_decode_text(d, "op", &op, err))
		return err->code;
	return nos_peer_op_parse(op, ret)
		   ? NOS_OK
		   : nos_err_set_field(err, NOS_DATA, "op", "op is not known");
}

static enum nos_code decode_what(
    const struct nos_decode *d, struct nos_peer_request *ret, struct nos_err *err)
{
	const bool all = ret->op == NOS_PEER_REVOKED && !nos_decode_has(d, "source");
	struct nos_str source = NOS_STR(""), kid;
	uint64_t home, day;

	if ((!all && nos_decode_text(d, "source", &source, err)) ||
	    nos_decode_text(d, "kid", &kid, err))
		return err->code;
	if ((!all && !nos_peer_is_source(source)) ||
	    !nos_str_copy(source, ret->source, sizeof(ret->source)))
		return nos_err_set_field(err, NOS_DATA, "source", "source is no id");
	if (!nos_name_parse(kid, &ret->key) || !nos_roam_is(&ret->key, &home, &day))
		return nos_err_set_field(err, NOS_DATA, "kid", "kid is no r.HOME.DAY");
	return NOS_OK;
}

enum nos_code nos_peer_request_decode(
    const struct nos_buf *opened, struct nos_peer_request *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	*ret = (struct nos_peer_request){ 0 };
	if (!nos_decode_object(&scan, json_of(opened), "peer", &d, err) &&
	    !decode_op(&d, &ret->op, err) &&
	    !nos_decode_bytes(&d, "from", ret->from, sizeof(ret->from), err) &&
	    !nos_decode_bytes(&d, "to", ret->to, sizeof(ret->to), err) &&
	    !nos_decode_bytes(&d, "E", ret->once.bytes, sizeof(ret->once.bytes), err))
		(void)!decode_what(&d, ret, err);
	nos_scan_release(&scan);
	return err->code ? nos_err_within(err, "peer") : NOS_OK;
}

/* The two that there are. */
static enum nos_code decode_proof(const struct nos_decode *d, bool *ret_open, struct nos_err *err)
{
	struct nos_str text;

	if (nos_decode_raw(d, "proof", NOS_SCAN_NUMBER, &text, err))
		return err->code;
	*ret_open = nos_str_is(text, "0.7");
	return *ret_open || nos_str_is(text, "1")
		   ? NOS_OK
		   : nos_err_set_field(err, NOS_DATA, "proof", "proof is neither 0.7 nor 1");
}

static enum nos_code decode_key(
    const struct nos_decode *d, struct nos_peer_answer *ret, struct nos_err *err)
{
	if (nos_decode_secret(d, "key", NOS_ROAM_KEY_LEN, &ret->key, err) ||
	    nos_decode_copy(d, "kind", false, ret->kind, sizeof(ret->kind), err) ||
	    decode_proof(d, &ret->open, err) || nos_decode_time(d, "expires", &ret->expires, err))
		return err->code;
	return nos_name_is_kind(nos_str_of(ret->kind))
		   ? NOS_OK
		   : nos_err_set_field(err, NOS_DATA, "kind", "kind cannot be a kind");
}

enum nos_code nos_peer_answer_decode(
    const struct nos_buf *opened, struct nos_peer_answer *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	*ret = (struct nos_peer_answer){ 0 };
	if (!nos_decode_object(&scan, json_of(opened), "peer", &d, err) &&
	    !decode_op(&d, &ret->op, err) &&
	    !nos_decode_bytes(&d, "request", ret->request, sizeof(ret->request), err) &&
	    ret->op == NOS_PEER_ROAM)
		(void)!decode_key(&d, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_peer_answer_release(ret);
	return err->code ? nos_err_within(err, "peer") : NOS_OK;
}
