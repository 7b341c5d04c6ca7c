/* SPDX-License-Identifier: MIT */
#include "registry/record.h"

#include <string.h>

#include "base/enc.h"
#include "json/encode.h"
#include "scheme/pool.h"

#define VERSION	    NOS_RECORD_VERSION
#define SECRETS_MAX NOS_RECORD_SECRETS_MAX

/* Text and secrets grow side by side: a secret's place is the order in which it is met. */
struct out {
	struct nos_buf *text;
	struct nos_buf secrets;
};

static void member_text(struct nos_buf *b, const char *name, const char *text)
{
	if (*text)
		nos_encode_member_text(b, name, nos_str_of(text));
}

static void member_name(struct nos_buf *b, const char *member, const struct nos_name *name)
{
	char kid[NOS_NAME_TEXT_MAX];

	nos_name_format(name, kid);
	nos_encode_member_text(b, member, nos_str_of(kid));
}

static void add_secret(struct out *o, const struct nos_secret *s)
{
	nos_enc_field(&o->secrets, s->bytes, s->len);
}

static void encode_base(struct out *o, const struct nos_assoc_base *base)
{
	static const uint8_t none[NOS_HASH_LEN];

	nos_encode_member(o->text, "base");
	nos_buf_add_char(o->text, '{');
	nos_encode_member_uint(o->text, "z", base->z);
	nos_encode_member_uint(o->text, "life", base->life);
	nos_encode_member_uint(o->text, "identity", base->identity);
	nos_encode_member_uint(o->text, "down", base->down.ctr);
	nos_encode_member_uint(o->text, "up", base->up.ctr);
	if (memcmp(base->acked, none, sizeof(none)) != 0)
		nos_encode_member_bytes(o->text, "acked", base->acked, sizeof(base->acked));
	nos_buf_add_char(o->text, '}');
	add_secret(o, &base->z_key);
	add_secret(o, &base->down.key);
	add_secret(o, &base->up.key);
}

static void encode_key(struct out *o, const struct nos_assoc_key *k)
{
	nos_buf_add_char(o->text, '{');
	member_name(o->text, "key", &k->name);
	member_text(o->text, "state", nos_state_text(k->state));
	nos_encode_member_time(o->text, "since", k->since);
	if (k->until.ms)
		nos_encode_member_time(o->text, "until", k->until);
	if (k->confirmed.ms)
		nos_encode_member_time(o->text, "confirmed", k->confirmed);
	if (k->overlap_ms)
		nos_encode_member_uint(o->text, "overlap_ms", k->overlap_ms);
	if (k->unused)
		nos_encode_member_bool(o->text, "unused", true);
	if (k->from.domain) {
		const struct nos_name from = nos_pool_name(k->from.domain, k->from.version);

		member_name(o->text, "from", &from);
	}
	nos_buf_add_char(o->text, '}');
	add_secret(o, &k->value);
	add_secret(o, &k->auth);
}

static void encode_keys(struct out *o, const struct nos_assoc *a)
{
	nos_encode_member(o->text, "keys");
	nos_buf_add_char(o->text, '[');
	for (size_t i = 0; i < a->key_count; i++) {
		nos_encode_comma(o->text);
		encode_key(o, &a->keys[i]);
	}
	nos_buf_add_char(o->text, ']');
}

static void encode_names(
    struct nos_buf *b, const char *member, const struct nos_name *names, size_t count)
{
	nos_encode_member(b, member);
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < count; i++) {
		char kid[NOS_NAME_TEXT_MAX];

		nos_name_format(&names[i], kid);
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(kid));
	}
	nos_buf_add_char(b, ']');
}

static void encode_globals(struct nos_buf *b, const struct nos_assoc *a)
{
	struct nos_name names[NOS_ASSOC_GLOBALS_MAX];

	for (size_t i = 0; i < a->global_count; i++)
		names[i] = nos_pool_name(a->globals[i].domain, a->globals[i].version);
	encode_names(b, "globals", names, a->global_count);
}

static void encode_place(struct nos_buf *b, const struct nos_assoc_place *p)
{
	nos_encode_member(b, "place");
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "group", p->group);
	nos_encode_member_uint(b, "life", p->life);
	nos_encode_member_uint(b, "leaf", p->leaf);
	nos_encode_member_uint(b, "since", p->since);
	nos_encode_member_uint(b, "chain", p->chain);
	if (p->has_path)
		nos_encode_member_uint(b, "path", p->path_epoch);
	if (p->has_key)
		nos_encode_member_uint(b, "key", p->key_epoch);
	nos_buf_add_char(b, '}');
}

static void encode_messages(struct nos_buf *b, const struct nos_assoc *a)
{
	nos_encode_member(b, "out");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < a->out_count; i++) {
		const struct nos_assoc_message *m = &a->out[i];

		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "ctr", m->ctr);
		if (m->brings.kind)
			member_name(b, "brings", &m->brings);
		member_text(b, "relay", m->relay);
		nos_encode_member_bytes(b, "bytes", m->bytes, m->len);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
}

static void encode_offer(struct out *o, const struct nos_assoc_offer *offer)
{
	nos_encode_member(o->text, "offer");
	nos_buf_add_char(o->text, '{');
	encode_base(o, &offer->base);
	nos_encode_member(o->text, "next");
	encode_key(o, &offer->key);
	nos_encode_member_bytes(o->text, "ask", offer->ask, sizeof(offer->ask));
	nos_encode_member_bytes(o->text, "answer", offer->answer, offer->len);
	nos_buf_add_char(o->text, '}');
}

static void encode_asked(struct nos_buf *b, const struct nos_assoc *a)
{
	nos_encode_member(b, "asked");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < a->asked_count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "minute", a->asked[i].minute);
		nos_encode_member_bytes(b, "hash", a->asked[i].hash, sizeof(a->asked[i].hash));
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
}

static void encode_assoc(struct out *o, const struct nos_assoc *a)
{
	encode_base(o, &a->base);
	nos_encode_member_uint(o->text, "version", a->version);
	if (a->revoked) {
		nos_encode_member_bool(o->text, "revoked", true);
		add_secret(o, &a->polls[0]);
		add_secret(o, &a->polls[1]);
	}
	encode_keys(o, a);
	if (a->global_count)
		encode_globals(o->text, a);
	if (a->place.group)
		encode_place(o->text, &a->place);
	if (a->out_count)
		encode_messages(o->text, a);
	if (a->resync)
		nos_encode_member_bool(o->text, "resync", true);
	if (a->renew)
		nos_encode_member_bool(o->text, "renew", true);
	if (a->offer.is)
		encode_offer(o, &a->offer);
	if (a->asked_count)
		encode_asked(o->text, a);
}

enum nos_code nos_record_encode(const struct nos_record *r, const struct nos_vault *vault,
    struct nos_buf *b, struct nos_err *err)
{
	const struct nos_vault_place place = nos_record_place(r->id);
	struct out o = { .text = b };
	NOS_AUTO(buf) sealed = { 0 };

	nos_buf_init_secret(&o.secrets, SECRETS_MAX);
	nos_buf_init_secret(&sealed, SECRETS_MAX + 64);
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	member_text(b, "name", r->name);
	member_text(b, "kind", r->kind);
	member_text(b, "mode", r->mode);
	if (*r->types) {
		nos_encode_member(b, "types");
		nos_buf_add_text(b, r->types);
	}
	member_text(b, "scheme", r->scheme);
	if (r->group)
		nos_encode_member_uint(b, "group", r->group);
	member_text(b, "token", r->token);
	nos_encode_member_bool(b, "open", r->open);
	nos_encode_member_time(b, "registered", r->registered);
	if (r->roams)
		nos_encode_member_uint(b, "roams", r->roams);
	encode_assoc(&o, &r->a);
	if (!nos_buf_check(&o.secrets, "keys of a source", err) &&
	    !nos_vault_seal(vault, &place, nos_buf_span(&o.secrets), &sealed, err)) {
		nos_encode_member_bytes(b, "sealed", sealed.p, sealed.len);
		member_text(b, "m2", r->m2);
		nos_buf_add_char(b, '}');
		(void)!nos_buf_check(b, "source", err);
	}
	nos_buf_release(&o.secrets);
	return err->code;
}
