/* SPDX-License-Identifier: MIT */
/*
 * A user of the node's records, who remembers all that was ever given: no id, and no n of a topic,
 * is to be another reading's, whatever was put back and whoever died.
 */
#ifndef NOS_MODEL_USER_H
#define NOS_MODEL_USER_H

#include "world.h"

/* Nothing was given yet. */
void user_begin(void);

/* What has come since. */
void user_look(void);

/* The store went back, after a last look. Who was not told so gives ids again: what was seen does
 * not count any more. */
void user_store_went_back(bool said);

#endif
