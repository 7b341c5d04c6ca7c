/* SPDX-License-Identifier: MIT */
/*
 * The group that enrolments are for, as who makes them asks for it: the first who names one makes
 * it, and who names it later is told where it is another than was asked for. Belongs to the thread
 * whose store it is given.
 */
#ifndef NOS_LIFECYCLE_CHARTER_H
#define NOS_LIFECYCLE_CHARTER_H

#include "audit/audit.h"
#include "group/groups.h"

/* What was said of it. The texts are the caller's. */
struct nos_charter {
	const char *name;   /* NULL: no group is asked for */
	const char *scheme; /* NULL: not said */
	unsigned depth;	    /* 0: not said */
	bool shared;
};

/* Does it make sense, whatever there is? NOS_USAGE. */
enum nos_code nos_charter_check(const struct nos_charter *c, struct nos_err *err) NOS_CHECK;

/*
 * The group of that name, which is made where there is none, and written down then: within the
 * caller's group of changes. *ret is without what is secret. NOS_USAGE: there is one, of another
 * scheme or depth, or not shared; NOS_EXISTS: another was quicker; NOS_IO; NOS_BUSY; NOS_CONFIG;
 * NOS_INTERNAL.
 */
enum nos_code nos_charter_group(const struct nos_charter *c, struct nos_audit *audit,
    const struct nos_vault *vault, struct nos_time now, struct nos_group *ret,
    struct nos_err *err) NOS_CHECK;

#endif
