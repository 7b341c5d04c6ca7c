/* SPDX-License-Identifier: MIT */
/*
 * What an operator orders for groups, and what has become of it (nos-rekey(1)): the next session,
 * or an epoch by heal, each in a transaction of its own; who is to be put out is put out, in two
 * each. Belongs to the thread whose store it is given; outside a group of changes.
 */
#ifndef NOS_REGISTRY_ADVANCE_H
#define NOS_REGISTRY_ADVANCE_H

#include "registry/life.h"
#include "registry/roster.h"

struct nos_advance {
	bool heal;		/* a new epoch, also where an order would do */
	uint64_t older_than_ms; /* a key that is younger stays; 0: none is */
	bool dry_run;
	const char *reason; /* for the audit stream */
};

struct nos_advance_done {
	uint64_t number; /* of the group */
	char name[NOS_NAME_WORD_MAX + 1];
	struct nos_name before, now; /* its present key; kind 0: none */
	bool unchanged;		     /* its key is younger */
};

/* Move a group on. NOS_ABSENT: there is none of that name; NOS_BUSY: others are quicker each time;
 * NOS_IO; NOS_DENIED: another node key; NOS_CONFIG. */
enum nos_code nos_advance_group(struct nos_life *l, const struct nos_advance *a,
    struct nos_str name, struct nos_time now, struct nos_advance_done *ret,
    struct nos_err *err) NOS_CHECK;

/* Append the row: {"group":…,"key":…[,"replaces":…],"status":…[,"dry_run":true]}; "confirmed",
 * since each member makes the key for itself, "unchanged", or in a dry run "pending". */
void nos_advance_row(
    struct nos_buf *b, const struct nos_advance *a, const struct nos_advance_done *done);

/* Add the members that are not known to hold a key of the group's present epoch. NOS_IO, NOS_BUSY,
 * NOS_INTERNAL. */
enum nos_code nos_advance_stragglers(struct nos_store *store, uint64_t number,
    struct nos_roster *ret, struct nos_err *err) NOS_CHECK;

/* The names of all groups, to whoever is told of each. What tell returned, NOS_IO, NOS_BUSY. */
typedef enum nos_code nos_advance_told(void *state, struct nos_str name, struct nos_err *err);

/* Of each that is named, once however often it is. What tell returned. */
enum nos_code nos_advance_named(
    char **names, size_t count, nos_advance_told *tell, void *state, struct nos_err *err) NOS_CHECK;
enum nos_code nos_advance_all(
    struct nos_store *store, nos_advance_told *tell, void *state, struct nos_err *err) NOS_CHECK;

/*
 * Put out who is to be, until nobody is left or stop says so. sign: the node's Ed25519 private key.
 * *ret_count: halves of evictions that were done. NOS_BUSY as above; NOS_IO; NOS_DENIED.
 */
enum nos_code nos_advance_put_out(struct nos_life *l, const struct nos_secret *sign,
    const char *reason, bool (*stop)(void *state), void *state, uint64_t *ret_count,
    struct nos_err *err) NOS_CHECK;

#endif
