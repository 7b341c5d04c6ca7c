/* SPDX-License-Identifier: MIT */
#include "stream/raw.h"

#include <string.h>

#include "base/num.h"
#include "envelope/pack.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/state.h"
#include "self/era.h"

#define BEARER "bearer"

static void member_text(struct nos_buf *b, const char *name, const char *text)
{
	if (*text)
		nos_encode_member_text(b, name, nos_str_of(text));
}

static void encode_security(struct nos_buf *b, const struct nos_rule_security *s)
{
	nos_encode_member_uint(b, "bits", s->bits);
	nos_encode_member_uint(b, "tag", s->tag);
	nos_encode_member_uint(b, "holders", s->holders);
	nos_encode_member_number(b, "key_age", s->key_age_s);
	nos_encode_member_number(b, "key_period", s->key_period_s);
	nos_encode_member_bool(b, "grace", s->key_state == NOS_RULE_KEY_DEACTIVATED);
	nos_encode_member_bool(b, "open", s->open);
}

static void encode_number(
    struct nos_buf *b, uint64_t seq, uint64_t prev, const uint8_t hash[static NOS_WINDOW_HASH_LEN])
{
	nos_encode_member_uint(b, "seq", seq);
	if (prev)
		nos_encode_member_uint(b, "prev", prev);
	nos_encode_member_bytes(b, "hash", hash, NOS_WINDOW_HASH_LEN);
}

static void encode_via(struct nos_buf *b, const struct nos_raw *raw)
{
	nos_encode_member(b, "via");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < raw->via_count; i++) {
		const struct nos_raw_via *v = &raw->via[i];

		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		member_text(b, "source", v->source);
		member_text(b, "key", v->kid);
		encode_number(b, v->seq, v->prev, v->hash);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
	if (!*raw->source)
		nos_encode_member_text(b, "proof", NOS_STR("vouched"));
}

/* What is neither sealed nor vouched for: TLS is all that was around it. */
static void encode_tls(struct nos_buf *b, const struct nos_raw *raw)
{
	nos_encode_member_text(b, "proof", *raw->source ? NOS_STR(BEARER) : NOS_STR("none"));
}

void nos_raw_encode(struct nos_buf *b, const struct nos_raw *raw, struct nos_str body)
{
	const bool sealed = *raw->kid, vouched = raw->via_count > 0;

	nos_buf_add_char(b, '{');
	if (*raw->source) {
		member_text(b, "source", raw->source);
		member_text(b, "name", raw->name);
		member_text(b, "mode", raw->mode);
	}
	if (sealed) {
		member_text(b, "key", raw->kid);
		encode_number(b, raw->seq, raw->prev, raw->hash);
		if (raw->roams)
			nos_encode_member_bool(b, "roams", true);
		if (raw->spread)
			nos_encode_member_bool(b, "spread", true);
	}
	if (vouched)
		encode_via(b, raw);
	if (!sealed && !vouched && raw->security.bits)
		encode_tls(b, raw);
	if (sealed || vouched || raw->security.bits)
		encode_security(b, &raw->security);
	member_text(b, "kind", raw->kind);
	member_text(b, "form", nos_batch_form_text(raw->form));
	member_text(b, "map", raw->map);
	if (raw->era)
		nos_encode_member_uint(b, "era", raw->era);
	nos_encode_member_time(b, "received", raw->received);
	nos_buf_add_text(b, "}\n");
	nos_buf_add_str(b, body);
}

static enum nos_code number(
    const struct nos_decode *d, const char *name, double *ret, struct nos_err *err)
{
	struct nos_str text;

	if (nos_decode_raw(d, name, NOS_SCAN_NUMBER, &text, err))
		return err->code;
	return nos_num_parse_decimal(text, ret) ? NOS_OK : nos_err_set(err, NOS_DATA, "%s", name);
}

static enum nos_code decode_security(
    const struct nos_decode *d, struct nos_rule_security *s, struct nos_err *err)
{
	uint64_t bits, tag, holders;
	bool grace;

	if (nos_decode_uint(d, "bits", 0, 4096, &bits, err) ||
	    nos_decode_uint(d, "tag", 0, 4096, &tag, err) ||
	    nos_decode_uint(d, "holders", 0, UINT32_MAX, &holders, err) ||
	    number(d, "key_age", &s->key_age_s, err) ||
	    number(d, "key_period", &s->key_period_s, err) ||
	    nos_decode_bool(d, "grace", false, &grace, err) ||
	    nos_decode_bool(d, "open", false, &s->open, err))
		return err->code;
	s->bits = (unsigned)bits;
	s->tag = (unsigned)tag;
	s->holders = (unsigned)holders;
	s->key_state = grace ? NOS_RULE_KEY_DEACTIVATED : NOS_RULE_KEY_ACTIVE;
	return NOS_OK;
}

static enum nos_code decode_number(const struct nos_decode *d, uint64_t *seq, uint64_t *prev,
    uint8_t hash[static NOS_WINDOW_HASH_LEN], struct nos_err *err)
{
	if (nos_decode_uint(d, "seq", 1, NOS_NUM_SAFE - 1, seq, err) ||
	    (nos_decode_has(d, "prev") &&
		nos_decode_uint(d, "prev", 1, NOS_NUM_SAFE - 1, prev, err)))
		return err->code;
	return nos_decode_bytes(d, "hash", hash, NOS_WINDOW_HASH_LEN, err);
}

static enum nos_code decode_via(
    const struct nos_decode *d, struct nos_raw *ret, struct nos_err *err)
{
	const struct nos_scan_value *list, *value;
	uint32_t at = 0;

	if (nos_decode_array(d, "via", &list, err))
		return err->code;
	while (nos_scan_element(d->scan, list, &at, &value)) {
		const struct nos_decode one = { d->scan, value };
		struct nos_raw_via *v = &ret->via[ret->via_count];

		if (ret->via_count == NOS_HOP_MAX || value->kind != NOS_SCAN_OBJECT)
			return nos_err_set(err, NOS_DATA, "via is no list of relays");
		if (nos_decode_copy(&one, "source", false, v->source, sizeof(v->source), err) ||
		    nos_decode_copy(&one, "key", false, v->kid, sizeof(v->kid), err) ||
		    decode_number(&one, &v->seq, &v->prev, v->hash, err))
			return err->code;
		ret->via_count++;
	}
	return NOS_OK;
}

/* There is no key, and none that could be in its grace. */
static enum nos_code decode_tls(
    const struct nos_decode *d, struct nos_raw *ret, struct nos_err *err)
{
	struct nos_str proof;

	if (nos_decode_text(d, "proof", &proof, err) || decode_security(d, &ret->security, err))
		return err->code;
	if (nos_str_is(proof, BEARER) != (*ret->source != '\0'))
		return nos_err_set(err, NOS_DATA, "proof is not that of how it came");
	ret->security.proof = *ret->source ? NOS_RULE_PROOF_BEARER : NOS_RULE_PROOF_NONE;
	ret->security.key_state = NOS_RULE_KEY_NONE;
	return NOS_OK;
}

/* How it came, and what that is worth. */
static enum nos_code decode_way(
    const struct nos_decode *d, struct nos_raw *ret, struct nos_err *err)
{
	const bool sealed = *ret->kid;

	if (nos_decode_has(d, "via") && decode_via(d, ret, err))
		return err->code;
	if (!sealed && !ret->via_count)
		return *ret->source || nos_decode_has(d, "bits") ? decode_tls(d, ret, err) : NOS_OK;
	if (!sealed && *ret->source)
		return nos_err_set(err, NOS_DATA, "a relay brings no bearer");
	ret->security.proof = sealed ? NOS_RULE_PROOF_KEY : NOS_RULE_PROOF_VOUCHED;
	ret->security.fresh = sealed;
	return decode_security(d, &ret->security, err);
}

static enum nos_code decode_members(
    const struct nos_decode *d, struct nos_raw *ret, struct nos_err *err)
{
	struct nos_str form;

	if (nos_decode_copy(d, "source", true, ret->source, sizeof(ret->source), err) ||
	    nos_decode_copy(d, "name", true, ret->name, sizeof(ret->name), err) ||
	    nos_decode_copy(d, "mode", true, ret->mode, sizeof(ret->mode), err) ||
	    nos_decode_copy(d, "kind", false, ret->kind, sizeof(ret->kind), err) ||
	    nos_decode_text(d, "form", &form, err) ||
	    nos_decode_copy(d, "map", true, ret->map, sizeof(ret->map), err) ||
	    (nos_decode_has(d, "era") &&
		nos_decode_uint(d, "era", 1, NOS_ERA_MAX, &ret->era, err)) ||
	    nos_decode_time(d, "received", &ret->received, err))
		return err->code;
	if (!nos_batch_form_parse(form, &ret->form))
		return nos_err_set(err, NOS_DATA, "form is not known");
	if (*ret->source && nos_decode_has(d, "key") &&
	    (nos_decode_copy(d, "key", false, ret->kid, sizeof(ret->kid), err) ||
		decode_number(d, &ret->seq, &ret->prev, ret->hash, err) ||
		nos_decode_bool(d, "roams", true, &ret->roams, err) ||
		nos_decode_bool(d, "spread", true, &ret->spread, err)))
		return err->code;
	return decode_way(d, ret, err);
}

enum nos_code nos_raw_decode(
    struct nos_span entry, struct nos_raw *ret, struct nos_str *ret_body, struct nos_err *err)
{
	struct nos_str rest = { (const char *)entry.p, entry.len }, head;
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;
	enum nos_code code = NOS_DATA;

	*ret = (struct nos_raw){ 0 };
	if (nos_str_cut(&rest, '\n', &head) && rest.p)
		code = nos_decode_object(&scan, head, "raw entry", &d, err);
	if (!code)
		code = decode_members(&d, ret, err);
	nos_scan_release(&scan);
	if (code)
		return nos_err_set(err, NOS_IO, "store: an entry of the raw stream is damaged");
	*ret_body = rest;
	return NOS_OK;
}

struct nos_batch_how nos_raw_how(const struct nos_raw *raw, const struct nos_map *map)
{
	return (struct nos_batch_how){ .form = raw->form, .map = map, .now = raw->received };
}

void nos_raw_path(const struct nos_raw *raw, struct nos_path *ret)
{
	*ret = (struct nos_path){ .count = raw->via_count };
	for (size_t i = 0; i < raw->via_count; i++)
		snprintf(ret->ids[i], sizeof(ret->ids[i]), "%s", raw->via[i].source);
}
