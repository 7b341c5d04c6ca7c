/* SPDX-License-Identifier: MIT */
/* What all schemes have: an ask and its answer, a pack and its receipt, a link and a frame. */
#include <string.h>

#include "envelope/pack.h"
#include "key/hop.h"
#include "overhead.h"
#include "scheme/holder.h"
#include "scheme/link.h"
#include "scheme/offer.h"

#define READING                                                                              \
	"{\"type\":\"air_temperature\",\"value\":-7.9,\"unit\":\"Cel\",\"time\":1547812800}" \
	"\n"
#define ANSWER "{\"accepted\":1,\"duplicates\":0,\"rejected\":[],\"position\":1}"
#define RELAY  "s-00112233aa"

static enum nos_code say(
    const struct overhead *o, const char *what, size_t len, const char *how, struct nos_err *err)
{
	return overhead_row(o, what, "B", 0, (double)len, how, err);
}

static const struct party_source *source(const struct overhead *o)
{
	return &o->place->sources[o->scheme][0];
}

/* ---- ask and answer ---- */

static enum nos_code answer(const struct overhead *o, struct nos_span ask,
    const uint8_t nonce[static 1][NOS_ASK_NONCE_LEN], size_t *ret_len, struct nos_err *err)
{
	struct party *p = &o->place->party;
	NOS_AUTO(offer_shared) shared = { 0 };
	NOS_AUTO(secret) once = { 0 };
	NOS_AUTO(record) r = { 0 };
	struct nos_offer_asked asked;
	struct nos_issuer w;

	if (party_read(p, source(o), &r, &w, err) ||
	    nos_offer_read(&r.a, &w, ask, nonce, 1, &asked, err) ||
	    nos_ecdh_generate(&once, &shared.once, err) ||
	    nos_ecdh_shared(&once, &asked.once, &shared.once_once, err) ||
	    nos_ecdh_shared(&p->self.private, &asked.once, &shared.node_once, err) ||
	    nos_offer_make(&r.a, &w, &asked, &shared, source(o)->keyring.next, err))
		return err->code;
	*ret_len = r.a.offer.len;
	return NOS_OK;
}

static enum nos_code ask(const struct overhead *o, struct nos_err *err)
{
	NOS_AUTO(keyring) k = source(o)->keyring;
	uint8_t nonce[1][NOS_ASK_NONCE_LEN];
	NOS_AUTO(secret) once = { 0 };
	struct nos_ecdh_point public;
	const struct nos_time now = nos_time_now();
	size_t len = 0;

	if (nos_self_nonce(&o->place->party.self, now, nonce[0], err) ||
	    nos_ecdh_generate(&once, &public, err) ||
	    nos_holder_ask(&k, 0, false, nonce[0], &once, &public, now, err) ||
	    answer(o, (struct nos_span){ k.ask.bytes, k.ask.len }, nonce, &len, err) ||
	    say(o, "message ask", k.ask.len, "it names all keys that are held", err))
		return err->code;
	return say(
	    o, "message answer", len, "with a new base; what is lacking comes behind it", err);
}

/* ---- a pack, and a frame around it ---- */

static enum nos_code frame(const struct overhead *o, struct nos_span pack, struct nos_err *err)
{
	const struct nos_secret link = { .len = NOS_HOP_LINK_LEN };
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, pack.len + NOS_HOP_OVERHEAD);
	if (nos_hop_seal(&link, 0, nos_str_of(source(o)->keyring.source), pack, &b, err))
		return err->code;
	return say(
	    o, "message frame", b.len - pack.len, "around a pack to a relay, beside it", err);
}

static enum nos_code pack(const struct overhead *o, struct nos_err *err)
{
	const struct nos_keyring *k = &source(o)->keyring;
	const struct nos_keyring_key *key = nos_keyring_active(k);
	NOS_AUTO(pack_keys) keys = { 0 };
	NOS_AUTO(secret) auth = { 0 };
	NOS_AUTO(buf) b = { 0 };
	char kid[NOS_NAME_TEXT_MAX], receipt[NOS_PACK_RECEIPT_LEN];
	const struct nos_str text = NOS_STR(READING);
	struct nos_pack head = {
		.source = nos_str_of(k->source), .cty = NOS_STR("application/x-ndjson"), .seq = 1
	};

	nos_buf_init(&b, NOS_PACK_MAX);
	nos_name_format(&key->name, kid);
	head.kid = nos_str_of(kid);
	if (nos_derive_static(&k->z_key, NOS_DERIVE_AUTH, &auth, err) ||
	    nos_pack_keys_make(&key->value, &auth, head.kid, head.source, &keys, err) ||
	    nos_pack_seal(&keys, &head, nos_str_bytes(text), &b, err) ||
	    nos_pack_receipt(
		&keys, nos_buf_span(&b), nos_str_bytes(NOS_STR(ANSWER)), receipt, err) ||
	    say(o, "message pack", b.len - text.len,
		"of one reading, over its text: header, nonce and tag, in base64url", err) ||
	    say(o, "message receipt", strlen(receipt), "as its header has it", err))
		return err->code;
	return frame(o, nos_buf_span(&b), err);
}

static enum nos_code link(const struct overhead *o, struct nos_err *err)
{
	NOS_AUTO(secret) relay = { 0 };
	NOS_AUTO(record) r = { 0 };
	struct nos_issuer w;
	bool changed;

	if (party_read(&o->place->party, source(o), &r, &w, err) ||
	    nos_hop_relay_key(&source(o)->keyring.z_key, &relay, err) ||
	    nos_link_issue(&r.a, &w, NOS_STR(RELAY), &relay, &changed, err))
		return err->code;
	return say(o, "message link", r.a.out[r.a.out_count - 1].len,
	    "with its head, counter and tag", err);
}

enum nos_code overhead_exchange(struct overhead *o, struct nos_err *err)
{
	if (bench_is_stopped())
		return NOS_OK;
	return ask(o, err) || pack(o, err) ? err->code : link(o, err);
}
