/* SPDX-License-Identifier: MIT */
/*
 * How long a node's keys live: what nos-serve was told, in the store (state node/policy), so that a
 * tool beside it goes by the same.
 */
#ifndef NOS_SELF_SELF_POLICY_H
#define NOS_SELF_SELF_POLICY_H

#include "store/store.h"

struct nos_self_policy {
	uint64_t overlap_ms;	/* for which a key that was replaced still serves */
	uint64_t key_period_ms; /* after which a key is to be replaced */
};

/* One hour and seven days where none was put. NOS_CONFIG: written by a newer nos. */
enum nos_code nos_self_policy_get(
    struct nos_store *store, struct nos_self_policy *ret, struct nos_err *err) NOS_CHECK;

/* Put it, unless it stands there already. NOS_CONFIG as above. */
enum nos_code nos_self_policy_put(
    struct nos_store *store, const struct nos_self_policy *policy, struct nos_err *err) NOS_CHECK;

#endif
