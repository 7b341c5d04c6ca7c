/* SPDX-License-Identifier: MIT */
#include "lifecycle/token.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/derive.h"
#include "lifecycle/bearer.h"
#include "registry/due.h"
#include "registry/registry.h"

#define VERSION	 1
#define ID_BYTES 5
#define TRIES	 8 /* against others who change the same record at once */

void nos_token_release(struct nos_token *t)
{
	nos_secret_release(&t->t);
	free(t->uses);
	*t = (struct nos_token){ 0 };
}

enum nos_token_state nos_token_state_of(const struct nos_token *t, struct nos_time now)
{
	if (t->withdrawn)
		return NOS_TOKEN_WITHDRAWN;
	if (now.ms >= t->expires.ms)
		return NOS_TOKEN_EXPIRED;
	return t->use_count >= t->most ? NOS_TOKEN_USED : NOS_TOKEN_OPEN;
}

const char *nos_token_state_text(enum nos_token_state state)
{
	static const char *const texts[] = {
		[NOS_TOKEN_OPEN] = "open",
		[NOS_TOKEN_USED] = "used",
		[NOS_TOKEN_EXPIRED] = "expired",
		[NOS_TOKEN_WITHDRAWN] = "withdrawn",
		[NOS_TOKEN_EXPOSED] = "exposed",
	};

	return texts[state];
}

static void id_from(const uint8_t bytes[static ID_BYTES], char ret[static NOS_TOKEN_ID_MAX])
{
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, NOS_TOKEN_ID_MAX);
	nos_buf_add_text(&b, "t-");
	nos_enc_hex(&b, bytes, ID_BYTES);
	memcpy(ret, b.p, b.len + 1);
}

enum nos_code nos_token_id_of(
    const struct nos_grant_request *r, char ret[static NOS_TOKEN_ID_MAX], struct nos_err *err)
{
	if (!r->open) {
		id_from(r->token_id, ret);
		return NOS_OK;
	}
	return nos_str_copy(r->id, ret, NOS_TOKEN_ID_MAX) && nos_str_starts(r->id, "t-")
		   ? NOS_OK
		   : nos_err_set(err, NOS_DENIED, "token refused");
}

static void encode(struct nos_buf *b, const struct nos_token *t, struct nos_span sealed)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_text(b, "scheme", nos_str_of(t->scheme));
	nos_encode_member_text(b, "kind", nos_str_of(t->kind));
	if (t->group)
		nos_encode_member_uint(b, "group", t->group);
	if (*t->replaces)
		nos_encode_member_text(b, "replaces", nos_str_of(t->replaces));
	nos_encode_member_uint(b, "uses", t->most);
	if (t->made.ms)
		nos_encode_member_time(b, "made", t->made);
	nos_encode_member_time(b, "expires", t->expires);
	nos_encode_member_bool(b, "open", t->open);
	nos_encode_member_bool(b, "withdrawn", t->withdrawn);
	nos_encode_member_bytes(b, "sealed", sealed.p, sealed.len);
	nos_encode_member(b, "used");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < t->use_count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_bytes(b, "m1", t->uses[i].m1, NOS_HASH_LEN);
		nos_encode_member_text(b, "source", nos_str_of(t->uses[i].source));
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_text(b, "]}");
}

static struct nos_vault_place place_of(const char *id)
{
	return (struct nos_vault_place){ NOS_TOKEN_NS, nos_str_of(id), "sealed" };
}

enum nos_code nos_token_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_token *t, struct nos_err *err)
{
	const struct nos_vault_place place = place_of(t->id);
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&sealed, 256);
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_vault_seal(vault, &place, nos_secret_span(&t->t), &sealed, err))
		return err->code;
	encode(&text, t, nos_buf_span(&sealed));
	if (nos_buf_check(&text, "enrolment", err))
		return err->code;
	return nos_store_put(
	    store, NOS_TOKEN_NS, nos_str_of(t->id), nos_buf_str(&text), t->rev, &t->rev, err);
}

enum nos_code nos_token_replace(
    struct nos_store *store, struct nos_str word, struct nos_token *t, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	if (nos_registry_resolve(store, word, t->replaces, err) ||
	    nos_registry_get(store, NULL, nos_str_of(t->replaces), &r, err))
		return err->code;
	if (nos_bearer_is_source(&r))
		return nos_err_set(err, NOS_USAGE,
		    "source '%.*s' has no keys, but a bearer token: --bearer --replace",
		    NOS_STR_ARG(word));
	if (!*t->scheme) {
		nos_str_copy(nos_str_of(r.scheme), t->scheme, sizeof(t->scheme));
		t->group = r.group;
	}
	if (!*t->kind)
		nos_str_copy(nos_str_of(r.kind), t->kind, sizeof(t->kind));
	return NOS_OK;
}

enum nos_code nos_token_make(struct nos_store *store, const struct nos_vault *vault,
    struct nos_token *t, struct nos_secret *ret_token, struct nos_err *err)
{
	t->rev = NOS_STORE_NEW;
	for (;;) {
		NOS_AUTO(secret) id = { 0 };

		if (t->open ? nos_random_secret(&id, ID_BYTES, err)
			    : nos_random_secret(ret_token, NOS_TOKEN_LEN, err))
			return err->code;
		if (nos_derive_token(nos_secret_span(ret_token), &t->t, err) ||
		    (!t->open && nos_derive_key(&t->t, "id", NULL, 0, NOS_GRANT_ID_LEN, &id, err)))
			return err->code;
		id_from(id.bytes, t->id);
		if (nos_due_note_source(
			store, (struct nos_time){ t->expires.ms + NOS_TOKEN_KEPT_MS }, t->id, err))
			return err->code;
		if (nos_token_put(store, vault, t, err) != NOS_EXISTS)
			return err->code;
		nos_err_clear(err); /* 40 bits met twice: draw again */
	}
}

static enum nos_code decode_uses(
    const struct nos_decode *d, struct nos_token *t, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	if (nos_decode_array(d, "used", &list, err))
		return err->code;
	t->uses = calloc(list->count + 1, sizeof(*t->uses));
	if (!t->uses)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	while (nos_scan_element(d->scan, list, &at, &v)) {
		struct nos_decode one = { d->scan, v };
		struct nos_token_use *use = &t->uses[t->use_count];

		if (nos_decode_bytes(&one, "m1", use->m1, sizeof(use->m1), err) ||
		    nos_decode_copy(&one, "source", false, use->source, sizeof(use->source), err))
			return err->code;
		t->use_count++;
	}
	return NOS_OK;
}

static enum nos_code decode(
    struct nos_str text, struct nos_token *t, struct nos_buf *sealed, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	if (!nos_decode_object(&scan, text, "store: enrolment", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store: enrolment", err) &&
	    !nos_decode_copy(&d, "scheme", false, t->scheme, sizeof(t->scheme), err) &&
	    !nos_decode_copy(&d, "kind", false, t->kind, sizeof(t->kind), err) &&
	    (!nos_decode_has(&d, "group") ||
		!nos_decode_uint(&d, "group", 1, NOS_NUM_SAFE - 1, &t->group, err)) &&
	    !nos_decode_copy(&d, "replaces", true, t->replaces, sizeof(t->replaces), err) &&
	    !nos_decode_uint(&d, "uses", 1, NOS_TOKEN_USES_MAX, &t->most, err) &&
	    (!nos_decode_has(&d, "made") || !nos_decode_time(&d, "made", &t->made, err)) &&
	    !nos_decode_time(&d, "expires", &t->expires, err) &&
	    !nos_decode_bool(&d, "open", false, &t->open, err) &&
	    !nos_decode_bool(&d, "withdrawn", false, &t->withdrawn, err) &&
	    !nos_decode_blob(&d, "sealed", sealed, err))
		(void)!decode_uses(&d, t, err);
	nos_scan_release(&scan);
	return err->code;
}

enum nos_code nos_token_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str id, struct nos_token *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) t = { 0 };
	struct nos_vault_place place;

	*ret = (struct nos_token){ 0 };
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	nos_buf_init(&sealed, 256);
	nos_buf_init_secret(&t, NOS_SECRET_MAX);
	if (!id.len || !nos_str_copy(id, ret->id, sizeof(ret->id)))
		return nos_err_set(err, NOS_ABSENT, "no token '%.*s'", NOS_STR_ARG(id));
	if (nos_store_get(store, NOS_TOKEN_NS, id, &text, &ret->rev, err))
		return err->code == NOS_ABSENT
			   ? nos_err_set(err, NOS_ABSENT, "no token '%s'", ret->id)
			   : err->code;
	place = place_of(ret->id);
	if (decode(nos_buf_str(&text), ret, &sealed, err)) {
		nos_token_release(ret);
		return nos_store_damaged(err);
	}
	if (nos_vault_open(vault, &place, nos_buf_span(&sealed), &t, err)) {
		nos_token_release(ret);
		return err->code;
	}
	nos_secret_put(&ret->t, t.p, t.len);
	return NOS_OK;
}

bool nos_token_is_id(const char *id)
{
	return nos_str_starts(nos_str_of(id), "t-");
}

enum nos_code nos_token_expire(
    struct nos_store *store, const char *id, struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(token) t = { 0 };
	bool over;
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	nos_buf_init(&sealed, 256);
	if (nos_store_get(store, NOS_TOKEN_NS, nos_str_of(id), &text, &rev, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	over = !decode(nos_buf_str(&text), &t, &sealed, err) &&
	       t.expires.ms + NOS_TOKEN_KEPT_MS <= now.ms;
	nos_err_clear(err);
	return over ? nos_store_del(store, NOS_TOKEN_NS, nos_str_of(id), NOS_STORE_ANY, err)
		    : NOS_OK;
}

void nos_token_line(struct nos_buf *b, const struct nos_token *t, const struct nos_secret *token,
    const struct nos_group *group, const struct nos_self *self, const char *url)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_text(b, "id", nos_str_of(t->id));
	if (!t->open)
		nos_encode_member_bytes(b, "token", token->bytes, token->len);
	nos_encode_member_text(b, "url", nos_str_of(url));
	nos_encode_member_uint(b, "node", self->number);
	nos_encode_member_text(b, "pin", nos_str_of(self->pin));
	nos_encode_member_text(b, "scheme", nos_str_of(t->scheme));
	if (t->group)
		nos_encode_member_text(b, "group", nos_str_of(group->name));
	if (t->group && group->shared)
		nos_encode_member_bool(b, "shared", true);
	nos_encode_member_text(b, "kind", nos_str_of(t->kind));
	if (*t->replaces)
		nos_encode_member_text(b, "replaces", nos_str_of(t->replaces));
	nos_encode_member_time(b, "expires", t->expires);
	nos_buf_add_text(b, "}\n");
}

enum nos_code nos_token_withdraw(
    struct nos_store *store, const struct nos_vault *vault, struct nos_str id, struct nos_err *err)
{
	for (int i = 0; i < TRIES; i++) {
		struct nos_token t;
		bool done;

		nos_err_clear(err);
		if (nos_token_get(store, vault, id, &t, err))
			return err->code;
		done = t.withdrawn;
		t.withdrawn = true;
		if (!done)
			done = nos_token_put(store, vault, &t, err) != NOS_EXISTS;
		nos_token_release(&t);
		if (done)
			return err->code;
	}
	return nos_err_set(err, NOS_BUSY, "the enrolment is in use, try again");
}

enum nos_code nos_token_use(struct nos_token *t, const uint8_t m1[static NOS_HASH_LEN],
    const char *source, struct nos_err *err)
{
	void *grown = reallocarray(t->uses, t->use_count + 1, sizeof(*t->uses));

	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	t->uses = grown;
	memcpy(t->uses[t->use_count].m1, m1, NOS_HASH_LEN);
	snprintf(t->uses[t->use_count].source, sizeof(t->uses[0].source), "%s", source);
	t->use_count++;
	return NOS_OK;
}

const struct nos_token_use *nos_token_used_by(
    const struct nos_token *t, const uint8_t m1[static NOS_HASH_LEN])
{
	for (size_t i = 0; i < t->use_count; i++)
		if (memcmp(t->uses[i].m1, m1, NOS_HASH_LEN) == 0)
			return &t->uses[i];
	return NULL;
}

struct scan_state {
	nos_token_each *each;
	void *state;
};

static enum nos_code scan_one(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct scan_state *s = state;
	struct nos_token t = { .rev = rev };
	NOS_AUTO(buf) sealed = { 0 };
	enum nos_code code;

	nos_buf_init(&sealed, 256);
	if (!nos_str_copy(key, t.id, sizeof(t.id)))
		return nos_err_set(err, NOS_IO, "store: an enrolment's name is damaged");
	code =
	    decode(value, &t, &sealed, err) ? nos_store_damaged(err) : s->each(s->state, &t, err);
	nos_token_release(&t);
	return code;
}

enum nos_code nos_token_scan(
    struct nos_store *store, nos_token_each *each, void *state, struct nos_err *err)
{
	struct scan_state s = { each, state };

	return nos_store_scan(store, NOS_TOKEN_NS, NOS_STR(""), scan_one, &s, err);
}
