/* SPDX-License-Identifier: MIT */
/*
 * Of which lane a job is (self/lanes.h): that of its source; of a pack through relays that of
 * the innermost source that is known, or of the kind of anonymous readings. Thread-safe; with
 * placement NULL there is one lane, and it is here.
 */
#ifndef NOS_CLUSTER_AIM_H
#define NOS_CLUSTER_AIM_H

#include "lane/job.h"

struct nos_placement; /* cluster/placement.h */

/* By the id of a source. NOS_AWAY: its lane is elsewhere (job->elsewhere); NOS_INTERNAL. */
enum nos_code nos_aim(const struct nos_placement *k, struct nos_job *job, struct nos_str id,
    struct nos_err *err) NOS_CHECK;

/* By who is in job->raw. */
enum nos_code nos_aim_raw(
    const struct nos_placement *k, struct nos_job *job, struct nos_err *err) NOS_CHECK;

/* By the last of the relays, where nothing is known of what is in its frame. */
enum nos_code nos_aim_relays(
    const struct nos_placement *k, struct nos_job *job, struct nos_err *err) NOS_CHECK;

/* Before what only the store tells is asked of it. NOS_AWAY: it is known that it cannot be read. */
enum nos_code nos_aim_check(const struct nos_placement *k, struct nos_err *err) NOS_CHECK;

#endif
