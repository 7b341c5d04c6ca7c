/* SPDX-License-Identifier: MIT */
/*
 * What must hold after every step of a schedule, and at its end.
 */
#ifndef NOS_MODEL_CHECK_H
#define NOS_MODEL_CHECK_H

#include "device.h"

/* Nothing was seen yet. */
void check_begin(void);

/* How often each reading is in the node's store. */
void check_count(uint8_t count[static VALUES_MAX]);

/* No reading is stored twice; at_end: none that was settled is lost. */
void check_stored(bool at_end);

/* No counter falls, save where its side was put back. */
void check_counters(void);

/* A side went back, or the source has begun anew: what was seen of it counts no longer. */
void check_store_went_back(void);
void check_keyring_went_back(void);
void check_anew(void);

/* Do both hold the same key, with nothing under way between them and nothing in the spool? */
bool check_is_whole(void);

/* A keyring put back over a renew: the node has none of its Z any more, as for a thief. */
bool check_is_lost(void);

#endif
