/* SPDX-License-Identifier: MIT */
#include "roam/visit.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"

#define VERSION	    1
#define TEXT_MAX    4096
#define SECRETS_MAX (NOS_VISIT_KEYS_MAX * NOS_ROAM_KEY_LEN)

void nos_visit_release(struct nos_visit *v)
{
	explicit_bzero(v, sizeof(*v));
}

static struct nos_vault_place place_of(const char *id)
{
	return (struct nos_vault_place){ NOS_VISIT_NS, nos_str_of(id), "sealed" };
}

/* ---- a record ---- */

static void encode_keys(struct nos_buf *b, const struct nos_visit *v)
{
	nos_encode_member(b, "keys");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < v->key_count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "day", v->keys[i].day);
		nos_encode_member_time(b, "expires", v->keys[i].expires);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
}

static enum nos_code encode(const struct nos_visit *v, const struct nos_vault *vault,
    struct nos_buf *b, struct nos_err *err)
{
	const struct nos_vault_place place = place_of(v->id);
	NOS_AUTO(buf) secrets = { 0 };
	NOS_AUTO(buf) sealed = { 0 };

	nos_buf_init_secret(&secrets, SECRETS_MAX);
	nos_buf_init(&sealed, SECRETS_MAX + 64);
	for (size_t i = 0; i < v->key_count; i++)
		nos_buf_add(&secrets, v->keys[i].value.bytes, v->keys[i].value.len);
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_uint(b, "home", v->home);
	nos_encode_member_text(b, "kind", nos_str_of(v->kind));
	nos_encode_member_bool(b, "open", v->open);
	if (v->refused.ms)
		nos_encode_member_time(b, "refused", v->refused);
	encode_keys(b, v);
	if (nos_buf_check(&secrets, "keys of a visitor", err) ||
	    (v->key_count && nos_vault_seal(vault, &place, nos_buf_span(&secrets), &sealed, err)))
		return err->code;
	if (v->key_count)
		nos_encode_member_bytes(b, "sealed", sealed.p, sealed.len);
	nos_buf_add_char(b, '}');
	return nos_buf_check(b, "visitor", err);
}

static enum nos_code take_key(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct nos_visit *v = state;
	struct nos_visit_key *key = &v->keys[v->key_count++];

	return nos_decode_uint(d, "day", 0, NOS_NUM_SAFE, &key->day, err)
		   ? err->code
		   : nos_decode_time(d, "expires", &key->expires, err);
}

static enum nos_code open_keys(const struct nos_decode *d, const struct nos_vault *vault,
    struct nos_visit *v, struct nos_err *err)
{
	const struct nos_vault_place place = place_of(v->id);
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) secrets = { 0 };

	nos_buf_init(&sealed, SECRETS_MAX + 64);
	nos_buf_init_secret(&secrets, SECRETS_MAX);
	if (nos_decode_blob(d, "sealed", &sealed, err) ||
	    nos_vault_open(vault, &place, nos_buf_span(&sealed), &secrets, err))
		return err->code;
	if (secrets.len != v->key_count * NOS_ROAM_KEY_LEN)
		return nos_err_set(err, NOS_DATA, "store: visitor: keys are missing");
	for (size_t i = 0; i < v->key_count; i++)
		nos_secret_put(
		    &v->keys[i].value, secrets.p + i * NOS_ROAM_KEY_LEN, NOS_ROAM_KEY_LEN);
	return NOS_OK;
}

static enum nos_code decode_rest(const struct nos_decode *d, const struct nos_vault *vault,
    struct nos_visit *ret, struct nos_err *err)
{
	if (nos_decode_has(d, "refused") && nos_decode_time(d, "refused", &ret->refused, err))
		return err->code;
	if (nos_decode_each(d, "keys", NOS_VISIT_KEYS_MAX, take_key, ret, err) || !vault ||
	    !ret->key_count)
		return err->code;
	return open_keys(d, vault, ret, err);
}

static enum nos_code decode(struct nos_str id, struct nos_str text, const struct nos_vault *vault,
    struct nos_visit *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	*ret = (struct nos_visit){ 0 };
	if (!nos_str_copy(id, ret->id, sizeof(ret->id)))
		nos_err_set(err, NOS_IO, "store: a visitor's id is damaged");
	else if (!nos_decode_object(&scan, text, "store: visitor", &d, err) &&
		 !nos_decode_version(&d, VERSION, "store: visitor", err) &&
		 !nos_decode_uint(&d, "home", 1, NOS_NUM_SAFE, &ret->home, err) &&
		 !nos_decode_copy(&d, "kind", false, ret->kind, sizeof(ret->kind), err) &&
		 !nos_decode_bool(&d, "open", false, &ret->open, err))
		(void)!decode_rest(&d, vault, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_visit_release(ret);
	return nos_store_damaged(err);
}

enum nos_code nos_visit_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str id, struct nos_visit *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_VISIT_NS, id, &text, &rev, err) == NOS_ABSENT)
		return nos_err_set(err, NOS_ABSENT,
		    "no visitor '%.*s': a node knows another's sources by their id alone",
		    NOS_STR_ARG(id));
	if (err->code || decode(id, nos_buf_str(&text), vault, ret, err))
		return err->code;
	ret->rev = rev;
	return NOS_OK;
}

enum nos_code nos_visit_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_visit *v, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, TEXT_MAX);
	if (encode(v, vault, &text, err))
		return err->code;
	return nos_store_put(
	    store, NOS_VISIT_NS, nos_str_of(v->id), nos_buf_str(&text), v->rev, &v->rev, err);
}

/* ---- its keys ---- */

void nos_visit_add(struct nos_visit *v, const struct nos_visit_key *key)
{
	struct nos_visit_key *at = NULL;

	for (size_t i = 0; i < v->key_count; i++)
		if (v->keys[i].day == key->day)
			at = &v->keys[i];
	if (!at && v->key_count < NOS_VISIT_KEYS_MAX)
		at = &v->keys[v->key_count++];
	for (size_t i = 0; !at && i < v->key_count; i++) {
		at = &v->keys[i];
		for (size_t j = 0; j < v->key_count; j++)
			if (v->keys[j].day < at->day)
				at = &v->keys[j];
	}
	*at = *key;
}

const struct nos_visit_key *nos_visit_key(const struct nos_visit *v, uint64_t day)
{
	for (size_t i = 0; i < v->key_count; i++)
		if (v->keys[i].day == day)
			return &v->keys[i];
	return NULL;
}

enum nos_code nos_visit_del(
    struct nos_store *store, struct nos_str id, bool *ret_was, struct nos_err *err)
{
	*ret_was = !nos_store_del(store, NOS_VISIT_NS, id, NOS_STORE_ANY, err);
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

/* ---- all of them ---- */

struct scan {
	nos_visit_each *each;
	void *state;
};

static enum nos_code take(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	const struct scan *s = state;
	struct nos_visit v;

	if (decode(key, value, NULL, &v, err))
		return err->code;
	v.rev = rev;
	return s->each(s->state, &v, err);
}

enum nos_code nos_visit_scan(
    struct nos_store *store, nos_visit_each *each, void *state, struct nos_err *err)
{
	struct scan s = { each, state };

	return nos_store_scan(store, NOS_VISIT_NS, NOS_STR(""), take, &s, err);
}

/* ---- within a group ---- */

/* Those that are there: a scan must not change what it goes through. */
struct clear {
	char (*ids)[NOS_RECORD_ID_MAX];
	size_t count;
};

static enum nos_code note_id(void *state, const struct nos_visit *v, struct nos_err *err)
{
	struct clear *c = state;
	void *grown;

	if (v->refused.ms)
		return NOS_OK;
	grown = reallocarray(c->ids, c->count + 1, sizeof(*c->ids));
	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	c->ids = grown;
	memcpy(c->ids[c->count++], v->id, sizeof(v->id));
	return NOS_OK;
}

enum nos_code nos_visit_clear(struct nos_store *store, struct nos_err *err)
{
	struct clear c = { 0 };
	bool was;

	(void)!nos_visit_scan(store, note_id, &c, err);
	for (size_t i = 0; !err->code && i < c.count; i++)
		(void)!nos_visit_del(store, nos_str_of(c.ids[i]), &was, err);
	free(c.ids);
	return err->code;
}
