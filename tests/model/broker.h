/* SPDX-License-Identifier: MIT */
/*
 * A broker that all may write to: it keeps the newest of what was said to all members of a group,
 * and brings it to the source late, again, or bent by whoever it is.
 */
#ifndef NOS_MODEL_BROKER_H
#define NOS_MODEL_BROKER_H

#include "base/str.h"

/* Nothing was said yet. */
void broker_begin(void);

/* An order, or an eviction's broadcast: NOS_EVICTION_MAX bytes at most. */
void broker_hear(struct nos_span message);

/* One of what was said, if there is any. */
void broker_bring(void);

/* The newest three, each of them bent. */
void broker_forge(void);

#endif
