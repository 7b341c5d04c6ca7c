/* SPDX-License-Identifier: MIT */
/*
 * Every key message that either side seals, with the chain's key and the body, as nobody on the way
 * has them: whether a counter serves twice, and whether that would show.
 */
#ifndef NOS_MODEL_SEALING_H
#define NOS_MODEL_SEALING_H

#include <stdbool.h>

#include "base/secret.h"

/* Nothing was sealed yet. */
void sealing_begin(void);

/* An acknowledgement leaves the source. */
void sealing_said(struct nos_span ack);

/* The source, or the node, went back and cannot know: its counters may serve once more. */
void sealing_excuse(bool source);

/* The node's group was committed, or what it sealed in it is gone and was never said. */
void sealing_settled(bool committed);

#endif
