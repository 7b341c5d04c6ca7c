/* SPDX-License-Identifier: MIT */
/* A node on a store that keeps no more than a replicated engine does: set-up and tear-down. */
#ifndef NOS_TEST_NODE_H
#define NOS_TEST_NODE_H

#include "../store/cluster.h"
#include "../test.h"

#include "lifecycle/life.h"

static struct nos_err err;
static struct nos_store *store;
static struct nos_vault vault;
static struct nos_self self;
static struct nos_audit audit;
static struct nos_life changes; /* filled by node_life */

static int node_start(void **state)
{
	struct nos_buf text;

	(void)state;
	nos_err_clear(&err);
	nos_buf_init_secret(&text, 1000);
	if (!nos_store_open_engine(&cluster_engine, "", true, &store, &err) &&
	    !nos_vault_new(&vault, &text, &err) && !nos_self_make(store, &vault, 5, &err))
		(void)!nos_self_open(store, &vault, &self, &err);
	nos_buf_release(&text);
	return err.code;
}

static int node_stop(void **state)
{
	(void)state;
	nos_life_release(&changes);
	nos_self_release(&self);
	nos_vault_release(&vault);
	nos_store_close(store);
	return 0;
}

/* What changes keys, as the store has it now. */
static inline void node_life(void)
{
	nos_audit_init(&audit, store, "test", false);
	assert_int_equal(nos_life_open(&changes, store, &vault, &audit, &self, &err), NOS_OK);
}

/* Write a value of the state, or read it; space belongs to the caller. */
static inline void node_put(const char *ns, const char *key, const char *value)
{
	uint64_t rev;

	assert_int_equal(
	    nos_store_put(store, ns, nos_str_of(key), nos_str_of(value), NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
}

static inline void node_get(const char *ns, const char *key, struct nos_buf *space)
{
	uint64_t rev;

	nos_buf_init(space, NOS_STORE_VALUE_MAX);
	assert_int_equal(nos_store_get(store, ns, nos_str_of(key), space, &rev, &err), NOS_OK);
}

#define NODE_TEST(f) cmocka_unit_test_setup_teardown(f, node_start, node_stop)

#endif
