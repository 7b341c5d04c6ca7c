/* SPDX-License-Identifier: MIT */
/*
 * Of which lane a job is (registry/lanes.h): that of its source; of a pack through relays that of
 * the innermost source that is known, or of the kind of anonymous readings. Thread-safe; with
 * harbour NULL there is one lane, and it is here.
 */
#ifndef NOS_NODE_AIM_H
#define NOS_NODE_AIM_H

#include "node/job.h"

struct nos_harbour; /* node/harbour.h */

/* By the id of a source. NOS_AWAY: its lane is elsewhere (job->elsewhere); NOS_INTERNAL. */
enum nos_code nos_aim(const struct nos_harbour *k, struct nos_job *job, struct nos_str id,
    struct nos_err *err) NOS_CHECK;

/* By who is in job->raw. */
enum nos_code nos_aim_raw(
    const struct nos_harbour *k, struct nos_job *job, struct nos_err *err) NOS_CHECK;

/* By the last of the relays, where nothing is known of what is in its frame. */
enum nos_code nos_aim_relays(
    const struct nos_harbour *k, struct nos_job *job, struct nos_err *err) NOS_CHECK;

#endif
