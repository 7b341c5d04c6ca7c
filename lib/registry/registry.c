/* SPDX-License-Identifier: MIT */
#include "registry/registry.h"

#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"

#define VERSION	   1
#define KEY_LEN	   32
#define SEALED_LEN (3 * KEY_LEN) /* Z, down, up: one sealed value */

void nos_registry_source_release(struct nos_registry_source *s)
{
	explicit_bzero(s, sizeof(*s));
}

static struct nos_vault_place place_of(const char *ns, struct nos_str record)
{
	return (struct nos_vault_place){ ns, record, "sealed" };
}

static void member_text(struct nos_buf *b, const char *name, const char *text)
{
	if (*text)
		nos_encode_member_text(b, name, nos_str_of(text));
}

/* ---- keys ---- */

static enum nos_code put_key(struct nos_store *store, const struct nos_vault *vault, const char *id,
    const struct nos_registry_key *k, struct nos_err *err)
{
	char kid[NOS_NAME_TEXT_MAX], record[NOS_REGISTRY_ID_MAX + 1 + NOS_NAME_TEXT_MAX];
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) text = { 0 };
	struct nos_vault_place place;
	uint64_t rev;

	nos_name_format(&k->name, kid);
	snprintf(record, sizeof(record), "%s/%s", id, kid);
	place = place_of(NOS_REGISTRY_KEYS_NS, nos_str_of(record));
	nos_buf_init(&sealed, 256);
	nos_buf_init(&text, 1024);
	if (nos_vault_seal(vault, &place, nos_secret_span(&k->value), &sealed, err))
		return err->code;
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	member_text(&text, "state", nos_state_text(k->state));
	nos_encode_member_time(&text, "since", k->since);
	if (k->until.ms)
		nos_encode_member_time(&text, "until", k->until);
	nos_encode_member_bytes(&text, "sealed", sealed.p, sealed.len);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "key", err))
		return err->code;
	return nos_store_put(store, NOS_REGISTRY_KEYS_NS, nos_str_of(record), nos_buf_str(&text),
	    NOS_STORE_ANY, &rev, err);
}

struct keys_state {
	const struct nos_vault *vault;
	struct nos_registry_source *s;
	struct nos_scan scan;
};

static enum nos_code open_value(const struct nos_vault *vault, const struct nos_vault_place *place,
    const struct nos_decode *d, size_t len, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(buf) sealed = { 0 };

	nos_buf_init(&sealed, 1024);
	if (nos_decode_blob(d, "sealed", &sealed, err) ||
	    nos_vault_open(vault, place, nos_buf_span(&sealed), ret, err))
		return err->code;
	return ret->len == len ? NOS_OK
			       : nos_err_set(err, NOS_IO, "store: a sealed value is damaged");
}

static enum nos_code take_key(
    void *state, struct nos_str record, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct keys_state *ks = state;
	struct nos_registry_key *k = &ks->s->keys[ks->s->key_count];
	struct nos_vault_place place = place_of(NOS_REGISTRY_KEYS_NS, record);
	struct nos_str kid = record, id, text;
	NOS_AUTO(buf) plain = { 0 };
	struct nos_decode d;

	(void)rev;
	nos_str_cut(&kid, '/', &id);
	if (ks->s->key_count == NOS_REGISTRY_KEYS_MAX || !kid.p || !nos_name_parse(kid, &k->name))
		return nos_err_set(err, NOS_IO, "store: the keys of '%s' are damaged", ks->s->id);
	if (nos_decode_object(&ks->scan, value, "store: key", &d, err) ||
	    nos_decode_version(&d, VERSION, "store: key", err) ||
	    nos_decode_text(&d, "state", &text, err) ||
	    nos_decode_time(&d, "since", &k->since, err) ||
	    (nos_decode_has(&d, "until") && nos_decode_time(&d, "until", &k->until, err)))
		return err->code;
	if (!nos_state_parse(text, &k->state))
		return nos_err_set(err, NOS_IO, "store: a key of '%s' has no state", ks->s->id);
	if (ks->vault) {
		nos_buf_init_secret(&plain, KEY_LEN);
		if (open_value(ks->vault, &place, &d, KEY_LEN, &plain, err))
			return err->code;
		nos_secret_put(&k->value, plain.p, plain.len);
	}
	ks->s->key_count++;
	return NOS_OK;
}

static enum nos_code get_keys(struct nos_store *store, const struct nos_vault *vault,
    struct nos_registry_source *s, struct nos_err *err)
{
	struct keys_state ks = { .vault = vault, .s = s };
	enum nos_code code =
	    nos_store_scan(store, NOS_REGISTRY_KEYS_NS, nos_str_of(s->id), take_key, &ks, err);

	nos_scan_release(&ks.scan);
	return code;
}

/* ---- sources ---- */

static enum nos_code decode_source(
    const struct nos_decode *d, struct nos_registry_source *s, struct nos_err *err)
{
	struct nos_str state, types = { 0 };

	if (nos_decode_version(d, VERSION, "store: source", err) ||
	    nos_decode_copy(d, "name", true, s->name, sizeof(s->name), err) ||
	    nos_decode_copy(d, "kind", false, s->kind, sizeof(s->kind), err) ||
	    nos_decode_copy(d, "mode", true, s->mode, sizeof(s->mode), err) ||
	    nos_decode_copy(d, "scheme", false, s->scheme, sizeof(s->scheme), err) ||
	    nos_decode_copy(d, "token", false, s->token, sizeof(s->token), err) ||
	    nos_decode_bool(d, "open", false, &s->open, err) ||
	    nos_decode_text(d, "state", &state, err) ||
	    nos_decode_time(d, "registered", &s->registered, err) ||
	    nos_decode_uint(d, "z", 1, NOS_NUM_SAFE, &s->z, err) ||
	    nos_decode_uint(d, "down", 0, NOS_CHAIN_CTR_MAX + 1, &s->down.ctr, err) ||
	    nos_decode_uint(d, "up", 0, NOS_CHAIN_CTR_MAX + 1, &s->up.ctr, err) ||
	    (nos_decode_has(d, "types") && nos_decode_raw(d, "types", NOS_SCAN_ARRAY, &types, err)))
		return err->code;
	if (!nos_state_parse(state, &s->state) || !nos_str_copy(types, s->types, sizeof(s->types)))
		return nos_err_set(err, NOS_DATA, "a source without a state");
	return NOS_OK;
}

static enum nos_code open_source(const struct nos_vault *vault, const struct nos_decode *d,
    struct nos_registry_source *s, struct nos_err *err)
{
	struct nos_vault_place place = place_of(NOS_REGISTRY_SOURCES_NS, nos_str_of(s->id));
	NOS_AUTO(buf) plain = { 0 };

	nos_buf_init_secret(&plain, SEALED_LEN);
	if (open_value(vault, &place, d, SEALED_LEN, &plain, err))
		return err->code;
	nos_secret_put(&s->z_key, plain.p, KEY_LEN);
	nos_secret_put(&s->down.key, plain.p + KEY_LEN, KEY_LEN);
	nos_secret_put(&s->up.key, plain.p + 2 * KEY_LEN, KEY_LEN);
	return NOS_OK;
}

static enum nos_code absent(struct nos_str id, struct nos_err *err)
{
	return nos_err_set(err, NOS_ABSENT, "no source '%.*s'", NOS_STR_ARG(id));
}

enum nos_code nos_registry_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str id, struct nos_registry_source *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	*ret = (struct nos_registry_source){ 0 };
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (!id.len || !nos_str_copy(id, ret->id, sizeof(ret->id)))
		return absent(id, err);
	if (nos_store_get(store, NOS_REGISTRY_SOURCES_NS, id, &text, &ret->rev, err))
		return err->code == NOS_ABSENT ? absent(id, err) : err->code;
	if (!nos_decode_object(&scan, nos_buf_str(&text), "store: source", &d, err) &&
	    !decode_source(&d, ret, err) && (!vault || !open_source(vault, &d, ret, err)))
		(void)!get_keys(store, vault, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_registry_source_release(ret);
	return nos_store_damaged(err);
}

static void encode_source(struct nos_buf *b, const struct nos_registry_source *s,
    struct nos_span sealed, struct nos_str m2)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	member_text(b, "name", s->name);
	member_text(b, "kind", s->kind);
	member_text(b, "mode", s->mode);
	if (*s->types) {
		nos_encode_member(b, "types");
		nos_buf_add_text(b, s->types);
	}
	member_text(b, "scheme", s->scheme);
	member_text(b, "token", s->token);
	nos_encode_member_bool(b, "open", s->open);
	member_text(b, "state", nos_state_text(s->state));
	nos_encode_member_time(b, "registered", s->registered);
	nos_encode_member_uint(b, "z", s->z);
	nos_encode_member_uint(b, "down", s->down.ctr);
	nos_encode_member_uint(b, "up", s->up.ctr);
	nos_encode_member_bytes(b, "sealed", sealed.p, sealed.len);
	if (m2.len)
		nos_encode_member_text(b, "m2", m2);
	nos_buf_add_char(b, '}');
}

enum nos_code nos_registry_add(struct nos_store *store, const struct nos_vault *vault,
    const struct nos_registry_source *s, struct nos_str m2, struct nos_err *err)
{
	struct nos_vault_place place = place_of(NOS_REGISTRY_SOURCES_NS, nos_str_of(s->id));
	NOS_AUTO(buf) plain = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init_secret(&plain, SEALED_LEN);
	nos_buf_init(&sealed, 512);
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	for (size_t i = 0; i < s->key_count; i++)
		if (put_key(store, vault, s->id, &s->keys[i], err))
			return err->code;
	nos_buf_add(&plain, s->z_key.bytes, s->z_key.len);
	nos_buf_add(&plain, s->down.key.bytes, s->down.key.len);
	nos_buf_add(&plain, s->up.key.bytes, s->up.key.len);
	if (nos_buf_check(&plain, "source", err) ||
	    nos_vault_seal(vault, &place, nos_buf_span(&plain), &sealed, err))
		return err->code;
	encode_source(&text, s, nos_buf_span(&sealed), m2);
	if (nos_buf_check(&text, "source", err))
		return err->code;
	return nos_store_put(store, NOS_REGISTRY_SOURCES_NS, nos_str_of(s->id), nos_buf_str(&text),
	    NOS_STORE_NEW, &rev, err);
}

enum nos_code nos_registry_answer(
    struct nos_store *store, struct nos_str id, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;
	struct nos_str m2;
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (!nos_store_get(store, NOS_REGISTRY_SOURCES_NS, id, &text, &rev, err) &&
	    !nos_decode_object(&scan, nos_buf_str(&text), "store: source", &d, err) &&
	    !nos_decode_text(&d, "m2", &m2, err)) {
		nos_buf_add_str(ret, m2);
		(void)!nos_buf_check(ret, "answer", err);
	}
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

/* ---- names ---- */

static enum nos_code get_name(struct nos_store *store, struct nos_str name,
    char ret[static NOS_REGISTRY_ID_MAX], struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	uint64_t rev;

	nos_buf_init(&text, 1024);
	if (!nos_store_get(store, NOS_REGISTRY_NAMES_NS, name, &text, &rev, err) &&
	    !nos_decode_object(&scan, nos_buf_str(&text), "store: name", &d, err))
		(void)!nos_decode_copy(&d, "source", false, ret, NOS_REGISTRY_ID_MAX, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_registry_name(
    struct nos_store *store, struct nos_str name, const char *id, struct nos_err *err)
{
	char text[64], other[NOS_REGISTRY_ID_MAX];
	uint64_t rev;

	snprintf(text, sizeof(text), "{\"v\":1,\"source\":\"%s\"}", id);
	if (nos_store_put(store, NOS_REGISTRY_NAMES_NS, name, nos_str_of(text), NOS_STORE_NEW, &rev,
		err) != NOS_EXISTS)
		return err->code;
	nos_err_clear(err);
	if (get_name(store, name, other, err))
		return err->code;
	if (strcmp(other, id) == 0)
		return NOS_OK;
	return nos_err_set(err, NOS_EXISTS, "the name '%.*s' is taken", NOS_STR_ARG(name));
}

enum nos_code nos_registry_resolve(struct nos_store *store, struct nos_str word,
    char ret[static NOS_REGISTRY_ID_MAX], struct nos_err *err)
{
	uint64_t rev;

	if (!word.len || word.len > NOS_NAME_WORD_MAX)
		return absent(word, err);
	if (nos_str_starts(word, "s-")) {
		if (!nos_str_copy(word, ret, NOS_REGISTRY_ID_MAX) ||
		    nos_store_get(store, NOS_REGISTRY_SOURCES_NS, word, NULL, &rev, err))
			return err->code && err->code != NOS_ABSENT ? err->code : absent(word, err);
		return NOS_OK;
	}
	if (get_name(store, word, ret, err))
		return err->code == NOS_ABSENT ? absent(word, err) : err->code;
	return NOS_OK;
}

/* ---- all ---- */

struct scan_state {
	struct nos_store *store;
	nos_registry_each *each;
	void *state;
	struct nos_scan scan;
};

static enum nos_code scan_one(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct scan_state *ss = state;
	struct nos_registry_source s = { .rev = rev };
	struct nos_decode d;

	if (!nos_str_copy(key, s.id, sizeof(s.id)))
		return nos_err_set(err, NOS_IO, "store: a source's id is damaged");
	if (nos_decode_object(&ss->scan, value, "store: source", &d, err) ||
	    decode_source(&d, &s, err) || get_keys(ss->store, NULL, &s, err))
		return nos_store_damaged(err);
	return ss->each(ss->state, &s, err);
}

enum nos_code nos_registry_scan(
    struct nos_store *store, nos_registry_each *each, void *state, struct nos_err *err)
{
	struct scan_state ss = { .store = store, .each = each, .state = state };
	enum nos_code code =
	    nos_store_scan(store, NOS_REGISTRY_SOURCES_NS, NOS_STR(""), scan_one, &ss, err);

	nos_scan_release(&ss.scan);
	return code;
}
