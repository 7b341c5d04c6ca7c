/* SPDX-License-Identifier: MIT */
/*
 * What the ledger does for the relays of a pack (lane/job.h): their numbers are looked at and noted
 * as the source's are, their keys are looked at again, who is not known to a relay gets a link to
 * it. All within the ledger's group, and undone with it. Belongs to the committer's thread.
 */
#ifndef NOS_LANE_CARRY_H
#define NOS_LANE_CARRY_H

#include "lane/ledger.h"

/* How far in a job is to be looked at: job->reached, with a verdict of each relay up to there. What
 * is a relay's own fault is in its err; the return is the group's. */
enum nos_code nos_carry_look(
    struct nos_ledger *l, struct nos_job *job, struct nos_err *err) NOS_CHECK;

/*
 * Behind what is inside, whatever became of it: the numbers of its relays are seen. Where nothing
 * was stored they are so in memory alone, and free again after a restart: a frame that comes again
 * then is judged by what is inside, which was not stored, or was before.
 */
enum nos_code nos_carry_note(
    struct nos_ledger *l, struct nos_job *job, struct nos_err *err) NOS_CHECK;

/* As if the job had never come, to its relays. */
void nos_carry_undo(struct nos_ledger *l, struct nos_job *job);

/* The group failed: nothing of the job counts, and who sent it is told so. */
void nos_carry_fail(struct nos_job *job, const struct nos_err *err);

/* An entry that was committed, to its relays: when they were seen, and under which keys. */
enum nos_code nos_carry_weigh(
    struct nos_ledger *l, const struct nos_raw *raw, struct nos_err *err) NOS_CHECK;

/* As nos_carry_note and nos_carry_weigh, of an entry of the raw stream after a restart. */
enum nos_code nos_carry_replay(struct nos_ledger *l, const struct nos_raw *raw, uint64_t position,
    struct nos_err *err) NOS_CHECK;

/* How many of a source's packs had come when this one did: not known of a relay, some of whose
 * numbers are of other lanes, which raw says then. Errors are the group's. */
enum nos_code nos_carry_count(struct nos_ledger *l, struct nos_raw *raw, struct nos_track *track,
    struct nos_analyse_packs *ret, struct nos_err *err) NOS_CHECK;

#endif
