/* SPDX-License-Identifier: MIT */
/*
 * What only ever rises: names of keys, generations, numbers of packs, and the counters of the two
 * control chains, each as either side has it and as it was said on the way.
 */
#ifndef NOS_MODEL_COUNTER_H
#define NOS_MODEL_COUNTER_H

#include <stdint.h>

/* Nothing was seen yet. */
void counter_begin(void);

/* Look at both sides; and at the source alone, whose message is about to leave. */
void counter_check(void);
void counter_check_source(void);

/* The node's store went back, into a life of this number; 0: nobody said so. */
void counter_store_went_back(uint64_t life);
void counter_keyring_went_back(void);

/* The source was enrolled again. */
void counter_anew(void);

#endif
