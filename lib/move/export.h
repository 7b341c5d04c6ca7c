/* SPDX-License-Identifier: MIT */
/*
 * A node leaves its store: all that goes along (move/cargo.h) is written into one sealed file
 * (move/crate.h), and the store is marked, so that the node is not run there as well. Belongs
 * to the thread whose store it is given.
 */
#ifndef NOS_MOVE_EXPORT_H
#define NOS_MOVE_EXPORT_H

#include "self/home.h"

struct nos_export {
	struct nos_home *home;	  /* open; one whose node was moved away is fine */
	int fd;			  /* where to */
	bool copy;		  /* the node goes on where it is: a backup */
	bool unpublished;	  /* records that the broker does not have yet are left behind */
	const volatile int *stop; /* not 0: end, and all is as it was; NULL: never */
	void (*progress)(void *state, uint64_t entries); /* NULL: none */
	void *state;
};

/* *ret_entries: of state, and of the audit stream. NOS_BUSY: a nos-serve runs on the store, packs
 * are not weighed, records not published or not corrected (the text says what helps), or stopped;
 * NOS_IO; NOS_INTERNAL. What was written then is no whole file, and the store is as it was. */
enum nos_code nos_export_write(
    const struct nos_export *x, uint64_t *ret_entries, struct nos_err *err) NOS_CHECK;

/* The node goes on where it was. NOS_ABSENT: it was not moved away. */
enum nos_code nos_export_undo(const struct nos_home *home, struct nos_err *err) NOS_CHECK;

#endif
