/* SPDX-License-Identifier: MIT */
/*
 * What an operator said of keys that were taken back: that others may have known them from a time
 * on (state taint/<source>). One order after the other; a node that runs corrects what they name,
 * and keeps how far it came. Sources that wait for that stand in taint-due as well, so that a node
 * finds out by one look that there is none. Belongs to the thread whose store it is given.
 */
#ifndef NOS_REGISTRY_COMPROMISE_H
#define NOS_REGISTRY_COMPROMISE_H

#include "key/assoc.h"
#include "registry/record.h"
#include "self/spaces.h"
#include "store/store.h"

#define NOS_COMPROMISE_ORDERS_MAX 16

struct nos_compromise_order {
	struct nos_time since, until; /* when a record was received; until.ms 0: there is no end */
	char keys[NOS_ASSOC_KEYS_MAX][NOS_NAME_TEXT_MAX];
	size_t key_count; /* 0: all records, whatever their key or none */
	bool others;	  /* all but those under these keys */
};

/* All-zero: nothing was said. */
struct nos_compromise {
	struct nos_compromise_order orders[NOS_COMPROMISE_ORDERS_MAX];
	size_t count;
	size_t done;	 /* of them, in their order; the next is under way, */
	uint64_t series; /* at the topic of this series of the source's track, */
	uint64_t at;	 /* gone through back to this record; 0: the newest is next */
};

/* Of a source, all-zero where there is none. NOS_CONFIG: written by a newer nos; NOS_IO; NOS_BUSY.
 */
enum nos_code nos_compromise_get(struct nos_store *store, const char *id,
    struct nos_compromise *ret, struct nos_err *err) NOS_CHECK;

/* Put it, within the caller's group; it waits as long as it is not done. */
enum nos_code nos_compromise_put(struct nos_store *store, const char *id,
    const struct nos_compromise *c, struct nos_err *err) NOS_CHECK;

/* One more order, within the caller's group. *ret_new: it says more than those before it.
 * NOS_USAGE: since is before 1970; NOS_BUSY: too many were said; and as above. */
enum nos_code nos_compromise_add(struct nos_store *store, const char *id,
    const struct nos_compromise_order *o, bool *ret_new, struct nos_err *err) NOS_CHECK;

/* Nothing of a source is kept, within the caller's group. */
enum nos_code nos_compromise_del(
    struct nos_store *store, const char *id, struct nos_err *err) NOS_CHECK;

/* The first source that waits and whose id is above another ("": of all); "": none does. */
enum nos_code nos_compromise_due(struct nos_store *store, const char *above,
    char ret[static NOS_RECORD_ID_MAX], struct nos_err *err) NOS_CHECK;

/* Is a record, by its key and when it was received, named by one of the orders that are done? */
bool nos_compromise_was(
    const struct nos_compromise *c, struct nos_str key, struct nos_time received);

/* Is it named by the order that is under way, and by none before? */
bool nos_compromise_wants(
    const struct nos_compromise *c, struct nos_str key, struct nos_time received);

/* The order that is under way is done; those that say no more than it leave, and those of the same
 * keys become one with it. */
void nos_compromise_next(struct nos_compromise *c);

#endif
