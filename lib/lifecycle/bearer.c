/* SPDX-License-Identifier: MIT */
#include "lifecycle/bearer.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "registry/registry.h"

#define VERSION	  1
#define ID_BYTES  5
#define KEY_LEN	  32
#define TEXT_MAX  512	      /* bytes of a record */
#define OWNED_MAX (16u << 20) /* of the ids of a source's */
#define MODE	  "push"

enum nos_token_state nos_bearer_state_of(const struct nos_bearer *t, struct nos_time now)
{
	if (t->exposed)
		return NOS_TOKEN_EXPOSED;
	if (t->withdrawn)
		return NOS_TOKEN_WITHDRAWN;
	return t->expires.ms && now.ms >= t->expires.ms ? NOS_TOKEN_EXPIRED : NOS_TOKEN_OPEN;
}

bool nos_bearer_is_source(const struct nos_record *r)
{
	return strcmp(r->scheme, NOS_BEARER_SCHEME) == 0;
}

static void id_from(
    const char *prefix, const uint8_t bytes[static ID_BYTES], char ret[static NOS_TOKEN_ID_MAX])
{
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, NOS_TOKEN_ID_MAX);
	nos_buf_add_text(&b, prefix);
	nos_enc_hex(&b, bytes, ID_BYTES);
	memcpy(ret, b.p, b.len + 1);
}

/* ---- a record ---- */

static enum nos_code put(struct nos_store *store, struct nos_bearer *t, struct nos_err *err)
{
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, TEXT_MAX);
	nos_buf_add_char(&b, '{');
	nos_encode_member_uint(&b, "v", VERSION);
	nos_encode_member_text(&b, "source", nos_str_of(t->source));
	nos_encode_member_text(&b, "kind", nos_str_of(t->kind));
	nos_encode_member_time(&b, "made", t->made);
	if (t->expires.ms)
		nos_encode_member_time(&b, "expires", t->expires);
	nos_encode_member_bool(&b, "withdrawn", t->withdrawn);
	nos_encode_member_bool(&b, "exposed", t->exposed);
	nos_encode_member_bytes(&b, "hash", t->hash, sizeof(t->hash));
	nos_buf_add_char(&b, '}');
	if (nos_buf_check(&b, "token", err))
		return err->code;
	return nos_store_put(
	    store, NOS_BEARER_NS, nos_str_of(t->id), nos_buf_str(&b), t->rev, &t->rev, err);
}

static enum nos_code decode(struct nos_str text, struct nos_bearer *t, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 2 };
	struct nos_decode d;

	if (!nos_decode_object(&scan, text, "store: token", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store: token", err) &&
	    !nos_decode_copy(&d, "source", false, t->source, sizeof(t->source), err) &&
	    !nos_decode_copy(&d, "kind", false, t->kind, sizeof(t->kind), err) &&
	    !nos_decode_time(&d, "made", &t->made, err) &&
	    (!nos_decode_has(&d, "expires") || !nos_decode_time(&d, "expires", &t->expires, err)) &&
	    !nos_decode_bool(&d, "withdrawn", false, &t->withdrawn, err) &&
	    !nos_decode_bool(&d, "exposed", false, &t->exposed, err))
		(void)!nos_decode_bytes(&d, "hash", t->hash, sizeof(t->hash), err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

static enum nos_code absent(struct nos_str id, struct nos_err *err)
{
	return nos_err_set(err, NOS_ABSENT, "no token '%.*s'", NOS_STR_ARG(id));
}

enum nos_code nos_bearer_get(
    struct nos_store *store, struct nos_str id, struct nos_bearer *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	*ret = (struct nos_bearer){ 0 };
	nos_buf_init(&text, TEXT_MAX);
	if (!id.len || !nos_str_copy(id, ret->id, sizeof(ret->id)))
		return absent(id, err);
	if (nos_store_get(store, NOS_BEARER_NS, id, &text, &ret->rev, err))
		return err->code == NOS_ABSENT ? absent(id, err) : err->code;
	return decode(nos_buf_str(&text), ret, err);
}

enum nos_code nos_bearer_find(
    struct nos_store *store, struct nos_str token, struct nos_bearer *ret, struct nos_err *err)
{
	const struct nos_span span = nos_str_bytes(token);
	uint8_t hash[NOS_HASH_LEN];
	char id[NOS_TOKEN_ID_MAX];

	*ret = (struct nos_bearer){ 0 };
	if (token.len != NOS_BEARER_TEXT_LEN)
		return nos_err_set(err, NOS_ABSENT, "no such token");
	if (nos_hash_sha256(&span, 1, hash, err))
		return err->code;
	id_from("t-", hash, id);
	if (nos_bearer_get(store, nos_str_of(id), ret, err))
		return err->code;
	return nos_secret_same(hash, ret->hash, sizeof(hash))
		   ? NOS_OK
		   : nos_err_set(err, NOS_ABSENT, "no such token");
}

/* ---- one more ---- */

static enum nos_code note(struct nos_audit *audit, const struct nos_bearer *t, const char *from,
    const char *to, const char *reason, struct nos_time now, struct nos_err *err)
{
	const struct nos_audit_event event = { .what = NOS_AUDIT_TOKEN,
		.source = t->source,
		.from = from,
		.to = to,
		.reason = reason };

	return nos_audit_append(audit, now, &event, err);
}

/* In place of what a registration gives both sides: with it nobody asks, polls or acknowledges. */
static enum nos_code draw_secrets(struct nos_assoc_base *base, struct nos_err *err)
{
	if (nos_random_secret(&base->z_key, KEY_LEN, err) ||
	    nos_random_secret(&base->down.key, KEY_LEN, err))
		return err->code;
	return nos_random_secret(&base->up.key, KEY_LEN, err);
}

static enum nos_code make_source(
    struct nos_life *life, const struct nos_bearer *t, struct nos_err *err)
{
	const struct nos_audit_event event = {
		.what = NOS_AUDIT_SOURCE, .source = t->source, .to = "active", .reason = "bearer"
	};
	NOS_AUTO(record) r = { .registered = t->made };

	snprintf(r.id, sizeof(r.id), "%s", t->source);
	snprintf(r.kind, sizeof(r.kind), "%s", t->kind);
	snprintf(r.token, sizeof(r.token), "%s", t->id);
	snprintf(r.scheme, sizeof(r.scheme), NOS_BEARER_SCHEME);
	snprintf(r.mode, sizeof(r.mode), MODE);
	r.a.base.z = 1;
	r.a.base.life = life->life;
	r.a.base.identity = life->identity;
	if (draw_secrets(&r.a.base, err) || nos_registry_put(life->store, life->vault, &r, err))
		return err->code;
	return nos_audit_append(life->audit, t->made, &event, err);
}

static enum nos_code draw(
    struct nos_bearer *t, struct nos_secret *ret_token, struct nos_buf *text, struct nos_err *err)
{
	struct nos_span span;

	nos_buf_truncate(text, 0);
	if (nos_random_secret(ret_token, NOS_BEARER_LEN, err))
		return err->code;
	nos_enc_base64(text, ret_token->bytes, ret_token->len);
	span = nos_buf_span(text);
	if (nos_buf_check(text, "token", err) || nos_hash_sha256(&span, 1, t->hash, err))
		return err->code;
	id_from("t-", t->hash, t->id);
	return NOS_OK;
}

/* Is its id an enrolment's? A word is to call one of them. */
static enum nos_code is_taken(
    struct nos_store *store, const char *id, bool *ret, struct nos_err *err)
{
	uint64_t rev;

	*ret = !nos_store_get(store, NOS_TOKEN_NS, nos_str_of(id), NULL, &rev, err);
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

/* Its source is known. */
static enum nos_code make_token(struct nos_store *store, struct nos_bearer *t,
    struct nos_secret *ret_token, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	bool taken;

	nos_buf_init_secret(&text, NOS_BEARER_TEXT_LEN);
	do {
		nos_err_clear(err);
		t->rev = NOS_STORE_NEW;
		if (draw(t, ret_token, &text, err) || is_taken(store, t->id, &taken, err) ||
		    (!taken && put(store, t, err) && err->code != NOS_EXISTS))
			return err->code;
	} while (taken || err->code == NOS_EXISTS); /* 40 bits met twice */
	return NOS_OK;
}

enum nos_code nos_bearer_make(
    struct nos_life *life, struct nos_bearer *t, struct nos_secret *ret_token, struct nos_err *err)
{
	uint8_t id[ID_BYTES];

	if (nos_random_bytes(id, sizeof(id), err))
		return err->code;
	id_from("s-", id, t->source);
	if (make_token(life->store, t, ret_token, err) || make_source(life, t, err))
		return err->code;
	return note(life->audit, t, NULL, "open", "bearer", t->made, err);
}

static enum nos_code check_webhook(
    const struct nos_record *r, struct nos_str word, struct nos_err *err)
{
	if (!nos_bearer_is_source(r))
		return nos_err_set(err, NOS_USAGE,
		    "source '%.*s' has keys, and no bearer token: --replace without --bearer",
		    NOS_STR_ARG(word));
	if (r->a.revoked)
		return nos_err_set(err, NOS_DENIED, "source '%.*s' was revoked: make a new one",
		    NOS_STR_ARG(word));
	return NOS_OK;
}

enum nos_code nos_bearer_replace(struct nos_life *life, struct nos_str source, struct nos_bearer *t,
    struct nos_secret *ret_token, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	if (nos_registry_resolve(life->store, source, t->source, err) ||
	    nos_registry_get(life->store, life->vault, nos_str_of(t->source), &r, err) ||
	    check_webhook(&r, source, err))
		return err->code;
	snprintf(t->kind, sizeof(t->kind), "%s", r.kind);
	if (nos_bearer_end(life->audit, nos_str_of(r.token), false, t->made, err) ||
	    make_token(life->store, t, ret_token, err))
		return err->code;
	snprintf(r.token, sizeof(r.token), "%s", t->id);
	if (nos_registry_put(life->store, life->vault, &r, err))
		return err->code;
	return note(life->audit, t, NULL, "open", "replace", t->made, err);
}

void nos_bearer_line(struct nos_buf *b, const struct nos_bearer *t, const struct nos_secret *token,
    const struct nos_self *self, const char *url)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_text(b, "id", nos_str_of(t->id));
	nos_encode_member_bytes(b, "token", token->bytes, token->len);
	nos_encode_member_text(b, "url", nos_str_of(url));
	nos_encode_member_uint(b, "node", self->number);
	nos_encode_member_text(b, "source", nos_str_of(t->source));
	nos_encode_member_text(b, "kind", nos_str_of(t->kind));
	nos_encode_member_bool(b, "bearer", true);
	if (t->expires.ms)
		nos_encode_member_time(b, "expires", t->expires);
	nos_buf_add_text(b, "}\n");
}

/* ---- and its end ---- */

enum nos_code nos_bearer_end(struct nos_audit *audit, struct nos_str id, bool exposed,
    struct nos_time now, struct nos_err *err)
{
	struct nos_bearer t;
	enum nos_token_state from;

	if (nos_bearer_get(audit->store, id, &t, err))
		return err->code;
	from = nos_bearer_state_of(&t, now);
	if (from == NOS_TOKEN_EXPOSED || (from == NOS_TOKEN_WITHDRAWN && !exposed))
		return NOS_OK;
	t.exposed |= exposed;
	t.withdrawn |= !exposed;
	if (put(audit->store, &t, err) == NOS_EXISTS)
		return nos_err_set(err, NOS_BUSY, "the token is in use, try again");
	return err->code ? err->code
			 : note(audit, &t, nos_token_state_text(from),
			       nos_token_state_text(nos_bearer_state_of(&t, now)),
			       exposed ? "came in plain" : "withdraw", now, err);
}

enum nos_code nos_bearer_del(struct nos_store *store, const char *id, struct nos_err *err)
{
	if (*id &&
	    nos_store_del(store, NOS_BEARER_NS, nos_str_of(id), NOS_STORE_ANY, err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

/* ---- all ---- */

struct scan_state {
	nos_bearer_each *each;
	void *state;
};

static enum nos_code scan_one(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	const struct scan_state *s = state;
	struct nos_bearer t = { .rev = rev };

	if (!nos_str_copy(key, t.id, sizeof(t.id)))
		return nos_err_set(err, NOS_IO, "store: a token's name is damaged");
	return decode(value, &t, err) ? err->code : s->each(s->state, &t, err);
}

enum nos_code nos_bearer_scan(
    struct nos_store *store, nos_bearer_each *each, void *state, struct nos_err *err)
{
	struct scan_state s = { each, state };

	return nos_store_scan(store, NOS_BEARER_NS, NOS_STR(""), scan_one, &s, err);
}

/* ---- all of a source ---- */

struct owned {
	const char *source;
	struct nos_buf ids;
};

static enum nos_code collect(void *state, const struct nos_bearer *t, struct nos_err *err)
{
	struct owned *o = state;

	if (strcmp(t->source, o->source) == 0)
		nos_buf_add(&o->ids, t->id, sizeof(t->id));
	return nos_buf_check(&o->ids, "tokens", err);
}

enum nos_code nos_bearer_del_of(
    struct nos_store *store, const struct nos_record *source, struct nos_err *err)
{
	struct owned o = { .source = source->id };

	if (!nos_bearer_is_source(source))
		return NOS_OK;
	nos_buf_init(&o.ids, OWNED_MAX);
	(void)!nos_bearer_scan(store, collect, &o, err);
	for (size_t at = 0; !err->code && at < o.ids.len; at += NOS_TOKEN_ID_MAX)
		(void)!nos_bearer_del(store, o.ids.p + at, err);
	nos_buf_release(&o.ids);
	return err->code;
}
