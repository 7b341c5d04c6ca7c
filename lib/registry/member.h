/* SPDX-License-Identifier: MIT */
/*
 * The registered sources that loops need at hand: what opens their packs, made once from the store
 * and kept in memory. What stands in the table is never changed; after a change of the store each
 * is read again at its next use. Thread-safe; a store is given by the calling thread, which owns
 * it.
 */
#ifndef NOS_REGISTRY_MEMBER_H
#define NOS_REGISTRY_MEMBER_H

#include "envelope/pack.h"
#include "registry/registry.h"

#define NOS_MEMBER_KEYS_MAX 4

struct nos_member_key {
	char kid[NOS_NAME_TEXT_MAX];
	enum nos_state state; /* ACTIVE or DEACTIVATED: others open nothing */
	struct nos_time since;
	unsigned holders;
	struct nos_pack_keys keys;
};

/* Held by whoever got it until nos_member_drop. */
struct nos_member {
	char id[NOS_REGISTRY_ID_MAX];
	char name[NOS_NAME_WORD_MAX + 1];
	char kind[NOS_NAME_WORD_MAX + 1];
	char mode[8];
	bool open;
	uint64_t rev;	     /* of the source's record when it was read */
	uint64_t generation; /* of the table then */
	struct nos_member_key keys[NOS_MEMBER_KEYS_MAX];
	size_t key_count;

	/* The table's own. */
	unsigned holders; /* guarded by the table's lock */
	struct nos_member *chain;
};

struct nos_member_table; /* opaque */

/* At most limit are held. NOS_INTERNAL alone. */
enum nos_code nos_member_table_new(
    size_t limit, struct nos_member_table **ret, struct nos_err *err) NOS_CHECK;
void nos_member_table_free(struct nos_member_table *t);

/* NOS_TAG: no such source, which looks like a wrong tag; NOS_IO, NOS_BUSY: the store failed. */
enum nos_code nos_member_get(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, const char *id, struct nos_member **ret,
    struct nos_err *err) NOS_CHECK;
void nos_member_drop(struct nos_member_table *t, struct nos_member *m); /* NULL is fine */

/* The store was changed by another: nothing in the table counts without a look. */
void nos_member_changed(struct nos_member_table *t);

/* Is what m was made from still what the store has? NOS_TAG if not. */
enum nos_code nos_member_check(struct nos_member_table *t, struct nos_store *store,
    const struct nos_member *m, struct nos_err *err) NOS_CHECK;

/* NULL: it has no such key that opens. */
const struct nos_member_key *nos_member_key(const struct nos_member *m, const char *kid);

#endif
