/* SPDX-License-Identifier: MIT */
/*
 * nos-rekey as a process of its own beside the node's: it opens the shared store, does one order by
 * the code of the tool, and ends.
 */
#ifndef NOS_MODEL_REKEY_H
#define NOS_MODEL_REKEY_H

#include "base/err.h"

enum rekey {
	REKEY_SOURCE,
	REKEY_RENEW,
	REKEY_REVOKE,
	REKEY_INVALIDATE, /* a global key, of those that there are */
	REKEY_GROUP,	  /* one order to the source's group; without one, as REKEY_SOURCE */
	REKEY_HEAL,	  /* a new epoch for it, likewise */
};

/* NOS_BUSY, NOS_EXISTS: others were quicker, and it is to be run again. */
enum nos_code rekey_run(enum rekey what, struct nos_err *err) NOS_CHECK;

#endif
