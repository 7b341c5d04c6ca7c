/* SPDX-License-Identifier: MIT */
/*
 * A node comes into a store in which none was made, out of the file that move/export.h writes.
 * The store is marked before the first of it is put, and is a node's once the mark has gone: an
 * import that broke off is begun again over what is there. What does not begin as such a file
 * leaves the store as it is. Belongs to the thread whose store it is
 * given.
 */
#ifndef NOS_MOVE_IMPORT_H
#define NOS_MOVE_IMPORT_H

#include "self/home.h"

struct nos_import {
	struct nos_home *home; /* bare */
	int fd;		       /* where from; one that can be read twice is looked through first */
	unsigned lanes;	       /* that the store is to have */
	const char *tool;      /* by whom, for the audit stream */
	const volatile int *stop;			 /* not 0: end; NULL: never */
	void (*progress)(void *state, uint64_t entries); /* NULL: none */
	void *state;
};

/* What came. */
struct nos_imported {
	uint64_t node; /* its number */
	uint64_t life; /* of a copy, that begins here; otherwise 0 */
	uint64_t entries;
	uint64_t
	    behind_ms; /* the clock by which its era began, of what it had seen; 0: it is not */
};

/* NOS_EXISTS: a node was made in the store; NOS_BUSY: a nos-serve runs on it, or stopped;
 * NOS_DENIED: made under another node key; NOS_DATA: no such file, or it was changed or cut;
 * NOS_CONFIG: a newer nos's. */
enum nos_code nos_import_read(
    const struct nos_import *m, struct nos_imported *ret, struct nos_err *err) NOS_CHECK;

#endif
