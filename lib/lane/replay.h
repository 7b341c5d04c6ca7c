/* SPDX-License-Identifier: MIT */
/*
 * After a restart: what was stored and not yet weighed is weighed, and what was kept of sources is
 * brought to where the raw stream ends. Going through an entry twice changes nothing.
 */
#ifndef NOS_LANE_REPLAY_H
#define NOS_LANE_REPLAY_H

#include "lane/ledger.h"

/* On a ledger that nothing was committed to. NOS_IO: the store is damaged; and what it returns. */
enum nos_code nos_replay_run(struct nos_ledger *l, struct nos_err *err) NOS_CHECK;

#endif
