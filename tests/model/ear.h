/* SPDX-License-Identifier: MIT */
/*
 * Who listens on the way, and remembers all of it: what must never be heard twice, or under two
 * meanings, is looked for here.
 */
#ifndef NOS_MODEL_EAR_H
#define NOS_MODEL_EAR_H

#include "source/carrier.h"

/* Nothing was heard yet. */
void ear_begin(void);

/* A request of the source leaves it. */
void ear_hear(const struct nos_carrier_request *r);

#endif
