/* SPDX-License-Identifier: MIT */
/*
 * A source and all that it sent are deleted: it is revoked, then what of it stands in the streams
 * is erased, then what is kept of it; what was done to its keys stays in the audit stream. That it
 * was forgotten stands in the store for good (state forgotten/<id>), for a node that runs meanwhile
 * and still holds some of it. Broken off anywhere it may be begun again. Belongs to the thread
 * whose store it is given.
 */
#ifndef NOS_LIFECYCLE_FORGET_H
#define NOS_LIFECYCLE_FORGET_H

#include "lifecycle/life.h"
#include "self/spaces.h"

struct nos_forget {
	struct nos_life *life;
	const volatile int *stop; /* not 0: end behind the group in hand; NULL: never */
	void (*progress)(void *state, uint64_t done, uint64_t total); /* entries; NULL: none */
	void *state;
};

/* The id of a source that is there, or was forgotten before, by an id or a name. NOS_ABSENT:
 * neither; NOS_IO; NOS_BUSY. */
enum nos_code nos_forget_resolve(struct nos_store *store, struct nos_str word,
    char ret[static NOS_RECORD_ID_MAX], struct nos_err *err) NOS_CHECK;

/*
 * Forget it, in groups of its own; word is what resolved to the id. *ret_entries: erased from the
 * streams, also by one that was stopped. The caller purges the store then. NOS_BUSY: also where it
 * was stopped; NOS_IO: also where an entry of it is damaged; NOS_DENIED: another node key;
 * NOS_INTERNAL.
 */
enum nos_code nos_forget_source(const struct nos_forget *f, const char *id, struct nos_str word,
    struct nos_time now, uint64_t *ret_entries, struct nos_err *err) NOS_CHECK;

#endif
