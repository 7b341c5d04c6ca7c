/* SPDX-License-Identifier: MIT */
#include "key/keyring.h"

#include "json/encode.h"

static void member_text(struct nos_buf *b, const char *name, const char *text)
{
	if (*text)
		nos_encode_member_text(b, name, nos_str_of(text));
}

static void member_secret(struct nos_buf *b, const char *name, const struct nos_secret *s)
{
	nos_encode_member_bytes(b, name, s->bytes, s->len);
}

static void encode_texts(
    struct nos_buf *b, const char *name, const char *rows, size_t size, size_t count)
{
	nos_encode_member(b, name);
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < count; i++) {
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(rows + size * i));
	}
	nos_buf_add_char(b, ']');
}

static void encode_chain(struct nos_buf *b, const char *name, const struct nos_chain *c)
{
	nos_encode_member(b, name);
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "ctr", c->ctr);
	member_secret(b, "key", &c->key);
	nos_buf_add_char(b, '}');
}

static void encode_node(struct nos_buf *b, const struct nos_keyring *k)
{
	nos_encode_member(b, "node");
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "number", k->node);
	encode_texts(b, "urls", k->urls[0], sizeof(k->urls[0]), k->url_count);
	nos_encode_member_bytes(b, "pin", k->pin, sizeof(k->pin));
	nos_encode_member_bytes(b, "sign", k->sign, sizeof(k->sign));
	nos_buf_add_char(b, '}');
}

static void encode_control(struct nos_buf *b, const struct nos_keyring *k)
{
	nos_encode_member(b, "control");
	nos_buf_add_char(b, '{');
	encode_chain(b, "down", &k->down);
	encode_chain(b, "up", &k->up);
	nos_buf_add_char(b, '}');
}

static void encode_keys(struct nos_buf *b, const struct nos_keyring *k)
{
	nos_encode_member(b, "keys");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < k->key_count; i++) {
		const struct nos_keyring_key *key = &k->keys[i];
		char name[NOS_NAME_TEXT_MAX];

		nos_name_format(&key->name, name);
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		member_text(b, "key", name);
		member_text(b, "state", nos_state_text(key->state));
		member_secret(b, "value", &key->value);
		nos_encode_member_time(b, "since", key->since);
		if (key->until.ms)
			nos_encode_member_time(b, "until", key->until);
		if (key->domain) {
			nos_encode_member_uint(b, "domain", key->domain);
			nos_encode_member_uint(b, "version", key->version);
		}
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
}

static void encode_older(struct nos_buf *b, const struct nos_keyring *k)
{
	nos_encode_member(b, "older");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < k->older_count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "z", k->older[i].z);
		member_secret(b, "resync", &k->older[i].resync);
		member_secret(b, "renew", &k->older[i].renew);
		member_secret(b, "spool", &k->older[i].spool);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
}

static void encode_static(struct nos_buf *b, const struct nos_keyring *k)
{
	nos_encode_member(b, "static");
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "z", k->z);
	member_secret(b, "key", &k->z_key);
	if (k->older_count)
		encode_older(b, k);
	nos_buf_add_char(b, '}');
}

static void encode_ask(struct nos_buf *b, const struct nos_keyring_ask *ask)
{
	nos_encode_member(b, "ask");
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "z", ask->z);
	nos_encode_member_bytes(b, "bytes", ask->bytes, ask->len);
	member_secret(b, "E_S", &ask->once);
	nos_encode_member_time(b, "since", ask->since);
	nos_buf_add_char(b, '}');
}

static void encode_globals(struct nos_buf *b, const struct nos_keyring *k)
{
	nos_encode_member(b, "global");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < k->global_count; i++) {
		const struct nos_keyring_global *g = &k->globals[i];

		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "domain", g->domain);
		nos_encode_member_uint(b, "version", g->version);
		member_secret(b, "value", &g->value);
		nos_encode_member_time(b, "since", g->since);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
}

static void encode_links(struct nos_buf *b, const struct nos_keyring *k)
{
	nos_encode_member(b, "links");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < k->link_count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		member_text(b, "relay", k->links[i].relay);
		member_secret(b, "value", &k->links[i].value);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
}

static void encode_path(struct nos_buf *b, const struct nos_lkh_path *p)
{
	nos_encode_member_uint(b, "leaf", p->leaf);
	nos_encode_member_uint(b, "epoch", p->epoch);
	nos_encode_member(b, "path");
	nos_buf_add_char(b, '[');
	for (unsigned h = 0; h <= p->depth; h++) {
		nos_encode_comma(b);
		nos_encode_bytes(b, p->keys[h].bytes, p->keys[h].len);
	}
	nos_buf_add_char(b, ']');
}

/* The clock, and the token that it went by. */
static void encode_clock(struct nos_buf *b, const struct nos_keyring_group *g)
{
	nos_encode_member(b, "clock");
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "epoch", g->clock.epoch);
	nos_encode_member_uint(b, "t", g->clock.t);
	member_secret(b, "A", &g->clock.a);
	nos_buf_add_char(b, '}');
	nos_encode_member(b, "token");
	nos_buf_add_char(b, '{');
	if (g->token_epoch != g->clock.epoch)
		nos_encode_member_uint(b, "epoch", g->token_epoch);
	nos_encode_member_uint(b, "t", g->token.t);
	nos_encode_member_bytes(b, "h", g->token.h, sizeof(g->token.h));
	nos_buf_add_char(b, '}');
}

static void encode_group(struct nos_buf *b, const struct nos_keyring *k)
{
	const struct nos_keyring_group *g = &k->group;

	nos_encode_member(b, "group");
	nos_buf_add_char(b, '{');
	member_text(b, "name", k->group_name);
	if (k->shared)
		nos_encode_member_bool(b, "shared", true);
	if (g->number)
		nos_encode_member_uint(b, "number", g->number);
	if (g->path.depth)
		encode_path(b, &g->path);
	if (g->clock.a.len)
		encode_clock(b, g);
	if (g->leapt.ms)
		nos_encode_member_time(b, "leapt", g->leapt);
	nos_buf_add_char(b, '}');
}

void nos_keyring_encode(struct nos_buf *b, const struct nos_keyring *k)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", NOS_KEYRING_VERSION);
	member_text(b, "source", k->source);
	member_text(b, "name", k->name);
	member_text(b, "kind", k->kind);
	member_text(b, "mode", k->mode);
	if (k->type_count)
		encode_texts(b, "types", k->types[0], sizeof(k->types[0]), k->type_count);
	encode_node(b, k);
	member_text(b, "scheme", k->scheme);
	member_text(b, "enrolment", k->enrolment);
	nos_encode_member(b, "seq");
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "next", k->next);
	nos_buf_add_char(b, '}');
	encode_control(b, k);
	encode_static(b, k);
	encode_keys(b, k);
	if (k->unproven)
		nos_encode_member_bool(b, "unproven", true);
	if (k->global_count)
		encode_globals(b, k);
	if (*k->group_name || k->group.number)
		encode_group(b, k);
	if (k->link_count)
		encode_links(b, k);
	if (k->ask.len)
		encode_ask(b, &k->ask);
	if (k->ack_len)
		nos_encode_member_bytes(b, "ack", k->ack, k->ack_len);
	nos_buf_add_text(b, "}\n");
}
