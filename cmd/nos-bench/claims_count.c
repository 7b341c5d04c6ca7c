/* SPDX-License-Identifier: MIT */
/* What of the paper is counted: bytes and names of what was made, and operations. */
#include <string.h>

#include "base/enc.h"
#include "claims.h"
#include "json/encode.h"
#include "registry/registry.h"

#define PAIR "[%llu,%llu]"

static enum nos_code add_one(struct nos_buf *ret, uint64_t n, struct nos_err *err)
{
	nos_buf_addf(ret, "%llu", (unsigned long long)n);
	return nos_buf_check(ret, "row", err);
}

static enum nos_code add_two(struct nos_buf *ret, const uint64_t n[static 2], struct nos_err *err)
{
	nos_buf_addf(ret, PAIR, (unsigned long long)n[0], (unsigned long long)n[1]);
	return nos_buf_check(ret, "row", err);
}

/* ---- the scenarios ---- */

/* Who of the six has a key at the node: it is asked for each of them. */
static enum nos_code scenario(
    struct claims *c, unsigned registered, struct nos_buf *ret, struct nos_err *err)
{
	const struct party *p = &c->place->party;
	uint64_t found[2] = { 0 };

	for (unsigned i = 0; i < CLAIMS_SENSORS; i++) {
		const char *id =
		    i < registered ? c->place->sources[BENCH_DINI][i].keyring.source : "s-none";
		NOS_AUTO(record) r = { 0 };
		bool absent;

		absent = nos_registry_get(p->store, NULL, nos_str_of(id), &r, err) == NOS_ABSENT;
		if (err->code && !absent)
			return err->code;
		nos_err_clear(err);
		found[absent]++;
	}
	return add_two(ret, found, err);
}

enum nos_code claims_scenario_1(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	(void)p;
	return scenario(c, 2, ret, err);
}

enum nos_code claims_scenario_2(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	(void)p;
	return scenario(c, 3, ret, err);
}

/* ---- what a source of dini holds ---- */

/* Bytes of a name, as messages have it: its numbers. */
static uint64_t name_bytes(const uint64_t *parts, size_t count)
{
	uint8_t space[NOS_ENC_LEB128_MAX];
	uint64_t ret = 0;

	for (size_t i = 0; i < count; i++)
		ret += nos_enc_leb128(parts[i], space);
	return ret;
}

struct held {
	uint64_t global_name, global_value, incr, local_name, local_value;
};

static void hold_printed(unsigned scenario, struct held *ret)
{
	struct printed_count unused = { 0 };
	struct printed_key global, local;
	const size_t node = 1 + scenario;

	printed_dini_name(0, 1, 1, &global.name, &unused);
	printed_dini_name(1, 1, node, &local.name, &unused);
	*ret = (struct held){ .global_name = global.name.len,
		.global_value = sizeof(global.value),
		.incr = local.name.len - node,
		.local_name = local.name.len,
		.local_value = sizeof(local.value) };
}

static enum nos_code hold(struct claims *c, enum bench_profile p, unsigned scenario,
    struct held *ret, struct nos_err *err)
{
	const struct nos_keyring *k = &c->place->sources[BENCH_DINI][scenario].keyring;
	const struct nos_keyring_global *g = k->globals;
	const struct nos_keyring_key *local = nos_keyring_active(k);

	if (p == BENCH_PAPER) {
		hold_printed(scenario, ret);
		return NOS_OK;
	}
	if (!k->global_count || !local || local->name.kind != nos_dini_scheme.letter)
		return nos_err_set(err, NOS_INTERNAL, "a source has no local key");
	*ret = (struct held){ .global_name =
				  name_bytes((const uint64_t[]){ g->domain, g->version }, 2),
		.global_value = g->value.len,
		.incr = name_bytes(&local->name.parts[1], 1),
		.local_name = name_bytes(local->name.parts, local->name.count),
		.local_value = local->value.len };
	return NOS_OK;
}

#define OF_HELD(name, field)                                                                  \
	enum nos_code name(                                                                   \
	    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err) \
	{                                                                                     \
		struct held h;                                                                \
                                                                                              \
		return hold(c, p, 0, &h, err) ? err->code : add_one(ret, h.field, err);       \
	}
OF_HELD(claims_global_name, global_name)
OF_HELD(claims_global_value, global_value)
OF_HELD(claims_incr, incr)
OF_HELD(claims_local_value, local_value)

enum nos_code claims_local_name(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	uint64_t n[CLAIMS_SCENARIOS] = { 0 };
	struct held h;

	for (unsigned i = 0; i < CLAIMS_SCENARIOS; i++) {
		if (hold(c, p, i, &h, err))
			return err->code;
		n[i] = h.local_name;
	}
	return add_two(ret, n, err);
}

/* ---- storage ---- */

/* What a member of dipietro steps by: the clock, the last token, and its key. */
static uint64_t kept_of_group(const struct nos_keyring *k)
{
	const struct nos_keyring_key *key = nos_keyring_active(k);

	return k->group.clock.a.len + sizeof(k->group.token.h) + key->value.len;
}

enum nos_code claims_kept(struct claims *c, enum bench_profile p, enum bench_scheme s,
    unsigned scenario, uint64_t *ret, struct nos_err *err)
{
	struct held h;

	if (s == BENCH_DIPIETRO) {
		*ret = p == BENCH_PAPER ? PRINTED_SESSION_STORAGE
					: kept_of_group(&c->place->sources[s][scenario].keyring);
		return NOS_OK;
	}
	if (hold(c, p, scenario, &h, err))
		return err->code;
	*ret = h.global_name + h.global_value + h.local_name + h.local_value;
	return NOS_OK;
}

enum nos_code claims_storage(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	uint64_t n[CLAIMS_SCENARIOS] = { 0 };

	for (unsigned i = 0; i < CLAIMS_SCENARIOS; i++)
		if (claims_kept(c, p, BENCH_DINI, i, &n[i], err))
			return err->code;
	return add_two(ret, n, err);
}

enum nos_code claims_session_storage(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_keyring *k = &c->place->sources[BENCH_DIPIETRO][0].keyring;
	const struct printed_session s = { 0 };
	uint64_t all;

	if (claims_kept(c, p, BENCH_DIPIETRO, 0, &all, err))
		return err->code;
	nos_buf_add_char(ret, '{');
	if (p == BENCH_PAPER) {
		nos_encode_member_uint(
		    ret, "seeds of q bits", (sizeof(s.s1) + sizeof(s.s2)) / PRINTED_KEY);
		nos_encode_member_uint(
		    ret, "keys of 8 B", (sizeof(s.k) + sizeof(s.k_old)) / PRINTED_KEY);
	} else {
		nos_encode_member_uint(ret, "bytes of the clock", k->group.clock.a.len);
		nos_encode_member_uint(ret, "bytes of the token", sizeof(k->group.token.h));
		nos_encode_member_uint(ret, "bytes of the key", nos_keyring_active(k)->value.len);
	}
	nos_encode_member_uint(ret, "bytes", all);
	nos_buf_add_char(ret, '}');
	return nos_buf_check(ret, "row", err);
}

/* ---- messages ---- */

static enum nos_code messages(struct claims *c, enum bench_profile p, bool first,
    uint64_t ret[static CLAIMS_SCENARIOS], struct nos_err *err)
{
	for (unsigned i = 0; i < CLAIMS_SCENARIOS; i++) {
		const struct keying *k = claims_keying(c, p, BENCH_DINI, i, first, err);

		if (!k)
			return err->code;
		ret[i] = k->down;
	}
	return NOS_OK;
}

/* In the default profile a key that comes behind another is installed as the first was. */
enum nos_code claims_install(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	uint64_t n[CLAIMS_SCENARIOS] = { 0 };

	return messages(c, p, p == BENCH_PAPER, n, err) ? err->code : add_two(ret, n, err);
}

enum nos_code claims_replace(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	uint64_t n[CLAIMS_SCENARIOS] = { 0 };

	return messages(c, p, false, n, err) ? err->code : add_two(ret, n, err);
}

enum nos_code claims_reply(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	const struct keying *k = claims_keying(c, p, BENCH_DINI, 0, false, err);

	return k ? add_one(ret, k->up, err) : err->code;
}

/* ---- operations ---- */

static enum nos_code operations(const struct counted *of, struct nos_buf *ret, struct nos_err *err)
{
	const char *name;
	uint64_t n;

	nos_buf_add_char(ret, '{');
	for (unsigned i = 0; counted_at(of, i, &name, &n); i++)
		if (n)
			nos_encode_member_uint(ret, name, n);
	nos_buf_add_char(ret, '}');
	return nos_buf_check(ret, "row", err);
}

enum nos_code claims_node_operations(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	const struct keying *k = claims_keying(c, p, BENCH_DINI, 0, false, err);

	return k ? operations(&k->made, ret, err) : err->code;
}

enum nos_code claims_source_operations(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	const struct keying *k = claims_keying(c, p, BENCH_DINI, 0, false, err);

	return k ? operations(&k->taken, ret, err) : err->code;
}

enum nos_code claims_session_operations(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err)
{
	const struct keying *k = claims_keying(c, p, BENCH_DIPIETRO, 0, false, err);

	return k ? operations(&k->taken, ret, err) : err->code;
}
