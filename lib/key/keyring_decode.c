/* SPDX-License-Identifier: MIT */
#include "key/keyring.h"

#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "json/decode.h"

#define KEY_LEN	  32
#define LINK_LEN  16
#define LOCAL_LEN 16  /* bytes of a local key and of a global one */
#define TREE_KIND 't' /* whose keys are B_e */

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
	if (ret->name.kind == TREE_KIND)
		return nos_decode_secret(d, "value", NOS_SESSION_B_LEN, &ret->value, err);
	if (ret->name.kind != 'd')
		return nos_decode_secret(d, "value", KEY_LEN, &ret->value, err);
	if (nos_decode_uint(d, "domain", 1, NOS_NUM_SAFE - 1, &ret->domain, err) ||
	    nos_decode_uint(d, "version", 1, NOS_NUM_SAFE - 1, &ret->version, err))
		return err->code;
	return nos_decode_secret(d, "value", LOCAL_LEN, &ret->value, err);
}

static enum nos_code take_key(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct nos_keyring *k = state;

	return decode_key(d, &k->keys[k->key_count++], err);
}

static enum nos_code take_older(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct nos_keyring *k = state;
	struct nos_keyring_older *o = &k->older[k->older_count++];

	if (nos_decode_uint(d, "z", 1, NOS_NUM_SAFE - 1, &o->z, err) ||
	    nos_decode_secret(d, "resync", KEY_LEN, &o->resync, err) ||
	    nos_decode_secret(d, "renew", KEY_LEN, &o->renew, err))
		return err->code;
	return nos_decode_secret(d, "spool", KEY_LEN, &o->spool, err);
}

static enum nos_code take_global(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct nos_keyring *k = state;
	struct nos_keyring_global *g = &k->globals[k->global_count++];

	if (nos_decode_uint(d, "domain", 1, NOS_NUM_SAFE - 1, &g->domain, err) ||
	    nos_decode_uint(d, "version", 1, NOS_NUM_SAFE - 1, &g->version, err) ||
	    nos_decode_secret(d, "value", LOCAL_LEN, &g->value, err))
		return err->code;
	return nos_decode_time(d, "since", &g->since, err);
}

static enum nos_code take_link(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct nos_keyring *k = state;
	struct nos_keyring_link *link = &k->links[k->link_count++];

	if (nos_decode_copy(d, "relay", false, link->relay, sizeof(link->relay), err))
		return err->code;
	return nos_decode_secret(d, "value", LINK_LEN, &link->value, err);
}

/* A list that need not be there. */
static enum nos_code optional(const struct nos_decode *d, const char *name, size_t max,
    nos_decode_element *element, struct nos_keyring *k, struct nos_err *err)
{
	return nos_decode_has(d, name) ? nos_decode_each(d, name, max, element, k, err) : NOS_OK;
}

/* ---- the group ---- */

static enum nos_code decode_path(
    const struct nos_decode *d, struct nos_lkh_path *ret, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0, count = 0;
	uint64_t leaf;

	if (nos_decode_array(d, "path", &list, err) ||
	    nos_decode_uint(d, "epoch", 0, NOS_NUM_SAFE - 1, &ret->epoch, err))
		return err->code;
	if (list->count < 2 || list->count > NOS_LKH_DEPTH_MAX + 1)
		return nos_err_set_field(
		    err, NOS_DATA, "path", "path: not that of a leaf in a tree");
	ret->depth = list->count - 1;
	if (nos_decode_uint(d, "leaf", 0, (UINT64_C(1) << ret->depth) - 1, &leaf, err))
		return err->code;
	ret->leaf = (uint32_t)leaf;
	while (nos_scan_element(d->scan, list, &at, &v)) {
		struct nos_secret *key = &ret->keys[count++];

		if (v->kind != NOS_SCAN_STRING || v->escaped ||
		    !nos_enc_base64_fixed(v->raw, key->bytes, NOS_LKH_KEY_LEN))
			return nos_err_set_field(
			    err, NOS_DATA, "path", "path: not a list of keys of a tree");
		key->len = NOS_LKH_KEY_LEN;
	}
	return NOS_OK;
}

static enum nos_code decode_clock(
    const struct nos_decode *d, struct nos_keyring_group *g, struct nos_err *err)
{
	struct nos_decode clock, token;

	if (nos_decode_inside(d, "clock", &clock, err) ||
	    nos_decode_uint(&clock, "epoch", 0, NOS_NUM_SAFE - 1, &g->clock.epoch, err) ||
	    nos_decode_uint(&clock, "t", 0, NOS_NUM_SAFE - 1, &g->clock.t, err) ||
	    nos_decode_secret(&clock, "A", KEY_LEN, &g->clock.a, err) ||
	    nos_decode_inside(d, "token", &token, err) ||
	    nos_decode_uint(&token, "t", 0, NOS_NUM_SAFE - 1, &g->token.t, err))
		return err->code;
	g->token_epoch = g->clock.epoch;
	if (nos_decode_has(&token, "epoch") &&
	    nos_decode_uint(&token, "epoch", 0, NOS_NUM_SAFE - 1, &g->token_epoch, err))
		return err->code;
	return nos_decode_bytes(&token, "h", g->token.h, sizeof(g->token.h), err);
}

/* A name alone is what a source has before it hears of its place. */
static enum nos_code decode_group(
    const struct nos_decode *d, struct nos_keyring *k, struct nos_err *err)
{
	struct nos_keyring_group *g = &k->group;
	struct nos_decode group;

	if (nos_decode_inside(d, "group", &group, err) ||
	    nos_decode_copy(&group, "name", true, k->group_name, sizeof(k->group_name), err) ||
	    nos_decode_bool(&group, "shared", true, &k->shared, err))
		return err->code;
	if (!nos_decode_has(&group, "number"))
		return NOS_OK;
	if (nos_decode_uint(&group, "number", 1, NOS_NUM_SAFE - 1, &g->number, err) ||
	    (nos_decode_has(&group, "path") && decode_path(&group, &g->path, err)) ||
	    (nos_decode_has(&group, "clock") && decode_clock(&group, g, err)) ||
	    (nos_decode_has(&group, "leapt") && nos_decode_time(&group, "leapt", &g->leapt, err)))
		return err->code;
	if (g->path.depth)
		g->path.group = g->number;
	if (g->clock.a.len)
		g->clock.group = g->number;
	return NOS_OK;
}

/* ---- the whole ---- */

static enum nos_code decode_ask(
    const struct nos_decode *d, struct nos_keyring_ask *ret, struct nos_err *err)
{
	struct nos_decode ask;

	if (nos_decode_inside(d, "ask", &ask, err) ||
	    nos_decode_uint(&ask, "z", 1, NOS_NUM_SAFE - 1, &ret->z, err) ||
	    nos_decode_upto(&ask, "bytes", ret->bytes, sizeof(ret->bytes), &ret->len, err) ||
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

	if (nos_decode_version(d, NOS_KEYRING_VERSION, "keyring", err) ||
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
	    optional(&inside, "older", NOS_KEYRING_OLDER_MAX, take_older, k, err) ||
	    (nos_decode_has(d, "ask") && decode_ask(d, &k->ask, err)) ||
	    (nos_decode_has(d, "ack") &&
		nos_decode_upto(d, "ack", k->ack, sizeof(k->ack), &k->ack_len, err)) ||
	    (nos_decode_has(d, "unproven") &&
		nos_decode_bool(d, "unproven", false, &k->unproven, err)) ||
	    (nos_decode_has(d, "group") && decode_group(d, k, err)) ||
	    optional(d, "global", NOS_KEYRING_GLOBALS_MAX, take_global, k, err) ||
	    optional(d, "links", NOS_KEYRING_LINKS_MAX, take_link, k, err))
		return err->code;
	return nos_decode_each(d, "keys", NOS_KEYRING_KEYS_MAX, take_key, k, err);
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
