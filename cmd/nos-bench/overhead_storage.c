/* SPDX-License-Identifier: MIT */
/* What is kept of keys: at a source, and of a source and of a group at the node. */
#include <stdio.h>
#include <string.h>

#include "overhead.h"
#include "registry/record.h"

/* ---- at a source ---- */

static size_t secrets_of_group(const struct nos_keyring_group *g)
{
	size_t ret = g->clock.a.len;

	if (!g->number)
		return 0;
	if (g->clock.a.len)
		ret += sizeof(g->token.h);
	for (unsigned h = 0; g->path.depth && h <= g->path.depth; h++)
		ret += g->path.keys[h].len;
	return ret;
}

static size_t secrets_of(const struct nos_keyring *k)
{
	size_t ret = k->down.key.len + k->up.key.len + k->z_key.len + secrets_of_group(&k->group);

	for (size_t i = 0; i < k->key_count; i++)
		ret += k->keys[i].value.len;
	for (size_t i = 0; i < k->global_count; i++)
		ret += k->globals[i].value.len;
	for (size_t i = 0; i < k->link_count; i++)
		ret += k->links[i].value.len;
	return ret;
}

/* Numbers that must not fall: of the two chains, of packs, and of the group's clock and tree. */
static unsigned counters_of(const struct nos_keyring *k)
{
	const uint64_t *const numbers[] = { &k->down.ctr, &k->up.ctr, &k->next,
		k->group.clock.a.len ? &k->group.clock.t : NULL,
		k->group.path.depth ? &k->group.path.epoch : NULL };
	unsigned ret = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		ret += numbers[i] != NULL;
	return ret;
}

static enum nos_code at_source(
    const struct overhead *o, const struct nos_keyring *k, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	nos_keyring_encode(&text, k);
	if (nos_buf_check(&text, "keyring", err) ||
	    overhead_row(o, "storage source secrets", "B", 0, (double)secrets_of(k),
		"all secrets of its keyring", err) ||
	    overhead_row(o, "storage source counters", "count", 0, counters_of(k), NULL, err))
		return err->code;
	return overhead_row(o, "storage source keyring", "B", 0, (double)text.len,
	    "the file, some bytes more or less by its times", err);
}

/* ---- at a node ---- */

static enum nos_code say_value(const struct overhead *o, const char *what, const char *ns,
    const char *key, const char *how, struct nos_err *err)
{
	NOS_AUTO(buf) value = { 0 };
	uint64_t rev;

	nos_buf_init(&value, NOS_STORE_VALUE_MAX);
	if (nos_store_get(o->place->party.store, ns, nos_str_of(key), &value, &rev, err))
		return err->code;
	return overhead_row(o, what, "B", 0, (double)value.len, how, err);
}

static enum nos_code add_value(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	size_t *all = state;

	(void)key, (void)rev, (void)err;
	*all += value.len;
	return NOS_OK;
}

static enum nos_code of_group(const struct overhead *o, uint64_t number, struct nos_err *err)
{
	size_t tree = 0;
	char key[24];

	snprintf(key, sizeof(key), "%llu", (unsigned long long)number);
	if (say_value(o, "storage node group", NOS_GROUPS_NS, key,
		"one a group, with the keys that serve", err))
		return err->code;
	if (o->scheme == BENCH_DIPIETRO &&
	    say_value(o, "storage node tokens", "chains", key, "one a group", err))
		return err->code;
	if (nos_store_scan(o->place->party.store, "trees", nos_str_of(key), add_value, &tree, err))
		return err->code;
	return overhead_row(o, "storage node tree", "B", KEYING_SOURCES, (double)tree,
	    "the pages over its members, who are neighbours", err);
}

static enum nos_code at_node(const struct overhead *o, struct nos_err *err)
{
	const struct nos_keyring *k = &o->place->sources[o->scheme][0].keyring;

	if (say_value(o, "storage node source", NOS_RECORD_NS, k->source,
		"one a source: its record, some bytes more or less by its times", err))
		return err->code;
	if (o->scheme == BENCH_DINI)
		return say_value(o, "storage node globals", "global", "pool",
		    "one a node: a pool of 100 global keys", err);
	return k->group.number ? of_group(o, k->group.number, err) : NOS_OK;
}

/* ---- as printed ---- */

static enum nos_code printed_dini(const struct overhead *o, struct nos_err *err)
{
	struct printed_count unused = { 0 };

	for (unsigned n = 2; n <= KEYING_SOURCES; n++) {
		struct printed_key global, local;

		printed_dini_name(0, 1, 1, &global.name, &unused);
		printed_dini_name(1, 1, n - 1, &local.name, &unused);
		if (overhead_row(o, "storage source", "B", n,
			(double)(global.name.len + sizeof(global.value) + local.name.len +
				 sizeof(local.value)),
			"a global and a local key, with their names", err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code printed_dipietro(const struct overhead *o, struct nos_err *err)
{
	const struct printed_session s = { 0 };

	if (overhead_row(o, "storage source", "B", 0, PRINTED_SESSION_STORAGE,
		"two seeds and two keys", err))
		return err->code;
	return overhead_row(o, "storage source counters", "count", 0,
	    (double)(sizeof(s.session) / sizeof(uint64_t)), NULL, err);
}

enum nos_code overhead_storage(const struct overhead *o, struct nos_err *err)
{
	const struct nos_keyring *k = &o->place->sources[o->scheme][0].keyring;

	if (bench_is_stopped())
		return NOS_OK;
	if (o->profile == BENCH_PAPER)
		return o->scheme == BENCH_DINI ? printed_dini(o, err) : printed_dipietro(o, err);
	return at_source(o, k, err) ? err->code : at_node(o, err);
}
