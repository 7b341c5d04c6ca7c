/* SPDX-License-Identifier: MIT */
#include "group/groups_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "store/store.h"

#define VERSION	    1
#define SECRETS_MAX 8192 /* bytes of a sealed member */
#define DIGITS_MAX  24

static const char *const hows[] = { "made", "evicted", "healed" };

static struct nos_vault_place place(const char *ns, uint64_t number, char space[static DIGITS_MAX])
{
	snprintf(space, DIGITS_MAX, "%" PRIu64, number);
	return (struct nos_vault_place){ ns, nos_str_of(space), "sealed" };
}

/* ---- out ---- */

static void encode_keys(struct nos_buf *b, const struct nos_group *g)
{
	nos_encode_member(b, "keys");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < g->key_count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "epoch", g->keys[i].epoch);
		nos_encode_member_uint(b, "t", g->keys[i].t);
		nos_encode_member_time(b, "since", g->keys[i].since);
		if (g->keys[i].until.ms)
			nos_encode_member_time(b, "until", g->keys[i].until);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
}

static void encode_epoch(struct nos_buf *b, const struct nos_group *g)
{
	nos_encode_member_uint(b, "epoch", g->clock.epoch);
	nos_encode_member_uint(b, "t", g->clock.t);
	nos_encode_member_uint(b, "began", g->began);
	nos_encode_member_time(b, "since", g->since);
	nos_encode_member_text(b, "how", nos_str_of(hows[g->how]));
	if (g->how == NOS_GROUP_EVICTED)
		nos_encode_member_uint(b, "leaf", g->leaf);
	if (g->turning)
		nos_encode_member_bool(b, "turning", true);
	if (g->broadcast_len)
		nos_encode_member_bytes(b, "broadcast", g->broadcast, g->broadcast_len);
}

/* No secret: who is behind may be told by who opens nothing. */
static void encode_order(struct nos_buf *b, const struct nos_group *g)
{
	NOS_AUTO(buf) order = { 0 };

	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	if (nos_group_order(g, &order))
		nos_encode_member_bytes(b, "order", order.p, order.len);
}

/* A, then the secret of the epoch, then the keys: of fixed lengths, as scheme and how say. */
static void add_secrets(struct nos_buf *b, const struct nos_group *g)
{
	nos_buf_add(b, g->clock.a.bytes, g->clock.a.len);
	nos_buf_add(b, g->secret.bytes, g->secret.len);
	for (size_t i = 0; i < g->key_count; i++)
		nos_buf_add(b, g->keys[i].value.bytes, g->keys[i].value.len);
}

static enum nos_code seal(struct nos_buf *b, const struct nos_vault_place *at,
    const struct nos_vault *vault, const struct nos_buf *secrets, struct nos_err *err)
{
	NOS_AUTO(buf) sealed = { 0 };

	nos_buf_init(&sealed, SECRETS_MAX + 64);
	if (nos_buf_check(secrets, "secrets of a group", err) ||
	    nos_vault_seal(vault, at, nos_buf_span(secrets), &sealed, err))
		return err->code;
	nos_encode_member_bytes(b, "sealed", sealed.p, sealed.len);
	return NOS_OK;
}

enum nos_code nos_groups_text_encode(struct nos_buf *b, const struct nos_group *g,
    const struct nos_vault *vault, struct nos_err *err)
{
	char space[DIGITS_MAX];
	const struct nos_vault_place at = place("groups", g->number, space);
	NOS_AUTO(buf) secrets = { 0 };

	nos_buf_init_secret(&secrets, SECRETS_MAX);
	add_secrets(&secrets, g);
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_text(b, "name", nos_str_of(g->name));
	nos_encode_member_text(b, "scheme", nos_str_of(g->scheme));
	nos_encode_member_uint(b, "depth", g->depth);
	nos_encode_member_bool(b, "shared", g->shared);
	nos_encode_member_time(b, "made", g->made);
	nos_encode_member_uint(b, "life", g->life);
	nos_encode_member_uint(b, "chain", g->chain);
	encode_epoch(b, g);
	encode_order(b, g);
	encode_keys(b, g);
	if (seal(b, &at, vault, &secrets, err))
		return err->code;
	nos_buf_add_char(b, '}');
	return nos_buf_check(b, "group", err);
}

/* ---- in ---- */

static enum nos_code take_key(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct nos_group *g = state;
	struct nos_group_key *k = &g->keys[g->key_count++];

	if (nos_decode_uint(d, "epoch", 0, NOS_NUM_SAFE - 1, &k->epoch, err) ||
	    nos_decode_uint(d, "t", 0, NOS_NUM_SAFE - 1, &k->t, err) ||
	    nos_decode_time(d, "since", &k->since, err) ||
	    (nos_decode_has(d, "until") && nos_decode_time(d, "until", &k->until, err)))
		return err->code;
	return NOS_OK;
}

static enum nos_code decode_epoch(
    const struct nos_decode *d, struct nos_group *g, struct nos_err *err)
{
	struct nos_str how;
	uint64_t leaf = 0;

	if (nos_decode_uint(d, "epoch", 0, NOS_NUM_SAFE - 1, &g->clock.epoch, err) ||
	    nos_decode_uint(d, "t", 0, NOS_NUM_SAFE - 1, &g->clock.t, err) ||
	    nos_decode_uint(d, "began", 0, NOS_NUM_SAFE - 1, &g->began, err) ||
	    nos_decode_time(d, "since", &g->since, err) || nos_decode_text(d, "how", &how, err) ||
	    (nos_decode_has(d, "leaf") &&
		nos_decode_uint(d, "leaf", 0, (1u << g->depth) - 1, &leaf, err)) ||
	    (nos_decode_has(d, "turning") &&
		nos_decode_bool(d, "turning", false, &g->turning, err)) ||
	    (nos_decode_has(d, "broadcast") && nos_decode_upto(d, "broadcast", g->broadcast,
						   sizeof(g->broadcast), &g->broadcast_len, err)))
		return err->code;
	g->leaf = (uint32_t)leaf;
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
		if (nos_str_is(how, hows[i])) {
			g->how = (enum nos_group_how)i;
			return NOS_OK;
		}
	return nos_err_set(err, NOS_DATA, "how: not how an epoch begins");
}

static enum nos_code decode_order(
    const struct nos_decode *d, struct nos_group *g, struct nos_err *err)
{
	uint8_t bytes[NOS_SESSION_ORDER_MAX];
	struct nos_session_order o;
	size_t len;

	if (!nos_decode_has(d, "order"))
		return NOS_OK;
	if (nos_decode_upto(d, "order", bytes, sizeof(bytes), &len, err) ||
	    nos_session_order_decode((struct nos_span){ bytes, len }, &o, err))
		return err->code;
	memcpy(g->token, o.token.h, sizeof(g->token));
	return NOS_OK;
}

static bool take(struct nos_span *rest, size_t len, struct nos_secret *ret)
{
	if (rest->len < len)
		return false;
	nos_secret_put(ret, rest->p, len);
	rest->p += len;
	rest->len -= len;
	return true;
}

static enum nos_code unseal(const struct nos_decode *d, const struct nos_vault_place *at,
    const struct nos_vault *vault, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(buf) sealed = { 0 };

	nos_buf_init(&sealed, SECRETS_MAX + 64);
	nos_buf_init_secret(ret, SECRETS_MAX);
	if (nos_decode_blob(d, "sealed", &sealed, err))
		return err->code;
	return nos_vault_open(vault, at, nos_buf_span(&sealed), ret, err);
}

static enum nos_code take_secrets(const struct nos_decode *d, const struct nos_vault *vault,
    struct nos_group *g, struct nos_err *err)
{
	const bool clock = nos_group_has_clock(g);
	char space[DIGITS_MAX];
	const struct nos_vault_place at = place("groups", g->number, space);
	NOS_AUTO(buf) secrets = { 0 };
	struct nos_span rest;
	bool good;

	if (unseal(d, &at, vault, &secrets, err))
		return err->code;
	rest = nos_buf_span(&secrets);
	good = take(&rest, clock ? NOS_GROUP_A_LEN : 0, &g->clock.a) &&
	       take(&rest, g->how == NOS_GROUP_MADE ? 0 : NOS_LKH_KEY_LEN, &g->secret);
	for (size_t i = 0; good && i < g->key_count; i++)
		good = take(&rest, clock ? 32 : NOS_SESSION_B_LEN, &g->keys[i].value);
	return good && !rest.len ? NOS_OK
				 : nos_err_set(err, NOS_DATA, "sealed: not what the rest says");
}

static enum nos_code decode(const struct nos_decode *d, const struct nos_vault *vault,
    struct nos_group *g, struct nos_err *err)
{
	uint64_t depth;

	if (nos_decode_version(d, VERSION, "store: group", err) ||
	    nos_decode_copy(d, "name", false, g->name, sizeof(g->name), err) ||
	    nos_decode_copy(d, "scheme", false, g->scheme, sizeof(g->scheme), err) ||
	    nos_decode_uint(d, "depth", 1, NOS_LKH_DEPTH_MAX, &depth, err) ||
	    nos_decode_bool(d, "shared", false, &g->shared, err) ||
	    nos_decode_time(d, "made", &g->made, err) ||
	    nos_decode_uint(d, "life", 1, NOS_NUM_SAFE - 1, &g->life, err) ||
	    nos_decode_uint(d, "chain", 0, NOS_NUM_SAFE - 1, &g->chain, err))
		return err->code;
	g->depth = (unsigned)depth;
	if (decode_epoch(d, g, err) || decode_order(d, g, err) ||
	    nos_decode_each(d, "keys", NOS_GROUP_KEYS_MAX, take_key, g, err))
		return err->code;
	return vault ? take_secrets(d, vault, g, err) : NOS_OK;
}

enum nos_code nos_groups_text_decode(uint64_t number, struct nos_str text,
    const struct nos_vault *vault, struct nos_group *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	*ret = (struct nos_group){ .number = number, .clock.group = number };
	if (!nos_decode_object(&scan, text, "store: group", &d, err))
		(void)!decode(&d, vault, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_group_release(ret);
	return nos_store_damaged(err);
}

enum nos_code nos_groups_text_order(struct nos_str text, struct nos_buf *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	uint8_t bytes[NOS_SESSION_ORDER_MAX];
	struct nos_decode d;
	size_t len = 0;

	if (!nos_decode_object(&scan, text, "store: group", &d, err) &&
	    nos_decode_has(&d, "order") &&
	    !nos_decode_upto(&d, "order", bytes, sizeof(bytes), &len, err))
		nos_buf_add(ret, bytes, len);
	nos_scan_release(&scan);
	return err->code ? nos_store_damaged(err) : nos_buf_check(ret, "order", err);
}

/* ---- tokens ---- */

static size_t count_of(const struct nos_group_chain *c)
{
	return (size_t)((c->last - c->base + NOS_GROUP_STRIDE - 1) / NOS_GROUP_STRIDE) + 1;
}

enum nos_code nos_groups_text_chain_encode(struct nos_buf *b, uint64_t number,
    const struct nos_group_chain *c, const struct nos_vault *vault, struct nos_err *err)
{
	char space[DIGITS_MAX];
	const struct nos_vault_place at = place(NOS_GROUPS_CHAINS_NS, number, space);
	NOS_AUTO(buf) secrets = { 0 };

	nos_buf_init_secret(&secrets, SECRETS_MAX);
	nos_buf_add(&secrets, c->kept, count_of(c) * sizeof(c->kept[0]));
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_uint(b, "base", c->base);
	nos_encode_member_uint(b, "last", c->last);
	if (seal(b, &at, vault, &secrets, err))
		return err->code;
	nos_buf_add_char(b, '}');
	return nos_buf_check(b, "tokens", err);
}

static enum nos_code decode_chain(const struct nos_decode *d, const struct nos_vault_place *at,
    const struct nos_vault *vault, struct nos_group_chain *ret, struct nos_err *err)
{
	NOS_AUTO(buf) secrets = { 0 };

	if (nos_decode_version(d, VERSION, "store: tokens", err) ||
	    nos_decode_uint(d, "base", 0, NOS_NUM_SAFE - 1, &ret->base, err) ||
	    nos_decode_uint(
		d, "last", ret->base + 1, ret->base + NOS_SESSION_CHAIN_MAX, &ret->last, err) ||
	    unseal(d, at, vault, &secrets, err))
		return err->code;
	if (secrets.len != count_of(ret) * sizeof(ret->kept[0]))
		return nos_err_set(err, NOS_DATA, "sealed: not as many tokens as there are");
	memcpy(ret->kept, secrets.p, secrets.len);
	return NOS_OK;
}

enum nos_code nos_groups_text_chain_decode(uint64_t number, struct nos_str text,
    const struct nos_vault *vault, struct nos_group_chain *ret, struct nos_err *err)
{
	char space[DIGITS_MAX];
	const struct nos_vault_place at = place(NOS_GROUPS_CHAINS_NS, number, space);
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	*ret = (struct nos_group_chain){ 0 };
	if (!nos_decode_object(&scan, text, "store: tokens", &d, err))
		(void)!decode_chain(&d, &at, vault, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_group_chain_release(ret);
	return nos_store_damaged(err);
}
