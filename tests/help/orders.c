/* SPDX-License-Identifier: MIT */
/*
 * What an operator orders at a node's store, for tests of a node that runs beside it:
 *
 *   orders replace STORE NODEKEY SOURCE    its pairwise key
 *   orders renew STORE NODEKEY SOURCE      all of its keys: it is to ask
 *   orders revoke STORE NODEKEY SOURCE
 *   orders identity STORE NODEKEY          the node's own keys; prints their generation
 *   orders life STORE NODEKEY              the next life of the store
 *
 * STORE is a URL, SOURCE an id. Committed once it ends with 0; a failure is one line on stderr.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/jose.h"
#include "self/home.h"
#include "lifecycle/life.h"

static enum nos_code replace(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	enum nos_issuer_did did = NOS_ISSUER_NOTHING;

	(void)state;
	if (!nos_issuer_replace(&r->a, w, &did, err))
		*ret_changed = did != NOS_ISSUER_NOTHING;
	return err->code;
}

static enum nos_code renew(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)w, (void)err;
	*ret_changed = nos_issuer_renew(&r->a);
	return NOS_OK;
}

static enum nos_code revoke(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)w;
	return nos_issuer_revoke(&r->a, "revoked", ret_changed, err);
}

static nos_life_step *step_of(const char *order)
{
	if (strcmp(order, "replace") == 0)
		return replace;
	if (strcmp(order, "renew") == 0)
		return renew;
	return strcmp(order, "revoke") == 0 ? revoke : NULL;
}

static enum nos_code change(
    struct nos_home *home, nos_life_step *step, const char *source, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };
	struct nos_audit audit;
	NOS_AUTO(life) life = { 0 };

	nos_audit_init(&audit, home->store, "orders", false);
	if (nos_life_open(&life, home->store, &home->vault, &audit, &home->self, err) ||
	    nos_store_begin(home->store, err))
		return err->code;
	nos_audit_begin(&audit);
	if (!nos_life_change(&life, nos_str_of(source), nos_time_now(), step, NULL, &r, err))
		return nos_store_commit(home->store, err);
	nos_store_rollback(home->store);
	return err->code;
}

static enum nos_code run(int argc, char **argv, struct nos_home *home, struct nos_err *err)
{
	nos_life_step *step = argc == 5 ? step_of(argv[1]) : NULL;
	uint64_t number;

	if (!step && argc != 4)
		return nos_err_set(err, NOS_USAGE, "orders ORDER STORE NODEKEY [SOURCE]");
	if (nos_home_locate(home, &(struct nos_store_where){ .url = argv[2] }, argv[3], err) ||
	    nos_home_open(home, err))
		return err->code;
	if (step)
		return change(home, step, argv[4], err);
	if (strcmp(argv[1], "life") == 0) {
		if (nos_self_next_life(home->store, &number, err))
			return err->code;
	} else if (strcmp(argv[1], "identity") == 0) {
		if (nos_self_renew(home->store, &home->vault, &home->self, nos_time_now(), err))
			return err->code;
		number = home->self.generation;
	} else {
		return nos_err_set(err, NOS_USAGE, "no order '%s'", argv[1]);
	}
	printf("%" PRIu64 "\n", number);
	return NOS_OK;
}

int main(int argc, char **argv)
{
	NOS_AUTO(home) home = { 0 };
	struct nos_err err = { 0 };

	nos_jose_start();
	if (!run(argc, argv, &home, &err))
		return fflush(stdout) != 0;
	fprintf(stderr, "%s: %s\n", nos_code_slug(err.code), err.text);
	return 1;
}
