/* SPDX-License-Identifier: MIT */
#include "key/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "crypto/hash.h"
#include "key/derive.h"

#define ORDER 0x31 /* kind and version */
#define A_LEN 32

void nos_session_release(struct nos_session *s)
{
	explicit_bzero(s, sizeof(*s));
}

/* ---- the clock ---- */

enum nos_code nos_session_tick(struct nos_session *s, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = { NOS_DERIVE_NUM(s->group),
		NOS_DERIVE_NUM(s->t + 1) };
	NOS_AUTO(secret) next = { 0 };

	if (nos_derive_key(&s->a, "A", ctx, 2, A_LEN, &next, err))
		return err->code;
	s->a = next;
	s->t++;
	return NOS_OK;
}

enum nos_code nos_session_run(struct nos_session *s, uint64_t t, struct nos_err *err)
{
	if (t < s->t || t - s->t > NOS_SESSION_CHAIN_MAX)
		return nos_err_set(
		    err, NOS_DATA, "the clock stands at %" PRIu64 ", not before %" PRIu64, s->t, t);
	while (s->t < t)
		if (nos_session_tick(s, err))
			return err->code;
	return NOS_OK;
}

enum nos_code nos_session_begin_epoch(
    struct nos_session *s, uint64_t epoch, const struct nos_secret *b, struct nos_err *err)
{
	NOS_AUTO(secret) next = { 0 };

	if (nos_derive_extract(nos_secret_span(&s->a), nos_secret_span(b), &next, err))
		return err->code;
	s->a = next;
	s->epoch = epoch;
	return NOS_OK;
}

enum nos_code nos_session_key(const struct nos_session *s,
    const uint8_t token[static NOS_SESSION_TOKEN_LEN], struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_derive_field out[] = { NOS_DERIVE_NUM(s->group), NOS_DERIVE_NUM(s->t) };
	const struct nos_derive_field session[] = { NOS_DERIVE_NUM(s->group),
		NOS_DERIVE_NUM(s->epoch), NOS_DERIVE_NUM(s->t) };
	NOS_AUTO(secret) of_clock = { 0 };
	NOS_AUTO(secret) both = { 0 };

	if (nos_derive_key(&s->a, "out", out, 2, 32, &of_clock, err) ||
	    nos_derive_extract(nos_secret_span(&of_clock),
		(struct nos_span){ token, NOS_SESSION_TOKEN_LEN }, &both, err))
		return err->code;
	return nos_derive_key(&both, "session", session, 3, 32, ret, err);
}

/* ---- tokens ---- */

enum nos_code nos_session_token_before(uint64_t node, uint64_t group, uint64_t t,
    const uint8_t token[static NOS_SESSION_TOKEN_LEN], uint8_t ret[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err)
{
	uint8_t numbers[3 * NOS_ENC_LEB128_MAX], hash[NOS_HASH_LEN];
	size_t len = nos_enc_leb128(node, numbers);
	struct nos_span pieces[3] = { nos_str_bytes(NOS_STR("nos/1 h")), { numbers, 0 },
		{ token, NOS_SESSION_TOKEN_LEN } };

	len += nos_enc_leb128(group, numbers + len);
	len += nos_enc_leb128(t, numbers + len);
	pieces[1].len = len;
	if (nos_hash_sha256(pieces, 3, hash, err))
		return err->code;
	memcpy(ret, hash, NOS_SESSION_TOKEN_LEN);
	return NOS_OK;
}

enum nos_code nos_session_verify(uint64_t node, uint64_t group,
    const struct nos_session_token *last, const struct nos_session_token *next, uint64_t most,
    struct nos_err *err)
{
	uint8_t h[NOS_SESSION_TOKEN_LEN];

	memcpy(h, next->h, sizeof(h));
	if (next->t <= last->t || next->t - last->t > most)
		return nos_err_set(err, NOS_TAG, "does not verify");
	for (uint64_t t = next->t; t > last->t; t--)
		if (nos_session_token_before(node, group, t, h, h, err))
			return err->code;
	return nos_secret_same(h, last->h, sizeof(h))
		   ? NOS_OK
		   : nos_err_set(err, NOS_TAG, "does not verify");
}

/* ---- bytes ---- */

static void add_numbers(struct nos_buf *b, uint64_t group, uint64_t epoch, uint64_t t)
{
	nos_enc_add_leb128(b, group);
	nos_enc_add_leb128(b, epoch);
	nos_enc_add_leb128(b, t);
}

/* They are followed by bytes of this length, and by nothing. */
static bool take_numbers(
    struct nos_span *rest, uint64_t *group, uint64_t *epoch, uint64_t *t, size_t len)
{
	return nos_enc_leb128_decode(rest, group) && nos_enc_leb128_decode(rest, epoch) &&
	       nos_enc_leb128_decode(rest, t) && rest->len == len && *group &&
	       *group < NOS_NUM_SAFE && *epoch < NOS_NUM_SAFE && *t < NOS_NUM_SAFE;
}

void nos_session_order_encode(struct nos_buf *b, const struct nos_session_order *o)
{
	nos_buf_add_char(b, ORDER);
	add_numbers(b, o->group, o->epoch, o->token.t);
	nos_buf_add(b, o->token.h, sizeof(o->token.h));
}

bool nos_session_order_is(struct nos_span message)
{
	return message.len && message.p[0] == ORDER;
}

enum nos_code nos_session_order_decode(
    struct nos_span message, struct nos_session_order *ret, struct nos_err *err)
{
	struct nos_span rest = message;

	if (!nos_session_order_is(message))
		return nos_err_set(err, NOS_DATA, "not an order");
	rest.p++, rest.len--;
	if (!take_numbers(&rest, &ret->group, &ret->epoch, &ret->token.t, sizeof(ret->token.h)))
		return nos_err_set(err, NOS_DATA, "not an order");
	memcpy(ret->token.h, rest.p, rest.len);
	return NOS_OK;
}

void nos_session_join_encode(struct nos_buf *b, const struct nos_session *s,
    const uint8_t token[static NOS_SESSION_TOKEN_LEN])
{
	add_numbers(b, s->group, s->epoch, s->t);
	nos_buf_add(b, s->a.bytes, s->a.len);
	nos_buf_add(b, token, NOS_SESSION_TOKEN_LEN);
}

enum nos_code nos_session_join_decode(struct nos_span body, struct nos_session *ret,
    uint8_t ret_token[static NOS_SESSION_TOKEN_LEN], struct nos_err *err)
{
	if (!take_numbers(&body, &ret->group, &ret->epoch, &ret->t, A_LEN + NOS_SESSION_TOKEN_LEN))
		return nos_err_set(err, NOS_DATA, "not the body of a join");
	nos_secret_put(&ret->a, body.p, A_LEN);
	memcpy(ret_token, body.p + A_LEN, NOS_SESSION_TOKEN_LEN);
	return NOS_OK;
}

void nos_session_heal_encode(struct nos_buf *b, const struct nos_session_heal *h)
{
	add_numbers(b, h->group, h->epoch, h->t);
	nos_buf_add(b, h->b.bytes, h->b.len);
}

enum nos_code nos_session_heal_decode(
    struct nos_span body, struct nos_session_heal *ret, struct nos_err *err)
{
	if (!take_numbers(&body, &ret->group, &ret->epoch, &ret->t, NOS_SESSION_B_LEN))
		return nos_err_set(err, NOS_DATA, "not the body of a heal");
	nos_secret_put(&ret->b, body.p, NOS_SESSION_B_LEN);
	return NOS_OK;
}
