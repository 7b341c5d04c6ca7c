/* SPDX-License-Identifier: MIT */
#include "key/keyring.h"

#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"

#define VERSION	 1
#define KEY_LEN	 32
#define LINK_LEN 16

void nos_keyring_release(struct nos_keyring *k)
{
	explicit_bzero(k, sizeof(*k));
}

/* A list of texts into rows of size bytes. */
static enum nos_code texts_of(const struct nos_decode *d, const char *name, char *rows, size_t size,
    size_t max, size_t *ret_count, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	if (nos_decode_array(d, name, &list, err))
		return err->code;
	if (list->count > max)
		return nos_err_set_field(err, NOS_DATA, name, "%s: over %zu", name, max);
	while (nos_scan_element(d->scan, list, &at, &v)) {
		if (v->kind != NOS_SCAN_STRING || v->escaped ||
		    !nos_str_copy(v->raw, rows + size * *ret_count, size))
			return nos_err_set_field(
			    err, NOS_DATA, name, "%s: not a list of texts", name);
		++*ret_count;
	}
	return NOS_OK;
}

static enum nos_code decode_chain(
    const struct nos_decode *control, const char *name, struct nos_chain *ret, struct nos_err *err)
{
	struct nos_decode d;

	if (nos_decode_inside(control, name, &d, err) ||
	    nos_decode_uint(&d, "ctr", 0, NOS_CHAIN_CTR_MAX + 1, &ret->ctr, err))
		return err->code;
	return nos_decode_secret(&d, "key", KEY_LEN, &ret->key, err);
}

static enum nos_code decode_key(
    const struct nos_decode *d, struct nos_keyring_key *ret, struct nos_err *err)
{
	struct nos_str name, state;

	if (nos_decode_text(d, "key", &name, err) || nos_decode_text(d, "state", &state, err) ||
	    nos_decode_time(d, "since", &ret->since, err) ||
	    (nos_decode_has(d, "until") && nos_decode_time(d, "until", &ret->until, err)))
		return err->code;
	if (!nos_name_parse(name, &ret->name) || !nos_state_parse(state, &ret->state))
		return nos_err_set_field(
		    err, NOS_DATA, "key", "a key's name or state is not one of nos's");
	return nos_decode_secret(d, "value", KEY_LEN, &ret->value, err);
}

static enum nos_code decode_keys(
    const struct nos_decode *d, struct nos_keyring *k, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	if (nos_decode_array(d, "keys", &list, err))
		return err->code;
	if (list->count > NOS_KEYRING_KEYS_MAX)
		return nos_err_set_field(
		    err, NOS_DATA, "keys", "keys: over %d", NOS_KEYRING_KEYS_MAX);
	while (nos_scan_element(d->scan, list, &at, &v)) {
		struct nos_decode one = { d->scan, v };

		if (v->kind != NOS_SCAN_OBJECT)
			return nos_err_set_field(err, NOS_DATA, "keys", "keys: not a list of keys");
		if (decode_key(&one, &k->keys[k->key_count], err))
			return err->code;
		k->key_count++;
	}
	return NOS_OK;
}

static enum nos_code decode_older(
    const struct nos_decode *d, struct nos_keyring *k, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	if (nos_decode_array(d, "older", &list, err))
		return err->code;
	if (list->count > NOS_KEYRING_OLDER_MAX)
		return nos_err_set_field(
		    err, NOS_DATA, "older", "older: over %d", NOS_KEYRING_OLDER_MAX);
	while (nos_scan_element(d->scan, list, &at, &v)) {
		struct nos_keyring_older *o = &k->older[k->older_count++];
		struct nos_decode one = { d->scan, v };

		if (v->kind != NOS_SCAN_OBJECT)
			return nos_err_set_field(err, NOS_DATA, "older", "older: not objects");
		if (nos_decode_uint(&one, "z", 1, NOS_NUM_SAFE - 1, &o->z, err) ||
		    nos_decode_secret(&one, "resync", KEY_LEN, &o->resync, err) ||
		    nos_decode_secret(&one, "renew", KEY_LEN, &o->renew, err) ||
		    nos_decode_secret(&one, "spool", KEY_LEN, &o->spool, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code decode_links(
    const struct nos_decode *d, struct nos_keyring *k, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	if (nos_decode_array(d, "links", &list, err))
		return err->code;
	if (list->count > NOS_KEYRING_LINKS_MAX)
		return nos_err_set_field(
		    err, NOS_DATA, "links", "links: over %d", NOS_KEYRING_LINKS_MAX);
	while (nos_scan_element(d->scan, list, &at, &v)) {
		struct nos_keyring_link *link = &k->links[k->link_count++];
		struct nos_decode one = { d->scan, v };

		if (v->kind != NOS_SCAN_OBJECT)
			return nos_err_set_field(err, NOS_DATA, "links", "links: not objects");
		if (nos_decode_copy(&one, "relay", false, link->relay, sizeof(link->relay), err) ||
		    nos_decode_secret(&one, "value", LINK_LEN, &link->value, err))
			return err->code;
	}
	return NOS_OK;
}

/* Bytes of at most max, base64url. */
static enum nos_code decode_bytes(const struct nos_decode *d, const char *name, uint8_t *ret,
    size_t max, size_t *ret_len, struct nos_err *err)
{
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, max);
	if (nos_decode_blob(d, name, &b, err))
		return err->code;
	memcpy(ret, b.p, b.len);
	*ret_len = b.len;
	return NOS_OK;
}

static enum nos_code decode_ask(
    const struct nos_decode *d, struct nos_keyring_ask *ret, struct nos_err *err)
{
	struct nos_decode ask;

	if (nos_decode_inside(d, "ask", &ask, err) ||
	    nos_decode_uint(&ask, "z", 1, NOS_NUM_SAFE - 1, &ret->z, err) ||
	    decode_bytes(&ask, "bytes", ret->bytes, sizeof(ret->bytes), &ret->len, err) ||
	    nos_decode_time(&ask, "since", &ret->since, err))
		return err->code;
	return nos_decode_secret(&ask, "E_S", NOS_ECDH_PRIVATE_LEN, &ret->once, err);
}

static enum nos_code decode_node(
    const struct nos_decode *d, struct nos_keyring *k, struct nos_err *err)
{
	struct nos_decode node;

	if (nos_decode_inside(d, "node", &node, err) ||
	    nos_decode_uint(&node, "number", 1, NOS_NUM_SAFE - 1, &k->node, err) ||
	    texts_of(&node, "urls", k->urls[0], sizeof(k->urls[0]), NOS_KEYRING_URLS_MAX,
		&k->url_count, err) ||
	    nos_decode_bytes(&node, "pin", k->pin, sizeof(k->pin), err))
		return err->code;
	if (!k->url_count)
		return nos_err_set_field(err, NOS_DATA, "urls", "urls is empty");
	return nos_decode_bytes(&node, "sign", k->sign, sizeof(k->sign), err);
}

static enum nos_code decode_members(
    const struct nos_decode *d, struct nos_keyring *k, struct nos_err *err)
{
	struct nos_decode inside;

	if (nos_decode_version(d, VERSION, "keyring", err) ||
	    nos_decode_copy(d, "source", false, k->source, sizeof(k->source), err) ||
	    nos_decode_copy(d, "name", true, k->name, sizeof(k->name), err) ||
	    nos_decode_copy(d, "kind", true, k->kind, sizeof(k->kind), err) ||
	    nos_decode_copy(d, "mode", true, k->mode, sizeof(k->mode), err) ||
	    nos_decode_copy(d, "scheme", false, k->scheme, sizeof(k->scheme), err) ||
	    nos_decode_copy(d, "enrolment", true, k->enrolment, sizeof(k->enrolment), err) ||
	    decode_node(d, k, err))
		return err->code;
	if (nos_decode_has(d, "types") && texts_of(d, "types", k->types[0], sizeof(k->types[0]),
					      NOS_KEYRING_TYPES_MAX, &k->type_count, err))
		return err->code;
	if (nos_decode_inside(d, "seq", &inside, err) ||
	    nos_decode_uint(&inside, "next", 1, NOS_NUM_SAFE - 1, &k->next, err) ||
	    nos_decode_inside(d, "control", &inside, err) ||
	    decode_chain(&inside, "down", &k->down, err) ||
	    decode_chain(&inside, "up", &k->up, err) ||
	    nos_decode_inside(d, "static", &inside, err) ||
	    nos_decode_uint(&inside, "z", 1, NOS_NUM_SAFE - 1, &k->z, err) ||
	    nos_decode_secret(&inside, "key", KEY_LEN, &k->z_key, err) ||
	    (nos_decode_has(&inside, "older") && decode_older(&inside, k, err)) ||
	    (nos_decode_has(d, "ask") && decode_ask(d, &k->ask, err)) ||
	    (nos_decode_has(d, "ack") &&
		decode_bytes(d, "ack", k->ack, sizeof(k->ack), &k->ack_len, err)) ||
	    (nos_decode_has(d, "links") && decode_links(d, k, err)))
		return err->code;
	return decode_keys(d, k, err);
}

enum nos_code nos_keyring_decode(struct nos_str text, struct nos_keyring *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_decode d;
	enum nos_code code;

	*ret = (struct nos_keyring){ 0 };
	code = nos_decode_object(&scan, text, "keyring", &d, err);
	if (!code)
		code = decode_members(&d, ret, err);
	nos_scan_release(&scan);
	if (code)
		nos_keyring_release(ret);
	return code;
}

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

void nos_keyring_encode(struct nos_buf *b, const struct nos_keyring *k)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	member_text(b, "source", k->source);
	member_text(b, "name", k->name);
	member_text(b, "kind", k->kind);
	member_text(b, "mode", k->mode);
	if (k->type_count)
		encode_texts(b, "types", k->types[0], sizeof(k->types[0]), k->type_count);
	nos_encode_member(b, "node");
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "number", k->node);
	encode_texts(b, "urls", k->urls[0], sizeof(k->urls[0]), k->url_count);
	nos_encode_member_bytes(b, "pin", k->pin, sizeof(k->pin));
	nos_encode_member_bytes(b, "sign", k->sign, sizeof(k->sign));
	nos_buf_add_char(b, '}');
	member_text(b, "scheme", k->scheme);
	member_text(b, "enrolment", k->enrolment);
	nos_encode_member(b, "seq");
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "next", k->next);
	nos_buf_add_char(b, '}');
	nos_encode_member(b, "control");
	nos_buf_add_char(b, '{');
	encode_chain(b, "down", &k->down);
	encode_chain(b, "up", &k->up);
	nos_buf_add_char(b, '}');
	nos_encode_member(b, "static");
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "z", k->z);
	member_secret(b, "key", &k->z_key);
	if (k->older_count)
		encode_older(b, k);
	nos_buf_add_char(b, '}');
	encode_keys(b, k);
	if (k->link_count)
		encode_links(b, k);
	if (k->ask.len)
		encode_ask(b, &k->ask);
	if (k->ack_len)
		nos_encode_member_bytes(b, "ack", k->ack, k->ack_len);
	nos_buf_add_text(b, "}\n");
}

const struct nos_keyring_key *nos_keyring_active(const struct nos_keyring *k)
{
	const struct nos_keyring_key *ret = NULL;

	for (size_t i = 0; i < k->key_count; i++)
		if (k->keys[i].state == NOS_STATE_ACTIVE &&
		    (!ret || k->keys[i].since.ms >= ret->since.ms))
			ret = &k->keys[i];
	return ret;
}

const struct nos_keyring_link *nos_keyring_link(const struct nos_keyring *k, struct nos_str relay)
{
	for (size_t i = 0; i < k->link_count; i++)
		if (nos_str_is(relay, k->links[i].relay))
			return &k->links[i];
	return NULL;
}
