/* SPDX-License-Identifier: MIT */
/*
 * What an operator orders for groups, and what has become of it (nos-rekey(1)): the next session,
 * or an epoch by heal, each in a transaction of its own; who is to be put out is put out, in two
 * each. Belongs to the thread whose store it is given; outside a group of changes.
 */
#ifndef NOS_LIFECYCLE_ADVANCE_H
#define NOS_LIFECYCLE_ADVANCE_H

#include "lifecycle/life.h"
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

/* The caller's; what is handed over is good until they return. */
struct nos_advance_calls {
	/* A row: {"group":…,"key":…[,"replaces":…],"status":…[,"dry_run":true]}; "confirmed", since
	 * each member makes the key for itself, "unchanged", or in a dry run "pending". */
	enum nos_code (*row)(void *state, const struct nos_buf *row, struct nos_err *err);
	void (*absent)(void *state, const struct nos_err *err); /* there is no such group */
	bool (*stop)(void *state);				/* no other is begun */
	void *state;
};

struct nos_advance_run {
	struct nos_life *life;
	struct nos_advance order;
	/* Members that are not known to hold a key of their group's present epoch are added; NULL:
	 * nobody is waited for. */
	struct nos_roster *pending;
	struct nos_advance_calls calls;
};

/* Those that are named, each once however often it is; one that is not there is told of, and the
 * others are moved on. As nos_advance_group, NOS_INTERNAL; what row returned. */
enum nos_code nos_advance_named(
    const struct nos_advance_run *run, char **names, size_t count, struct nos_err *err) NOS_CHECK;

/* All that there are. As above. */
enum nos_code nos_advance_all(const struct nos_advance_run *run, struct nos_err *err) NOS_CHECK;

/*
 * Put out who is to be, until nobody is left or stop says so. sign: the node's Ed25519 private key.
 * *ret_count: halves of evictions that were done. NOS_BUSY as above; NOS_IO; NOS_DENIED.
 */
enum nos_code nos_advance_put_out(struct nos_life *l, const struct nos_secret *sign,
    const char *reason, bool (*stop)(void *state), void *state, uint64_t *ret_count,
    struct nos_err *err) NOS_CHECK;

#endif
