/* SPDX-License-Identifier: MIT */
#include "registry/record.h"

#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "json/decode.h"
#include "scheme/pool.h"
#include "store/store.h"

#define VERSION	    NOS_RECORD_VERSION
#define SECRETS_MAX NOS_RECORD_SECRETS_MAX
#define KEY_LEN	    32

struct in {
	bool open; /* secrets are wanted */
	struct nos_span secrets;
	struct nos_assoc *a;
};

/* The next secret of len bytes, or none where empty is fine. */
static enum nos_code take_secret(
    struct in *in, bool optional, struct nos_secret *ret, struct nos_err *err)
{
	uint64_t len;

	if (!in->open)
		return NOS_OK;
	if (!nos_enc_leb128_decode(&in->secrets, &len) || len > in->secrets.len ||
	    (len != KEY_LEN && len != NOS_POOL_KEY_LEN && (len || !optional)))
		return nos_err_set(err, NOS_IO, "store: the keys of a source are damaged");
	nos_secret_put(ret, in->secrets.p, (size_t)len);
	in->secrets.p += len;
	in->secrets.len -= (size_t)len;
	return NOS_OK;
}

static enum nos_code decode_base(struct in *in, const struct nos_decode *d, bool revoked,
    struct nos_assoc_base *ret, struct nos_err *err)
{
	struct nos_decode base;

	if (nos_decode_inside(d, "base", &base, err) ||
	    nos_decode_uint(&base, "z", 1, NOS_NUM_SAFE, &ret->z, err) ||
	    nos_decode_uint(&base, "life", 1, NOS_NUM_SAFE, &ret->life, err) ||
	    nos_decode_uint(&base, "identity", 1, NOS_NUM_SAFE, &ret->identity, err) ||
	    nos_decode_uint(&base, "down", 0, NOS_CHAIN_CTR_MAX + 1, &ret->down.ctr, err) ||
	    nos_decode_uint(&base, "up", 0, NOS_CHAIN_CTR_MAX + 1, &ret->up.ctr, err) ||
	    (nos_decode_has(&base, "acked") &&
		nos_decode_bytes(&base, "acked", ret->acked, sizeof(ret->acked), err)) ||
	    take_secret(in, revoked, &ret->z_key, err) ||
	    take_secret(in, revoked, &ret->down.key, err))
		return err->code;
	return take_secret(in, revoked, &ret->up.key, err);
}

static enum nos_code decode_name(
    const struct nos_decode *d, const char *member, struct nos_name *ret, struct nos_err *err)
{
	struct nos_str kid;

	if (nos_decode_text(d, member, &kid, err))
		return err->code;
	return nos_name_parse(kid, ret)
		   ? NOS_OK
		   : nos_err_set(err, NOS_DATA, "'%.*s' is no key's name", NOS_STR_ARG(kid));
}

static enum nos_code decode_key(
    struct in *in, const struct nos_decode *d, struct nos_assoc_key *ret, struct nos_err *err)
{
	struct nos_str state;
	struct nos_name from;

	if (decode_name(d, "key", &ret->name, err) || nos_decode_text(d, "state", &state, err) ||
	    nos_decode_time(d, "since", &ret->since, err) ||
	    (nos_decode_has(d, "until") && nos_decode_time(d, "until", &ret->until, err)) ||
	    (nos_decode_has(d, "confirmed") &&
		nos_decode_time(d, "confirmed", &ret->confirmed, err)) ||
	    (nos_decode_has(d, "overlap_ms") &&
		nos_decode_uint(d, "overlap_ms", 0, NOS_NUM_SAFE, &ret->overlap_ms, err)))
		return err->code;
	if (!nos_state_parse(state, &ret->state))
		return nos_err_set(err, NOS_DATA, "a key without a state");
	if (nos_decode_has(d, "unused") && nos_decode_bool(d, "unused", false, &ret->unused, err))
		return err->code;
	if (nos_decode_has(d, "from")) {
		if (decode_name(d, "from", &from, err))
			return err->code;
		ret->from = nos_pool_global(&from);
	}
	return take_secret(in, false, &ret->value, err) ? err->code
							: take_secret(in, true, &ret->auth, err);
}

/* A list that need not be there. */
static enum nos_code each_of(struct in *in, const struct nos_decode *d, const char *name,
    size_t max, nos_decode_element *element, struct nos_err *err)
{
	return nos_decode_has(d, name) ? nos_decode_each(d, name, max, element, in, err) : NOS_OK;
}

static enum nos_code take_key(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct in *in = state;
	return decode_key(in, d, &in->a->keys[in->a->key_count++], err);
}

/* A list of names of at most max, of which there need be none. */
static enum nos_code take_names(const struct nos_decode *d, const char *member,
    struct nos_name *ret, size_t max, size_t *ret_count, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	*ret_count = 0;
	if (!nos_decode_has(d, member))
		return NOS_OK;
	if (nos_decode_array(d, member, &list, err))
		return err->code;
	if (list->count > max)
		return nos_err_set(err, NOS_DATA, "%s: over %zu", member, max);
	while (nos_scan_element(d->scan, list, &at, &v))
		if (v->kind != NOS_SCAN_STRING || v->escaped ||
		    !nos_name_parse(v->raw, &ret[(*ret_count)++]))
			return nos_err_set(err, NOS_DATA, "%s: not a list of names", member);
	return NOS_OK;
}

static enum nos_code take_globals(
    const struct nos_decode *d, struct nos_assoc *a, struct nos_err *err)
{
	struct nos_name names[NOS_ASSOC_GLOBALS_MAX];

	if (take_names(d, "globals", names, NOS_ASSOC_GLOBALS_MAX, &a->global_count, err))
		return err->code;
	for (size_t i = 0; i < a->global_count; i++)
		a->globals[i] = nos_pool_global(&names[i]);
	return NOS_OK;
}

static enum nos_code decode_place(
    const struct nos_decode *d, struct nos_assoc_place *p, struct nos_err *err)
{
	struct nos_decode in;
	uint64_t leaf;

	if (!nos_decode_has(d, "place"))
		return NOS_OK;
	if (nos_decode_inside(d, "place", &in, err) ||
	    nos_decode_uint(&in, "group", 1, NOS_NUM_SAFE, &p->group, err) ||
	    nos_decode_uint(&in, "life", 1, NOS_NUM_SAFE, &p->life, err) ||
	    nos_decode_uint(&in, "leaf", 0, UINT32_MAX, &leaf, err) ||
	    nos_decode_uint(&in, "since", 0, NOS_NUM_SAFE, &p->since, err) ||
	    nos_decode_uint(&in, "chain", 0, NOS_NUM_SAFE, &p->chain, err))
		return err->code;
	p->leaf = (uint32_t)leaf;
	p->has_path = nos_decode_has(&in, "path");
	p->has_key = nos_decode_has(&in, "key");
	if ((p->has_path && nos_decode_uint(&in, "path", 0, NOS_NUM_SAFE, &p->path_epoch, err)) ||
	    (p->has_key && nos_decode_uint(&in, "key", 0, NOS_NUM_SAFE, &p->key_epoch, err)))
		return err->code;
	return NOS_OK;
}

static enum nos_code take_message(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct in *in = state;
	struct nos_assoc_message *m = &in->a->out[in->a->out_count++];

	if (nos_decode_uint(d, "ctr", 0, NOS_CHAIN_CTR_MAX, &m->ctr, err) ||
	    (nos_decode_has(d, "brings") && decode_name(d, "brings", &m->brings, err)) ||
	    nos_decode_copy(d, "relay", true, m->relay, sizeof(m->relay), err))
		return err->code;
	return nos_decode_upto(d, "bytes", m->bytes, sizeof(m->bytes), &m->len, err);
}

static enum nos_code take_asked(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct in *in = state;
	struct nos_assoc_asked *one = &in->a->asked[in->a->asked_count++];

	if (nos_decode_uint(d, "minute", 0, NOS_NUM_SAFE, &one->minute, err))
		return err->code;
	return nos_decode_bytes(d, "hash", one->hash, sizeof(one->hash), err);
}

static enum nos_code decode_offer(
    struct in *in, const struct nos_decode *d, struct nos_assoc_offer *ret, struct nos_err *err)
{
	struct nos_decode offer, key;

	ret->is = true;
	if (nos_decode_inside(d, "offer", &offer, err) ||
	    decode_base(in, &offer, false, &ret->base, err) ||
	    nos_decode_inside(&offer, "next", &key, err) || decode_key(in, &key, &ret->key, err) ||
	    nos_decode_bytes(&offer, "ask", ret->ask, sizeof(ret->ask), err))
		return err->code;
	return nos_decode_upto(&offer, "answer", ret->answer, sizeof(ret->answer), &ret->len, err);
}

static enum nos_code decode_assoc(
    struct in *in, const struct nos_decode *d, struct nos_assoc *a, struct nos_err *err)
{
	if ((nos_decode_has(d, "revoked") &&
		nos_decode_bool(d, "revoked", false, &a->revoked, err)) ||
	    decode_base(in, d, a->revoked, &a->base, err) ||
	    nos_decode_uint(d, "version", 0, NOS_NUM_SAFE, &a->version, err) ||
	    (a->revoked && (take_secret(in, false, &a->polls[0], err) ||
			       take_secret(in, true, &a->polls[1], err))) ||
	    each_of(in, d, "keys", NOS_ASSOC_KEYS_MAX, take_key, err) || take_globals(d, a, err) ||
	    decode_place(d, &a->place, err) ||
	    each_of(in, d, "out", NOS_ASSOC_OUT_MAX, take_message, err) ||
	    (nos_decode_has(d, "resync") && nos_decode_bool(d, "resync", false, &a->resync, err)) ||
	    (nos_decode_has(d, "renew") && nos_decode_bool(d, "renew", false, &a->renew, err)) ||
	    (nos_decode_has(d, "offer") && decode_offer(in, d, &a->offer, err)))
		return err->code;
	return each_of(in, d, "asked", NOS_ASSOC_ASKS_MAX, take_asked, err);
}

static enum nos_code decode_source(
    const struct nos_decode *d, struct nos_record *r, struct nos_err *err)
{
	struct nos_str types = { 0 };

	if (nos_decode_version(d, VERSION, "store: source", err) ||
	    nos_decode_copy(d, "name", true, r->name, sizeof(r->name), err) ||
	    nos_decode_copy(d, "kind", false, r->kind, sizeof(r->kind), err) ||
	    nos_decode_copy(d, "mode", true, r->mode, sizeof(r->mode), err) ||
	    nos_decode_copy(d, "scheme", false, r->scheme, sizeof(r->scheme), err) ||
	    (nos_decode_has(d, "group") &&
		nos_decode_uint(d, "group", 1, NOS_NUM_SAFE, &r->group, err)) ||
	    nos_decode_copy(d, "token", false, r->token, sizeof(r->token), err) ||
	    nos_decode_bool(d, "open", false, &r->open, err) ||
	    nos_decode_time(d, "registered", &r->registered, err) ||
	    (nos_decode_has(d, "roams") &&
		nos_decode_uint(d, "roams", 1, NOS_NUM_SAFE, &r->roams, err)) ||
	    nos_decode_copy(d, "m2", true, r->m2, sizeof(r->m2), err) ||
	    (nos_decode_has(d, "types") && nos_decode_raw(d, "types", NOS_SCAN_ARRAY, &types, err)))
		return err->code;
	return nos_str_copy(types, r->types, sizeof(r->types))
		   ? NOS_OK
		   : nos_err_set(err, NOS_DATA, "types is too long");
}

static enum nos_code open_secrets(const struct nos_vault *vault, const struct nos_record *r,
    const struct nos_decode *d, struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_vault_place place = nos_record_place(r->id);
	NOS_AUTO(buf) sealed = { 0 };

	nos_buf_init_secret(&sealed, SECRETS_MAX + 64);
	return nos_decode_blob(d, "sealed", &sealed, err)
		   ? err->code
		   : nos_vault_open(vault, &place, nos_buf_span(&sealed), ret, err);
}

enum nos_code nos_record_decode(struct nos_str id, struct nos_str text,
    const struct nos_vault *vault, struct nos_record *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 8 };
	NOS_AUTO(buf) secrets = { 0 };
	struct in in = { .open = vault != NULL, .a = &ret->a };
	struct nos_decode d;

	*ret = (struct nos_record){ 0 };
	nos_buf_init_secret(&secrets, SECRETS_MAX);
	if (!nos_str_copy(id, ret->id, sizeof(ret->id)))
		nos_err_set(err, NOS_IO, "store: a source's id is damaged");
	else if (!nos_decode_object(&scan, text, "store: source", &d, err) &&
		 !decode_source(&d, ret, err) &&
		 (!vault || !open_secrets(vault, ret, &d, &secrets, err))) {
		in.secrets = nos_buf_span(&secrets);
		(void)!decode_assoc(&in, &d, &ret->a, err);
	}
	nos_scan_release(&scan);
	if (err->code)
		nos_record_release(ret);
	return nos_store_damaged(err);
}
