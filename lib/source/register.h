/* SPDX-License-Identifier: MIT */
/*
 * A registration at the source: an enrolment in, a keyring out (nos-wire(7), "Registration"). What
 * the source makes is on disk before it is sent, so that a run that broke off goes on with the same
 * m1 and gets the same answer. One registration at a time; not thread-safe.
 */
#ifndef NOS_SOURCE_REGISTER_H
#define NOS_SOURCE_REGISTER_H

#include "source/carrier.h"
#include "source/done.h"
#include "source/enrolment.h"
#include "source/route.h"

/* Everything in it is the caller's and must outlive the run. */
struct nos_register {
	const struct nos_carrier *carrier;
	struct nos_route
	    *route;	       /* that the carrier goes by, told the enrolment's node; NULL: none */
	const char *keyring;   /* the file; NULL: folder/<source>.key */
	const char *folder;    /* where keyring is NULL */
	struct nos_done *done; /* of the folder; NULL: none is known to be done */
	const char *name;      /* NULL: none; a name that nos_register_check took */
	const char *mode;      /* push, poll or event */
	const char *const *types; /* of readings */
	size_t type_count;
	const char *const *urls; /* of the node, in place of the enrolment's; checked */
	size_t url_count;	 /* 0: the enrolment's */
	bool replace;		 /* a keyring that is there is overwritten */
	uint64_t wait_ms;	 /* for the lock, and for a node that is away or does not answer */
	const volatile int *stop;
};

/* Look at name, mode, types and urls. NOS_USAGE: one of them cannot be. */
enum nos_code nos_register_check(const struct nos_register *r, struct nos_err *err) NOS_CHECK;

/*
 * Register, write the keyring, and append the receipt, an object in one line, to *ret. What the
 * node refuses for good leaves no FILE.pending. An enrolment that it refuses since it was used, and
 * whose keyring is in the folder, is done: its receipt is appended again, but not where replace is
 * set. So is one of which an earlier run was killed behind its keyring.
 * NOS_EXISTS  the keyring is there (nothing was sent); another registration is under way in
 *             FILE.pending (nothing was sent); the node: the token was used by another, or the name
 *             is taken
 * NOS_DENIED  the node is not the one of the enrolment, or refuses the token
 * NOS_TAG     the answer is not that of the node
 * NOS_DATA    the node does not take what was sent
 * NOS_AWAY, NOS_BUSY  not reached, or no room, for all of wait_ms; or stopped. Once FILE.pending is
 *             there the text says that another run goes on from it
 * NOS_CONFIG, NOS_IO, NOS_INTERNAL
 */
enum nos_code nos_register_run(const struct nos_register *r, const struct nos_enrolment *e,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

#endif
