/* SPDX-License-Identifier: MIT */
/*
 * Who listens on the way, and remembers all of it: what must never be heard twice, or under two
 * meanings, is looked for here.
 */
#ifndef NOS_MODEL_EAR_H
#define NOS_MODEL_EAR_H

#include "node.h"

/* Nothing was heard yet. */
void ear_begin(void);

/* A request leaves the source. */
void ear_hear(const struct nos_carrier_request *r);

/* The node answers a request, whoever brought it. */
void ear_hear_answer(const struct nos_carrier_request *r, const struct node_answer *a);

/* The node's store went back: what it took since it may take once more. */
void ear_store_went_back(void);

/* From here on the source is to be refused. */
void ear_revoked(void);

#endif
