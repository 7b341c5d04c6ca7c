/* SPDX-License-Identifier: MIT */
#include "registry/globals.h"

#include <string.h>

#include "base/num.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "self/spaces.h"
#include "scheme/scheme.h"

#define VERSION	   1
#define KEY	   NOS_STR("pool")
#define TEXT_MAX   65536
#define VALUE_MAX  (NOS_POOL_MAX * NOS_POOL_KEY_LEN)
#define LIFE_SHIFT 32 /* versions of a life begin 2^32 above those of the one before */
#define KEEP_MS	   (INT64_C(86400000) * NOS_GLOBALS_KEEP_DAYS)

void nos_globals_release(struct nos_globals *g)
{
	explicit_bzero(g, sizeof(*g));
}

static const struct nos_vault_place place = { NOS_GLOBALS_NS, { "pool", 4 }, "sealed" };

/* ---- in ---- */

static enum nos_code take_key(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct nos_pool *pool = state;
	struct nos_pool_key *key = &pool->keys[pool->drawn++];

	if (nos_decode_uint(d, "version", 1, NOS_NUM_SAFE - 1, &key->version, err))
		return err->code;
	return nos_decode_time(d, "since", &key->since, err);
}

static enum nos_code decode_keys(
    const struct nos_decode *d, struct nos_pool *ret, struct nos_err *err)
{
	if (nos_decode_each(d, "keys", NOS_POOL_MAX, take_key, ret, err))
		return err->code;
	return ret->drawn >= ret->size ? NOS_OK
				       : nos_err_set(err, NOS_DATA, "keys: fewer than size says");
}

static enum nos_code take_name(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct nos_globals *g = state;
	struct nos_invalidation_name *n = &g->list.names[g->list.count];

	if (nos_decode_uint(d, "domain", 1, NOS_NUM_SAFE - 1, &n->domain, err) ||
	    nos_decode_uint(d, "version", 1, NOS_NUM_SAFE - 1, &n->version, err))
		return err->code;
	return nos_decode_time(d, "time", &g->times[g->list.count++], err);
}

static enum nos_code decode_list(
    const struct nos_decode *d, struct nos_globals *ret, struct nos_err *err)
{
	if (!nos_decode_has(d, "invalid"))
		return NOS_OK;
	if (nos_decode_uint(d, "list", 1, NOS_NUM_SAFE - 1, &ret->list.version, err) ||
	    nos_decode_upto(
		d, "broadcast", ret->broadcast, sizeof(ret->broadcast), &ret->broadcast_len, err))
		return err->code;
	return nos_decode_each(d, "invalid", NOS_INVALIDATION_NAMES_MAX, take_name, ret, err);
}

static enum nos_code open_values(const struct nos_decode *d, const struct nos_vault *vault,
    struct nos_pool *ret, struct nos_err *err)
{
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) values = { 0 };

	nos_buf_init(&sealed, VALUE_MAX + 64);
	nos_buf_init_secret(&values, VALUE_MAX);
	if (nos_decode_blob(d, "sealed", &sealed, err) ||
	    nos_vault_open(vault, &place, nos_buf_span(&sealed), &values, err))
		return err->code;
	if (values.len != ret->drawn * NOS_POOL_KEY_LEN)
		return nos_err_set(err, NOS_DATA, "sealed: not as many as there are keys");
	for (unsigned i = 0; i < ret->drawn; i++)
		memcpy(ret->keys[i].value, values.p + i * NOS_POOL_KEY_LEN, NOS_POOL_KEY_LEN);
	return NOS_OK;
}

static enum nos_code decode(const struct nos_decode *d, const struct nos_vault *vault,
    struct nos_globals *ret, struct nos_err *err)
{
	uint64_t size, ring;

	if (nos_decode_version(d, VERSION, "store: global keys", err) ||
	    nos_decode_uint(d, "size", 1, NOS_POOL_MAX, &size, err) ||
	    nos_decode_uint(d, "ring", 1, NOS_POOL_RING_MAX, &ring, err))
		return err->code;
	ret->pool.size = (unsigned)size;
	ret->pool.ring = (unsigned)(ring < size ? ring : size);
	if (decode_keys(d, &ret->pool, err) || decode_list(d, ret, err))
		return err->code;
	return vault ? open_values(d, vault, &ret->pool, err) : NOS_OK;
}

enum nos_code nos_globals_rev(struct nos_store *store, uint64_t *ret, struct nos_err *err)
{
	*ret = 0;
	if (nos_store_get(store, NOS_GLOBALS_NS, KEY, NULL, ret, err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

enum nos_code nos_globals_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_globals *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	NOS_AUTO(buf) text = { 0 };
	struct nos_decode d;

	*ret = (struct nos_globals){ 0 };
	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_GLOBALS_NS, KEY, &text, &ret->rev, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (!nos_decode_object(&scan, nos_buf_str(&text), "store: global keys", &d, err))
		(void)!decode(&d, vault, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_globals_release(ret);
	return nos_store_damaged(err);
}

enum nos_code nos_globals_for(
    struct nos_store *store, struct nos_str scheme, struct nos_globals *ret, struct nos_err *err)
{
	const struct nos_scheme *s = nos_scheme_find(scheme);

	*ret = (struct nos_globals){ 0 };
	return s && s->numbered ? nos_globals_get(store, NULL, ret, err) : NOS_OK;
}

/* ---- out ---- */

static void encode_list(struct nos_buf *b, const struct nos_globals *g)
{
	nos_encode_member_uint(b, "list", g->list.version);
	nos_encode_member(b, "invalid");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < g->list.count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "domain", g->list.names[i].domain);
		nos_encode_member_uint(b, "version", g->list.names[i].version);
		nos_encode_member_time(b, "time", g->times[i]);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
	nos_encode_member_bytes(b, "broadcast", g->broadcast, g->broadcast_len);
}

static void encode(struct nos_buf *b, const struct nos_globals *g, struct nos_span sealed)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_uint(b, "size", g->pool.size);
	nos_encode_member_uint(b, "ring", g->pool.ring);
	nos_encode_member(b, "keys");
	nos_buf_add_char(b, '[');
	for (unsigned i = 0; i < g->pool.drawn; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "version", g->pool.keys[i].version);
		nos_encode_member_time(b, "since", g->pool.keys[i].since);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
	if (g->broadcast_len)
		encode_list(b, g);
	nos_encode_member_bytes(b, "sealed", sealed.p, sealed.len);
	nos_buf_add_char(b, '}');
}

enum nos_code nos_globals_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_globals *g, struct nos_err *err)
{
	NOS_AUTO(buf) values = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&values, VALUE_MAX);
	nos_buf_init(&sealed, VALUE_MAX + 64);
	nos_buf_init(&text, TEXT_MAX);
	for (unsigned i = 0; i < g->pool.drawn; i++)
		nos_buf_add(&values, g->pool.keys[i].value, NOS_POOL_KEY_LEN);
	if (nos_buf_check(&values, "global keys", err) ||
	    nos_vault_seal(vault, &place, nos_buf_span(&values), &sealed, err))
		return err->code;
	encode(&text, g, nos_buf_span(&sealed));
	if (nos_buf_check(&text, "global keys", err))
		return err->code;
	return nos_store_put(store, NOS_GLOBALS_NS, KEY, nos_buf_str(&text), g->rev, &g->rev, err);
}

/* ---- changes ---- */

static enum nos_code draw(struct nos_pool_key *key, struct nos_time now, struct nos_err *err)
{
	key->version++;
	key->since = now;
	return nos_random_bytes(key->value, sizeof(key->value), err);
}

/* The names of a life are above all of before. */
static enum nos_code draw_in(
    struct nos_pool_key *key, uint64_t life, struct nos_time now, struct nos_err *err)
{
	const uint64_t floor = (life - 1) << LIFE_SHIFT;

	if (key->version < floor)
		key->version = floor;
	return draw(key, now, err);
}

enum nos_code nos_globals_resize(struct nos_store *store, const struct nos_vault *vault,
    unsigned size, unsigned ring, struct nos_time now, bool *ret_changed, struct nos_err *err)
{
	NOS_AUTO(globals) g = { 0 };
	uint64_t life;

	*ret_changed = false;
	if (nos_globals_get(store, vault, &g, err) || nos_self_life(store, &life, err))
		return err->code;
	if (g.pool.size == size && g.pool.ring == ring)
		return NOS_OK;
	for (; g.pool.drawn < size; g.pool.drawn++)
		if (draw_in(&g.pool.keys[g.pool.drawn], life, now, err))
			return err->code;
	g.pool.size = size;
	g.pool.ring = ring;
	*ret_changed = true;
	return nos_globals_put(store, vault, &g, err);
}

enum nos_code nos_globals_sign(
    struct nos_globals *g, const struct nos_self *self, struct nos_err *err)
{
	NOS_AUTO(buf) message = { 0 };

	if (!g->list.version)
		return NOS_OK;
	nos_buf_init(&message, sizeof(g->broadcast));
	g->list.node = self->number;
	if (nos_invalidation_seal(&g->list, &self->sign, &message, err))
		return err->code;
	memcpy(g->broadcast, message.p, message.len);
	g->broadcast_len = message.len;
	return NOS_OK;
}

enum nos_code nos_globals_renew(
    struct nos_globals *g, uint64_t life, struct nos_time now, struct nos_err *err)
{
	for (unsigned i = 0; i < g->pool.drawn; i++)
		if (draw_in(&g->pool.keys[i], life, now, err))
			return err->code;
	return NOS_OK;
}

/* Of this domain, and what is told no longer. */
static void drop_old(struct nos_globals *g, uint64_t domain, struct nos_time now)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->list.count; i++) {
		if (g->list.names[i].domain == domain || now.ms - g->times[i].ms > KEEP_MS)
			continue;
		g->list.names[kept] = g->list.names[i];
		g->times[kept++] = g->times[i];
	}
	g->list.count = kept;
}

enum nos_code nos_globals_take_back(struct nos_globals *g, const struct nos_self *self,
    uint64_t domain, struct nos_time now, struct nos_err *err)
{
	const struct nos_pool_key *key = nos_pool_key(&g->pool, domain);

	if (!key)
		return nos_err_set(
		    err, NOS_ABSENT, "no global key of domain %llu", (unsigned long long)domain);
	drop_old(g, domain, now);
	if (g->list.count == NOS_INVALIDATION_NAMES_MAX)
		return nos_err_set(err, NOS_BUSY,
		    "%d global keys were taken back in %d days, which is the most: --renew what the "
		    "sources hold, or wait",
		    NOS_INVALIDATION_NAMES_MAX, NOS_GLOBALS_KEEP_DAYS);
	g->list.names[g->list.count] = (struct nos_invalidation_name){ domain, key->version };
	g->times[g->list.count++] = now;
	g->list.version++;
	if (draw(&g->pool.keys[domain - 1], now, err))
		return err->code;
	return nos_globals_sign(g, self, err);
}
