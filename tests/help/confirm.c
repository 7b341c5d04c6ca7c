/* SPDX-License-Identifier: MIT */
/*
 * confirm STORE NODEKEY SOURCE…: does in a node's store what the node does when the first pack of
 * each SOURCE comes under the key that waits for it; for tests that have no such source.
 */
#include <stdio.h>

#include "self/home.h"
#include "lifecycle/life.h"

static enum nos_code use(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	const struct nos_assoc_key *next = nos_assoc_next(&r->a, 'p');

	(void)state;
	if (!next)
		return nos_err_set(err, NOS_ABSENT, "no key of '%s' waits", r->id);
	return nos_issuer_used(
	    &r->a, w, &(struct nos_name){ 'p', 1, { next->name.parts[0] } }, ret_changed, err);
}

static enum nos_code confirm(struct nos_life *l, const char *id, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	nos_audit_begin(l->audit);
	if (nos_store_begin(l->store, err))
		return err->code;
	if (nos_life_change(l, nos_str_of(id), nos_time_now(), use, NULL, &r, err)) {
		nos_store_rollback(l->store);
		return err->code;
	}
	return nos_store_commit(l->store, err);
}

static enum nos_code run(int argc, char **argv, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };
	struct nos_audit audit;
	NOS_AUTO(life) life = { 0 };

	if (argc < 4)
		return nos_err_set(err, NOS_USAGE, "usage: confirm STORE NODEKEY SOURCE...");
	if (nos_home_locate(&home, &(struct nos_store_where){ .url = argv[1] }, argv[2], err) ||
	    nos_home_open(&home, err))
		return err->code;
	nos_audit_init(&audit, home.store, "confirm", false);
	if (nos_life_open(&life, home.store, &home.vault, &audit, &home.self, err))
		return err->code;
	for (int i = 3; i < argc; i++)
		if (confirm(&life, argv[i], err))
			return err->code;
	return NOS_OK;
}

int main(int argc, char **argv)
{
	struct nos_err err = { 0 };

	if (!run(argc, argv, &err))
		return 0;
	fprintf(stderr, "confirm: %s\n", err.text);
	return 1;
}
