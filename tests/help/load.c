/* SPDX-License-Identifier: MIT */
/*
 * load STORE NODEKEY COUNT [GROUP]: puts COUNT registered sources into a node's store, s-0000000001
 * and so on, with keys that no source holds: many of them for tools that go through all; as members
 * of a group where one is named. No public-key work is done. Those that are there already are left.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "crypto/random.h"
#include "self/home.h"
#include "lifecycle/life.h"
#include "scheme/pairwise.h"

#define GROUP	1000
#define SECRET	32 /* bytes */
#define ID_BITS UINT64_C(0xffffffffff)

static enum nos_code draw(struct nos_derive_base *ret, struct nos_err *err)
{
	if (nos_random_secret(&ret->down, SECRET, err) ||
	    nos_random_secret(&ret->up, SECRET, err) || nos_random_secret(&ret->pair, SECRET, err))
		return err->code;
	return nos_random_secret(&ret->z, SECRET, err);
}

/* What they are members of; number 0: nothing. */
static struct nos_group group;

static enum nos_code add(struct nos_life *l, uint64_t number, struct nos_err *err)
{
	const struct nos_time now = nos_time_now();
	NOS_AUTO(record)
	r = { .registered = now, .kind = "meter", .scheme = "pairwise", .token = "t-0000000000" };
	NOS_AUTO(derive_base) base = { 0 };
	struct nos_issuer w;
	bool filled;

	r.group = group.number;
	if (r.group)
		snprintf(r.scheme, sizeof(r.scheme), "%s", group.scheme);
	snprintf(r.id, sizeof(r.id), "s-%010" PRIx64, number & ID_BITS);
	if (nos_life_world_full(l, &r, now, 0, &w, err) || draw(&base, err))
		return err->code;
	nos_issuer_enrol(&r.a, &w, &base);
	if (nos_life_fill(l, &r, &w, &filled, err))
		return err->code;
	if (nos_life_put(l, now, &r, err) == NOS_EXISTS)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code fill(struct nos_life *l, uint64_t count, struct nos_err *err)
{
	for (uint64_t i = 0; i < count;) {
		nos_audit_begin(l->audit);
		if (nos_store_begin(l->store, err))
			return err->code;
		do {
			if (add(l, ++i, err)) {
				nos_store_rollback(l->store);
				return err->code;
			}
		} while (i < count && i % GROUP);
		if (nos_store_commit(l->store, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code run(int argc, char **argv, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };
	struct nos_audit audit;
	NOS_AUTO(life) life = { 0 };
	uint64_t count;

	if ((argc != 4 && argc != 5) || !nos_num_parse(nos_str_of(argv[3]), 1, 100000000, &count))
		return nos_err_set(err, NOS_USAGE, "usage: load STORE NODEKEY COUNT [GROUP]");
	if (nos_home_locate(&home, &(struct nos_store_where){ .url = argv[1] }, argv[2], err) ||
	    nos_home_open(&home, err))
		return err->code;
	nos_audit_init(&audit, home.store, "load", false);
	if (nos_life_open(&life, home.store, &home.vault, &audit, &home.self, err))
		return err->code;
	if (argc == 5 && nos_groups_find(home.store, NULL, nos_str_of(argv[4]), &group, err))
		return err->code;
	return fill(&life, count, err);
}

int main(int argc, char **argv)
{
	struct nos_err err = { 0 };

	if (!run(argc, argv, &err))
		return 0;
	fprintf(stderr, "load: %s\n", err.text);
	return 1;
}
