/* SPDX-License-Identifier: MIT */
/*
 * What nos-rekey is sent for: one run over the store of a node, in which keys are replaced or taken
 * back. A row for each is printed, and each failure said, as it comes.
 */
#ifndef NOS_CMD_REKEY_ERRAND_H
#define NOS_CMD_REKEY_ERRAND_H

#include "base/time.h"
#include "store/store.h"

#define ERRAND_NOT_GIVEN UINT64_MAX /* of a time */

/* A bit each, in the order in which nos-rekey has them to choose from. */
enum mode {
	MODE_ALL = 1,
	MODE_SOURCE = 2,
	MODE_GROUP = 4,
	MODE_HEAL = 8,
	MODE_RENEW = 16,
	MODE_REVOKE = 32,
	MODE_INVALIDATE = 64,
	MODE_COMPROMISED = 128,
	MODE_IDENTITY = 256,
	MODE_RESTORE = 512
};
#define MODES_GROUP   (MODE_GROUP | MODE_HEAL)
#define MODES_KNOWN   (MODE_REVOKE | MODE_INVALIDATE | MODE_COMPROMISED)
#define MODES_REPLACE (MODE_ALL | MODE_SOURCE | MODES_GROUP)

/* What was asked for. What it points to is the caller's. */
struct errand {
	const char *tool;
	enum mode mode;
	struct nos_store_where store;
	const char *node_key;
	const char *reason;  /* NULL: what the library writes down without one */
	const char *format;  /* as nos_table_init takes it */
	bool dry_run, known; /* known: others may have had the keys, since: */
	struct nos_time since;
	uint64_t older_than_ms, overlap_ms, wait_ms; /* the last two may be not given */
};

/* Of these sources, groups or global keys, as the mode has it. The exit status of the first failure
 * that was said, 0 without one; a signal ends it early. */
int errand_run(const struct errand *e, char **operands, int count);

#endif
