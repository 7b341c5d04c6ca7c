/* SPDX-License-Identifier: MIT */
/*
 * The sources, registered here or on a visit, that loops need at hand: what opens their packs, made
 * once from the store and kept in memory. What stands in the table is never changed; after a change
 * of the store each is read again at its next use. Thread-safe; a store is given by the calling
 * thread, which owns it.
 */
#ifndef NOS_LIFECYCLE_MEMBER_H
#define NOS_LIFECYCLE_MEMBER_H

#include <string.h>

#include "envelope/pack.h"
#include "registry/globals.h"
#include "group/groups.h"
#include "registry/registry.h"

/* 96 bytes. */
struct nos_member_key {
	struct nos_name name;
	struct nos_time since;
	struct nos_pack_keys keys;
	unsigned holders;
	uint8_t state; /* enum nos_state; PRE_ACTIVE: its first use confirms it */
	bool unused;   /* its first use is to be noted all the same */
	bool behind;   /* of its group's: an order leads on from it */
};

/* What a node's life and identity are: what was made in another is to be asked for anew. */
struct nos_member_world {
	uint64_t life, identity;
	uint64_t pool; /* rev of the global keys, some of which may have been taken back */
};

/* What few have. */
struct nos_member_more {
	struct nos_buf outstanding; /* the key messages for it, a JSON array; empty: none */
	uint64_t group, group_rev;  /* its group, and that one's rev when it was read; 0: none */
	uint64_t home;		    /* of a visitor: its node's number; 0: it is this one's */
	uint8_t order[NOS_SESSION_ORDER_MAX]; /* that leads its group on to the present session */
	size_t order_len;
};

/*
 * Held by whoever got it until nos_member_drop. One allocation, of 176 bytes for a source with one
 * key, no name, and a kind and a mode of 16 letters together; it is 96 more for each further key,
 * and what few have comes on top.
 */
struct nos_member {
	uint64_t rev;		      /* of the source's record when it was read */
	struct nos_member_more *more; /* NULL: none of it */

	/* The table's own, guarded by its lock. */
	struct nos_member *chain;
	uint64_t generation; /* of the table when it was last looked at */
	unsigned holders;

	uint8_t key_count;
	uint8_t name_at, kind_at; /* in its text */
	bool open : 1;
	bool roams : 1;	    /* its numbers are used at several nodes */
	bool wants_ask : 1; /* it is to ask */
	bool follows : 1;   /* it is to take the node's present identity */
	bool has_own : 1; /* it should send under a key of its scheme, and for that nothing waits */
	bool lacks : 1;	  /* it lacks something of its scheme, that does not wait for it */

	/* Behind these its text: id, name, kind and mode, each with a NUL. */
	struct nos_member_key keys[];
};

static inline const char *nos_member_id(const struct nos_member *m)
{
	return (const char *)&m->keys[m->key_count];
}

/* Empty: none; so also its mode. */
static inline const char *nos_member_name(const struct nos_member *m)
{
	return nos_member_id(m) + m->name_at;
}

static inline const char *nos_member_kind(const struct nos_member *m)
{
	return nos_member_id(m) + m->kind_at;
}

static inline const char *nos_member_mode(const struct nos_member *m)
{
	return nos_member_kind(m) + strlen(nos_member_kind(m)) + 1;
}

/* The key messages that wait for it; len 0: none. */
static inline struct nos_str nos_member_waiting(const struct nos_member *m)
{
	return m->more ? nos_buf_str(&m->more->outstanding) : NOS_STR("");
}

/* The number of a visitor's own node; 0: it is this one's. */
static inline uint64_t nos_member_home(const struct nos_member *m)
{
	return m->more ? m->more->home : 0;
}

/* What leads its group on to the present session; len 0: nothing. */
static inline struct nos_span nos_member_order(const struct nos_member *m)
{
	return m->more ? (struct nos_span){ m->more->order, m->more->order_len }
		       : (struct nos_span){ 0 };
}

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

/* The store was changed by another: nothing in the table counts without a look. The world may have
 * been changed as well. */
void nos_member_changed(struct nos_member_table *t, struct nos_member_world world);

/* The source was changed by the caller: what is held of it counts no longer. */
void nos_member_forget(struct nos_member_table *t, const char *id);

/* Read *m again if the store, or the node's world, is another by now; the older is dropped.
 * NOS_TAG: it is no source any more, and *m is as it was; NOS_IO, NOS_BUSY. */
enum nos_code nos_member_again(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, struct nos_member **m, struct nos_err *err) NOS_CHECK;

/*
 * Does a key of *m still open its packs, whatever else of the source has changed since it was read?
 * Then *m and *key are those that hold now; the older is dropped. NOS_TAG: it opens nothing any
 * more; NOS_IO, NOS_BUSY: the store failed.
 */
enum nos_code nos_member_check(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, struct nos_member **m, const struct nos_member_key **key,
    struct nos_err *err) NOS_CHECK;

/* Append the key messages that wait for a source, a JSON array; nothing where there are none: what
 * takes global keys back goes first where one of them is replaced. life: of the node. */
void nos_member_outstanding(const struct nos_assoc *a, uint64_t life,
    const struct nos_globals *globals, struct nos_buf *ret);

/* Bytes of the longest such list. */
#define NOS_MEMBER_OUTSTANDING_MAX 65536

/* As above, where *m has no key of this name: it is read again with it, if it is one of its group
 * that still serves. NOS_TAG: it is none. */
enum nos_code nos_member_fetch(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, struct nos_member **m, const char *kid,
    struct nos_err *err) NOS_CHECK;

/* NULL: it has no such key that opens. */
const struct nos_member_key *nos_member_key(const struct nos_member *m, const char *kid);

#endif
