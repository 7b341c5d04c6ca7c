/* SPDX-License-Identifier: MIT */
/* On which topics a record goes out (nos-formats(7)): its own, and one for each filter that it
 * passes. */
#ifndef NOS_LANE_TOPIC_H
#define NOS_LANE_TOPIC_H

#include "stream/processed.h"
#include "score/filter.h"

#define NOS_TOPIC_MAX (NOS_PROCESSED_TOPIC_MAX + NOS_FILTER_NAME_MAX + 8)

/* The topic by itself where filter is empty, else nos/N/only/FILTER/…; false: it is none. */
bool nos_topic_make(struct nos_str topic, struct nos_str filter, char ret[static NOS_TOPIC_MAX]);

#endif
