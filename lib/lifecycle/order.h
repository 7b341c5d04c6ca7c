/* SPDX-License-Identifier: MIT */
/*
 * What an operator orders for a source's keys, and what has become of it (nos-rekey(1)): the row
 * that is printed of it, too. An order may be given again: what waits already is left to wait.
 * Belongs to the thread whose store it is given.
 */
#ifndef NOS_LIFECYCLE_ORDER_H
#define NOS_LIFECYCLE_ORDER_H

#include "registry/compromise.h"
#include "lifecycle/life.h"

#define NOS_ORDER_REASON_MAX 200 /* bytes */

enum nos_order_what {
	NOS_ORDER_REPLACE,     /* the key of its scheme */
	NOS_ORDER_RENEW,       /* all that it holds */
	NOS_ORDER_REVOKE,      /* of a visitor: it is put out (stay.h) */
	NOS_ORDER_INVALIDATE,  /* what it has of global keys that were taken back (globals.h) */
	NOS_ORDER_COMPROMISED, /* nothing is done to its keys: of those that it has no more */
	NOS_ORDER_FOLLOW, /* its group, which was moved on (advance.h): to be looked at alone */
};

struct nos_order {
	enum nos_order_what what;
	uint64_t older_than_ms; /* REPLACE: a key that is younger stays; 0: none is */
	bool dry_run;		/* say what would be done, and write nothing */
	const char *reason;	/* RENEW, REVOKE: for the audit stream */
	/* REVOKE, INVALIDATE, COMPROMISED: others may have known the keys from since on, and what
	 * came under them up to now is to be corrected: all that the source has and had, what was
	 * made of these, or all that it had and that are not in use. */
	bool compromised;
	struct nos_time since;
	const struct nos_assoc_global *globals;
	size_t global_count;
};

#define NOS_ORDER_STATUS_MAP(X)                                         \
	X(PENDING, "pending")	  /* its source has not confirmed it */ \
	X(CONFIRMED, "confirmed") /* it has */                          \
	X(REVOKED, "revoked")	  /* the source is */                   \
	X(UNCHANGED, "unchanged") /* its key is younger */              \
	X(NOTED, "noted")	  /* what was said of its keys */

enum nos_order_status {
#define X(name, text) NOS_ORDER_##name,
	NOS_ORDER_STATUS_MAP(X)
#undef X
};

/* What became of it for one source. */
struct nos_order_done {
	char id[NOS_RECORD_ID_MAX];
	enum nos_order_status status;
	char letter;		/* of the source's scheme */
	uint64_t key, replaces; /* last numbers of its names, as far as they are known; else 0 */
};

/* May it be given for a source of another node that visits, or has (roam/stay.h)? */
bool nos_order_is_of_visitors(enum nos_order_what what);

/*
 * Give the order within the caller's group; of a dry run no group is needed. key: of REPLACE, 0
 * where the source is to ask first. NOS_ABSENT: no such source; NOS_BUSY; NOS_IO; NOS_INTERNAL;
 * NOS_DENIED: its keys do not open under this node key.
 */
enum nos_code nos_order_give(struct nos_life *l, const struct nos_order *o, const char *id,
    struct nos_time now, struct nos_order_done *ret, struct nos_err *err) NOS_CHECK;

/*
 * Look what has become of it since: status, and key once it is confirmed. Reads nothing that is
 * secret. NOS_ABSENT: the source has gone; NOS_BUSY; NOS_IO; NOS_INTERNAL.
 */
enum nos_code nos_order_look(struct nos_life *l, const struct nos_order *o,
    struct nos_order_done *done, struct nos_err *err) NOS_CHECK;

/* Append the row; node: the number of the node.
 * {"source":…[,"key":…][,"replaces":…],"status":…[,"dry_run":true]} */
void nos_order_row(
    struct nos_buf *b, const struct nos_order *o, const struct nos_order_done *done, uint64_t node);

#endif
