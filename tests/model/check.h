/* SPDX-License-Identifier: MIT */
/*
 * What must hold after every step of a schedule, and at its end.
 */
#ifndef NOS_MODEL_CHECK_H
#define NOS_MODEL_CHECK_H

#include "device.h"

/* Nothing was seen yet. */
void check_begin(void);

/* The number that is the reading in the text of a pack. */
uint64_t check_value(struct nos_str text);

/* How often each reading is in the node's store. */
void check_count(uint8_t count[static VALUES_MAX]);

/* No reading is stored twice; at_end: none that was settled is lost. */
void check_stored(bool at_end);

/*
 * While nothing was put back the node opens what the source would send now, whatever was lost and
 * whoever died: also where the source never comes to know. But for a key that died of its age, and
 * for who asks: its answer may be on the way.
 */
void check_common(void);

/* From here on that need not be, for one side went back. */
void check_torn(void);

/* Do both hold the same key, with nothing under way between them and nothing in the spool? */
bool check_is_whole(void);

/* A keyring put back over a renew: the node has none of its Z any more, as for a thief. */
bool check_is_lost(void);

#endif
